/**
 * What the gateways that share limits know of each other by Redis, in one hash: when each was seen last, since when the
 * server has had its data (`epoch`), in which process (`run`), the last time that no gateway reached it (`hole`), and when a
 * thread came back first after any of these changed (`back`). Times are ms of the server's clock.
 */
import { redisScript } from '../../redis/redis-script.ts';
import type { RedisReply } from '../../redis/redis-link.ts';

/** Name of the hash, without the prefix. */
export const FLEET_KEY = '{fleet}';

/** Interval of a gateway's beats; without one for {@link EXPIRE_MS} it is gone. */
export const BEAT_MS = 1000;
export const EXPIRE_MS = 5000;
/** Without any beat for so long, nobody reached the server. */
const HOLE_MS = 2500;
/** A fleet that is gone leaves nothing behind after a week. */
const KEEP_MS = 7 * 86_400_000;

export const FLEET_SCRIPT = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local action, id, epoch = ARGV[1], ARGV[2], ARGV[3]
local expire, least, keep = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('HSETNX', KEYS[1], 'epoch', epoch)
if action == 'leave' then redis.call('HDEL', KEYS[1], 'g:' .. id) end
local known = {}
local flat = redis.call('HGETALL', KEYS[1])
for at = 1, #flat, 2 do known[flat[at]] = flat[at + 1] end
local last = tonumber(known.last or now)
local hole_end, hole_ms = tonumber(known.hole_end or 0), tonumber(known.hole_ms or 0)
if now - last > least then
  hole_end, hole_ms = now, now - last
  redis.call('HSET', KEYS[1], 'hole_end', now, 'hole_ms', now - last, 'last', now)
end
local back = tonumber(known.back or 0)
if back > now then back = 0 end
if action == 'beat' then
  redis.call('HSET', KEYS[1], 'last', now, 'g:' .. id, now)
  redis.call('PEXPIRE', KEYS[1], keep)
  known['g:' .. id] = now
end
local gateways = 0
for field, value in pairs(known) do
  if string.sub(field, 1, 2) == 'g:' then
    local seen = tonumber(value)
    if seen > now then
      redis.call('HSET', KEYS[1], field, now)
      gateways = gateways + 1
    elseif now - seen > expire then
      redis.call('HDEL', KEYS[1], field)
    else
      gateways = gateways + 1
    end
  end
end
local run = ''
if action == 'look' then
  local info = redis.pcall('INFO', 'server')
  if type(info) == 'string' then run = string.match(info, 'run_id:(%x+)') or '' end
  if back == 0 or back < hole_end or known.run ~= run then
    back = now
    redis.call('HSET', KEYS[1], 'back', now, 'run', run)
    redis.call('PEXPIRE', KEYS[1], keep)
  end
end
return {
  gateways, (known.epoch or epoch) .. run,
  tostring(math.max(0, now - hole_end)), tostring(hole_ms), tostring(now - back),
  string.format('%.17g', (time[1] - 1767225600) * 1e6 + time[2])
}
`);

export interface FleetView {
  /** Live gateways. */
  readonly gateways: number;
  /** Of a look, another one: the server has lost its data, or may have: another process has them now, as after a failover. */
  readonly epoch: string;
  /** How long ago the last hole ended, and how long it was, ms; a length of 0: there was none. */
  readonly holeAgoMs: number;
  readonly holeMs: number;
  /** Of a look: how long ago the first one came since the data were new, or the hole ended, ms. */
  readonly backAgoMs: number;
  /** The server's clock, µs since 2026. */
  readonly atUs: number;
}

/**
 * `beat`: this gateway lives. `leave`: it stops. `look`: only reads.
 * @param epoch random text, used if the server has no epoch.
 */
export function fleetArguments(action: 'beat' | 'leave' | 'look', id: string, epoch: string): string[] {
  return [action, id, epoch, String(EXPIRE_MS), String(HOLE_MS), String(KEEP_MS)];
}

export function readFleet([gateways, epoch, holeAgoMs, holeMs, backAgoMs, atUs]: readonly RedisReply[]): FleetView {
  return {
    gateways: Number(gateways),
    epoch: String(epoch),
    holeAgoMs: Number(holeAgoMs),
    holeMs: Number(holeMs),
    backAgoMs: Number(backAgoMs),
    atUs: Number(atUs),
  };
}

/**
 * Of a loss that began `sinceMs` ago: how long ago the first of the gateways was back, if they or the server's data were lost, too;
 * Infinity: they were not.
 * @param knownEpoch before the loss; null: it was never seen.
 */
export function firstReturnMs(
  { epoch, holeAgoMs, holeMs, backAgoMs }: FleetView,
  knownEpoch: string | null,
  sinceMs: number,
): number {
  // The part of the hole within the loss.
  const isHole = Math.min(holeAgoMs + holeMs, sinceMs) - holeAgoMs >= 1000;
  const isNew = knownEpoch === null ? backAgoMs < sinceMs : epoch !== knownEpoch;
  return isHole || isNew ? backAgoMs : Infinity;
}
