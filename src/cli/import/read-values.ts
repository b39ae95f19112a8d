/** Values that need more than another name. */
import { nearest } from '../../config/schema/nearest.ts';
import { parseDuration } from '../../config/schema/duration.ts';
import type { DraftFile } from './draft-file.ts';
import { plainKey, plainText } from './plain-key.ts';
import { readOldTime } from './old-time.ts';
import { useRedis } from './read-redis.ts';

const ALGORITHMS: Readonly<Record<string, string>> = {
  round_robin: 'round-robin',
  roundrobin: 'round-robin',
  rr: 'round-robin',
  weighted_round_robin: 'weighted-round-robin',
  wrr: 'weighted-round-robin',
  weighted: 'weighted-round-robin',
  least_connections: 'least-connections',
  least_conn: 'least-connections',
  leastconn: 'least-connections',
  random: 'random',
  ip_hash: 'consistent-hash',
  consistent_hash: 'consistent-hash',
  consistent_hashing: 'consistent-hash',
};

export function readAlgorithm(draft: DraftFile, key: string, value: unknown): void {
  const word = plainWord(value);
  const name = ALGORITHMS[word];
  if (name !== undefined) return draft.set('pools.default.algorithm', name, key);
  if (word.includes('adaptive')) {
    draft.set('pools.default.algorithm', 'weighted-round-robin', key);
    return draft.set('adaptive.enabled', true, key);
  }
  const near = nearest(word, Object.keys(ALGORITHMS));
  const hint = near === undefined ? '' : `; ${ALGORITHMS[near]} is near`;
  draft.drop(key, `${JSON.stringify(value)} is not an algorithm here${hint}: the default, two-choices, is used`);
}

/** `0.0.0.0`, `8080`, `:8080`, `0.0.0.0:8080`. */
export function readListen(draft: DraftFile, key: string, value: unknown): void {
  const text = plainText(value);
  const isPort = /^:?\d+$/.test(text);
  const [, host = '', port] = isPort
    ? ['', '', text.replace(':', '')]
    : (/^(?:http:\/\/)?(.*?)(?::(\d+))?$/.exec(text) ?? []);
  if (port !== undefined) draft.set('server.port', Number(port), key);
  if (host !== '') draft.set('server.host', host === 'localhost' ? '127.0.0.1' : host.replaceAll(/[[\]]/g, ''), key);
}

export function readRetryDelay(draft: DraftFile, key: string, value: unknown): void {
  const read = readOldTime(key.split('.').at(-1)!, value, draft.format);
  if (read === undefined) return draft.warn(key, 'is not a duration, omitted');
  // Ours waits at random up to base × 2ⁿ, at most max.
  draft.set('retries.backoff_base', read.text, key);
  draft.set('retries.backoff_max', read.text, key);
  if (read.warning !== null) draft.warn(key, read.warning);
  draft.warn(key, 'was the wait itself; here it is the maximum of a random wait');
}

/** `rate` tokens every `refill_interval`, which may be before or after it. */
export function readRate(draft: DraftFile, key: string, value: unknown): void {
  const waiting = pending(draft);
  if (/refill_?interval/.test(plainKey(key))) {
    const read = readOldTime(key.split('.').at(-1)!, value, draft.format);
    if (read === undefined) return draft.drop(key, 'is not a duration');
    if (read.warning !== null) draft.warn(key, read.warning);
    waiting.intervalKey = key;
    waiting.intervalMs = parseDuration(read.text) ?? 1000;
  } else if (typeof value === 'number') waiting.rate = value;
  else return draft.drop(key, `${JSON.stringify(value)} is not a number`);
  const { rate, intervalMs } = waiting;
  if (rate !== undefined)
    draft.set('rate_limit.default.rate_per_second', perSecond(rate, (intervalMs || 1000) / 1000), key);
}

interface Pending {
  rate?: number;
  intervalMs?: number;
  intervalKey?: string;
}
const PENDING = new WeakMap<DraftFile, Pending>();

function pending(draft: DraftFile): Pending {
  const known = PENDING.get(draft) ?? {};
  PENDING.set(draft, known);
  return known;
}

export function readLimitType(draft: DraftFile, key: string, value: unknown): void {
  const word = plainWord(value);
  if (word.includes('sliding')) draft.set('rate_limit.algorithm', 'sliding-window', key);
  else if (word.includes('redis')) useRedis(draft, key);
  else if (!/token|bucket|memory|local/.test(word))
    draft.drop(key, `${JSON.stringify(value)} is not a kind of limit here; a token bucket is used`);
}

/**
 * `global_limit` and `per_ip_limit`, numbers or sections, and the window they are for. Numbers: that many in a window.
 * The effective limits are combined once everything is read, see {@link settleLimits}.
 */
