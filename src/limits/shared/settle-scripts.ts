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

/** What both begin with. `period`: the time of a token, or the length of the window. */
const READ = `
local time = redis.call('TIME')
local now = (time[1] - 1767225600) * 1e6 + time[2]
local value = redis.call('GET', KEYS[1])
local capacity, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local charge, since = tonumber(ARGV[3]), tonumber(ARGV[4])
local want, least = tonumber(ARGV[5]), tonumber(ARGV[6])
local refund, refund_at = tonumber(ARGV[7]), tonumber(ARGV[8])
local restored, expires = tonumber(ARGV[9]), tonumber(ARGV[10])
if expires > 0 and now > expires then charge, want = 0, 0 end
local tat, base, fill_before, index_before, current_before, previous_before, limit_before, length_before
local window_share = 0
if value then
  tat, base, fill_before = string.match(value, '^1 (-?%d[%de.+-]*) (-?%d[%de.+-]*) (%d[%de.+-]*)$')
  if tat then
    tat, base, fill_before = tonumber(tat), tonumber(base), tonumber(fill_before)
  else
    local a, b, c, d, e =
      string.match(value, '^w1 (-?%d[%de.+-]*) (%d[%de.+-]*) (%d[%de.+-]*) (%d[%de.+-]*) (%d[%de.+-]*)$')
    if a then
      index_before, current_before, previous_before = tonumber(a), tonumber(b), tonumber(c)
      limit_before, length_before = tonumber(d), tonumber(e)
      local at = math.floor(now / length_before)
      local part = 1 - (now - at * length_before) / length_before
      local used = 0
      if index_before >= at then used = previous_before * part + current_before end
      if index_before == at - 1 then used = current_before * part end
      window_share = used / limit_before
    end
  end
end
`;

export const SETTLE_BUCKET = redisScript(`${READ}
local fill = capacity * period
local long_ago = math.min(0, now)
if not tat then
  tat, base = long_ago, long_ago
  if window_share > 0 then tat = now + window_share * fill end
elseif fill_before ~= fill and tat > now then
  tat = now + (tat - now) * fill / fill_before
end
if refund > 0 and base <= refund_at then tat = tat - refund * period end
if tat <= now then base = now end
if charge > 0 or restored >= 0 then
  local least_tat = -math.huge
  if restored >= 0 then least_tat = now + math.min(restored, fill) end
  tat = math.max(tat, now - since, least_tat) + charge * period
end
tat = math.min(tat, now + 2 * fill)
local from = math.max(tat, now)
local left = math.floor(capacity - (from - now) / period + 1e-6)
local granted = 0
if left >= least then granted = math.min(want, left) end
if granted > 0 then tat = from + granted * period end
redis.call('SET', KEYS[1], string.format('1 %.17g %.17g %.17g', tat, base, fill),
  'PX', string.format('%d', math.max(0, math.ceil((tat - now) / 1000)) + 2000))
return { granted, string.format('%.17g', math.max(0, tat - now)), string.format('%.17g', now) }
`);

export const SETTLE_WINDOW = redisScript(`${READ}
local index = math.floor(now / period)
local weight = 1 - (now - index * period) / period
local current, previous = 0, 0
if tat then
  current = math.ceil(math.max(0, tat - now) / fill_before * capacity)
elseif length_before == period then
  if index_before >= index then current, previous = current_before, previous_before end
  if index_before == index - 1 then previous = current_before end
elseif length_before then
  current = math.ceil(window_share * capacity)
end
if refund > 0 then
  local at = math.floor(refund_at / period)
  if at == index then current = math.max(0, current - refund) end
  if at == index - 1 then previous = math.max(0, previous - refund) end
end
local missing = math.min(restored, capacity) - (previous * weight + current)
if missing > 1e-6 then
  previous = previous + math.ceil(missing)
  current = current + math.ceil(missing * (1 - weight))
end
local passed = now - index * period
if charge > 0 and since >= period then
  local per_window = charge * period / since
  previous = previous + math.ceil(per_window)
  current = current + math.ceil(per_window * passed / period)
elseif charge > 0 then
  local in_current = math.ceil(charge)
  if since > passed then in_current = math.ceil(charge * passed / since) end
  current = current + in_current
  previous = previous + math.ceil(charge) - in_current
end
previous = math.min(previous, 2 * capacity)
current = math.min(current, 2 * capacity)
local left = math.floor(capacity - previous * weight - current + 1e-6)
local granted = 0
if left >= least then granted = math.min(want, left) end
current = current + granted
redis.call('SET', KEYS[1], string.format('w1 %.17g %.17g %.17g %.17g %.17g', index, current, previous, capacity, period),
  'PX', string.format('%d', math.ceil(((index + 2) * period - now) / 1000) + 2000))
return { granted, current, previous, string.format('%.17g', now) }
`);

export function bucketArguments(settlement: Settlement): string[] {
  const { capacity, tokenUs, aheadUs } = settlement;
  return [capacity, tokenUs, ...common(settlement, Math.round(aheadUs))].map(String);
}

export function windowArguments(settlement: WindowSettlement): string[] {
  const { limit, windowUs, used } = settlement;
  return [limit, windowUs, ...common(settlement, used)].map(String);
}

type Common = Omit<Settlement, 'capacity' | 'tokenUs' | 'aheadUs'>;

function common({ charge, sinceUs, want, least, refund, refundAtUs, untilUs }: Common, restored: number): number[] {
  return [charge, Math.round(sinceUs), want, least, refund, refundAtUs, restored, Math.round(untilUs)];
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
