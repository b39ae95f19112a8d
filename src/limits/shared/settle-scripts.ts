/**
 * core/bucket-settlement.ts and core/window-settlement.ts in Lua, for Redis 5 or later and Valkey. A bucket is one string,
 * "1 TAT BASE FILL", a window "w1 INDEX CURRENT PREVIOUS LIMIT WINDOW": the format, then times in µs since 2026, so that a
 * double still resolves a fraction of a µs. What another version has stored counts as nothing.
 *
 * A bucket is stored even when it is full, because a charge may date from before that; both expire 2 s after nothing
 * counts any more. Numbers in replies are strings where they may have a fraction: a reply of type integer has none.
 */
import { redisScript } from '../../redis/redis-script.ts';
import type { BucketSettled, Settlement } from './core/bucket-settlement.ts';
import type { WindowSettled, WindowSettlement } from './core/window-settlement.ts';

const CLOCK = `
local time = redis.call('TIME')
local now = (time[1] - 1767225600) * 1e6 + time[2]
local value = redis.call('GET', KEYS[1])
`;

export const SETTLE_BUCKET = redisScript(`${CLOCK}
local capacity, token = tonumber(ARGV[1]), tonumber(ARGV[2])
local charge, since = tonumber(ARGV[3]), tonumber(ARGV[4])
local want, least = tonumber(ARGV[5]), tonumber(ARGV[6])
local refund, refund_at = tonumber(ARGV[7]), tonumber(ARGV[8])
local ahead = tonumber(ARGV[9])
local fill = capacity * token
local tat = math.min(0, now)
local base = tat
if value then
  local a, b, c = string.match(value, '^1 (-?%d[%de.+-]*) (-?%d[%de.+-]*) (%d[%de.+-]*)$')
  if a then
    tat, base = tonumber(a), tonumber(b)
    local before = tonumber(c)
    if before ~= fill and tat > now then tat = now + (tat - now) * fill / before end
  end
end
if refund > 0 and base <= refund_at then tat = tat - refund * token end
if tat <= now then base = now end
if charge > 0 or ahead >= 0 then
  local restored = -math.huge
  if ahead >= 0 then restored = now + math.min(ahead, fill) end
  tat = math.max(tat, now - since, restored) + charge * token
end
tat = math.min(tat, now + 2 * fill)
local from = math.max(tat, now)
local left = math.floor(capacity - (from - now) / token + 1e-6)
local granted = 0
if left >= least then granted = math.min(want, left) end
if granted > 0 then tat = from + granted * token end
redis.call('SET', KEYS[1], string.format('1 %.17g %.17g %.17g', tat, base, fill),
  'PX', string.format('%d', math.max(0, math.ceil((tat - now) / 1000)) + 2000))
return { granted, string.format('%.17g', math.max(0, tat - now)), string.format('%.17g', now) }
`);

export const SETTLE_WINDOW = redisScript(`${CLOCK}
local limit, length = tonumber(ARGV[1]), tonumber(ARGV[2])
local charge, since = tonumber(ARGV[3]), tonumber(ARGV[4])
local want, least = tonumber(ARGV[5]), tonumber(ARGV[6])
local refund, refund_at = tonumber(ARGV[7]), tonumber(ARGV[8])
local used = tonumber(ARGV[9])
local index = math.floor(now / length)
local weight = 1 - (now - index * length) / length
local current, previous = 0, 0
if value then
  local a, b, c, d, e = string.match(value, '^w1 (-?%d[%de.+-]*) (%d[%de.+-]*) (%d[%de.+-]*) (%d[%de.+-]*) (%d[%de.+-]*)$')
  if a then
    local stored, stored_current, stored_previous = tonumber(a), tonumber(b), tonumber(c)
    local stored_limit, stored_length = tonumber(d), tonumber(e)
    if stored_length == length then
      if stored >= index then current, previous = stored_current, stored_previous end
      if stored == index - 1 then previous = stored_current end
    else
      local at = math.floor(now / stored_length)
      local part = 1 - (now - at * stored_length) / stored_length
      local used_then = 0
      if stored >= at then used_then = stored_previous * part + stored_current end
      if stored == at - 1 then used_then = stored_current * part end
      current = math.ceil(used_then / stored_limit * limit)
    end
  end
end
if refund > 0 then
  local at = math.floor(refund_at / length)
  if at == index then current = math.max(0, current - refund) end
  if at == index - 1 then previous = math.max(0, previous - refund) end
end
if charge > 0 then current = current + math.ceil(charge * math.min(1, length / math.max(1, since))) end
if used >= 0 then
  local spread = math.min(used, limit)
  previous = math.max(previous, math.ceil(spread))
  current = math.max(current, math.ceil(spread * (1 - weight)))
end
current = math.min(current, 2 * limit)
local left = math.floor(limit - previous * weight - current + 1e-6)
local granted = 0
if left >= least then granted = math.min(want, left) end
current = current + granted
redis.call('SET', KEYS[1], string.format('w1 %.17g %.17g %.17g %.17g %.17g', index, current, previous, limit, length),
  'PX', string.format('%d', math.ceil(((index + 2) * length - now) / 1000) + 2000))
return { granted, current, previous, string.format('%.17g', now) }
`);

export function bucketArguments(settlement: Settlement): string[] {
  const { capacity, tokenUs, charge, sinceUs, want, least, refund, refundAtUs, aheadUs } = settlement;
  return [capacity, tokenUs, charge, Math.round(sinceUs), want, least, refund, refundAtUs, Math.round(aheadUs)].map(
    String,
  );
}

export function windowArguments(settlement: WindowSettlement): string[] {
  const { limit, windowUs, charge, sinceUs, want, least, refund, refundAtUs, used } = settlement;
  return [limit, windowUs, charge, Math.round(sinceUs), want, least, refund, refundAtUs, used].map(String);
}

export function readBucket(reply: readonly unknown[]): BucketSettled {
  const [granted, aheadUs, atUs] = numbers(reply, 3) as [number, number, number];
  return { granted, aheadUs, atUs };
}

export function readWindow(reply: readonly unknown[]): WindowSettled {
  const [granted, current, previous, atUs] = numbers(reply, 4) as [number, number, number, number];
  return { granted, current, previous, atUs };
}

/** Throws a RangeError for what the script cannot have returned. */
function numbers(reply: readonly unknown[], count: number): number[] {
  const read = reply.map(Number);
  if (read.length === count && read.every(Number.isFinite)) return read;
  throw new RangeError(`unexpected reply: ${JSON.stringify(reply)}`);
}