export function readLimit(draft: DraftFile, key: string, value: unknown): void {
  const parts = limitParts(draft);
  const [, which, field = ''] = /(global_limit|per_ip_limit)(?:\.(.+))?$/.exec(plainKey(key)) ?? [];
  if (which === undefined) {
    const read = readOldTime(key.split('.').at(-1)!, value, draft.format);
    if (read === undefined) return draft.drop(key, 'is not a duration');
    if (read.warning !== null) draft.warn(key, read.warning);
    parts.window = { text: read.text, key };
    return;
  }
  if (field === 'enabled' && value === true) return;
  if (typeof value !== 'number') return draft.drop(key, `${JSON.stringify(value)} is not a number`);
  const isRate = /^(?:rate|refill_rate|rate_per_sec(?:ond)?|(?:requests_)?per_second)$/.test(field);
  const isCapacity = /^(?:|capacity|burst|burst_size|limit|max_tokens|requests|max_requests)$/.test(field);
  if (!isRate && !isCapacity) return draft.drop(key, 'unknown here');
  const part = (parts.limits[which === 'global_limit' ? 'global' : 'default'] ??= { key });
  part[isRate ? 'rate' : 'capacity'] = value;
}

interface LimitParts {
  window?: { readonly text: string; readonly key: string };
  readonly limits: Partial<Record<'global' | 'default', { readonly key: string; capacity?: number; rate?: number }>>;
}
const LIMITS = new WeakMap<DraftFile, LimitParts>();

function limitParts(draft: DraftFile): LimitParts {
  const known = LIMITS.get(draft) ?? { limits: {} };
  LIMITS.set(draft, known);
  return known;
}

export function settleLimits(draft: DraftFile): void {
  const { rate, intervalKey } = pending(draft);
  if (intervalKey !== undefined && rate === undefined) draft.drop(intervalKey, 'it has no rate');
  const { window, limits } = limitParts(draft);
  const isSliding = draft.get('rate_limit.algorithm') === 'sliding-window';
  const seconds = Math.max(0.001, (parseDuration(window?.text ?? '') ?? 1000) / 1000);
  for (const [name, { key, capacity, rate }] of Object.entries(limits)) {
    const burst = capacity ?? rate ?? 1;
    if (isSliding && rate === undefined) {
      const path = name === 'global' ? 'rate_limit.global' : 'rate_limit.window';
      draft.set(`${path}.limit`, burst, key);
      draft.set(`${path}.size`, window?.text ?? '1s', window?.key ?? key);
      if (window === undefined) draft.warn(key, 'no window given; one second assumed');
      continue;
    }
    draft.set(`rate_limit.${name}.capacity`, burst, key);
    draft.set(`rate_limit.${name}.rate_per_second`, rate ?? perSecond(burst, seconds), key);
    if (rate === undefined)
      draft.warn(
        key,
        `interpreted as ${burst} each ${window?.text ?? 'second'}: burst ${burst}, refill ${perSecond(burst, seconds)} a second`,
      );
  }
}

function perSecond(count: number, seconds: number): number {
  return Number((count / seconds).toPrecision(6));
}

/** In ours, times of health checks depend on each other: the timeout is below both intervals. */
export function settleHealth(draft: DraftFile): void {
  const ms = (name: string): number | undefined => parseDuration(plainText(draft.get(`health_check.${name}`)));
  const interval = ms('interval') ?? 5000;
  const timeout = ms('timeout') ?? 2000;
  const key = draft.originOf('health_check.interval');
  if (timeout >= interval) {
    const text = `${Math.max(1, Math.round(interval / 2))}ms`;
    if (draft.get('health_check.timeout') !== undefined)
      draft.warn(draft.originOf('health_check.timeout'), `must be below the interval here: ${text} is used`);
    draft.set('health_check.timeout', text, key);
    draft.set('health_check.fast_interval', `${interval}ms`, key);
  } else if (timeout > 2000)
    draft.set('health_check.fast_interval', `${timeout}ms`, draft.originOf('health_check.timeout'));
}

export function readLogLevel(draft: DraftFile, key: string, value: unknown): void {
  const word = plainWord(value);
  const levels: Readonly<Record<string, string>> = {
    warning: 'warn',
    err: 'error',
    panic: 'fatal',
    dpanic: 'fatal',
    off: 'silent',
  };
  draft.set('log.level', levels[word] ?? word, key);
}

export function readLogFormat(draft: DraftFile, key: string, value: unknown): void {
  const word = plainWord(value);
  if (word === 'json') draft.set('log.format', 'json', key);
  else if (/text|pretty|console|plain/.test(word)) draft.set('log.format', 'pretty', key);
  else draft.warn(key, `${JSON.stringify(value)} is not a log format here, omitted`);
}

function plainWord(value: unknown): string {
  return plainText(value).toLowerCase().replaceAll(/[- ]/g, '_');
}
