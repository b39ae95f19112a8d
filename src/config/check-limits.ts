import { MAX_FILL_SECONDS } from '../core/token-bucket.ts';
import type { Draft } from './draft.ts';
import { finding, type Finding } from './problem.ts';
import type { ConfigFile } from './schema.ts';

type Limit = Draft<NonNullable<ConfigFile['rate_limit']['global']>>;

const BUCKET = ['capacity', 'rate_per_second'] as const;
const WINDOW = ['limit', 'size'] as const;

/** Limits have the keys of one kind, buckets fill in time, and no request costs more than a limit ever holds. */
export function checkLimits({ rate_limit: limits, routes }: Draft<ConfigFile>): readonly Finding[] {
  const global = limits?.global;
  return [
    ...checkFill(['rate_limit', 'default'], limits?.default ?? {}),
    ...(global === undefined ? [] : checkLimit(['rate_limit', 'global'], global, 1)),
    ...(routes ?? []).flatMap((route, at) =>
      (['client', 'total'] as const).flatMap((name) => {
        const limit = route?.rate_limit?.[name];
        const path = ['routes', String(at), 'rate_limit', name];
        return limit === undefined ? [] : checkLimit(path, limit, route?.cost ?? 1);
      }),
    ),
    ...(routes ?? []).flatMap((route, at) =>
      global === undefined
        ? []
        : checkCost(['routes', String(at), 'cost'], global, route?.cost ?? 1, 'the global limit'),
    ),
  ];
}

function checkLimit(path: readonly string[], limit: Limit, cost: number): readonly Finding[] {
  const has = (key: keyof Limit): boolean => limit[key] !== undefined;
  const other = WINDOW.find(has);
  if (BUCKET.some(has) && other !== undefined) {
    return [finding([...path, other], `belongs to a sliding window, ${BUCKET.find(has)} to a token bucket; ${KINDS}`)];
  }
  const kind = other === undefined ? BUCKET : WINDOW;
  // Empty, or all of it wrong: said already.
  if (!kind.some(has)) return [];
  const missing = kind.filter((key) => !has(key)).map((key) => finding([...path, key], `missing; ${KINDS}`));
  return [...missing, ...checkFill(path, limit), ...checkCost(path, limit, cost, 'this limit')];
}

const KINDS = 'give capacity and rate_per_second, or limit and size';

/** A bucket must fill within the time for which the limiter's arithmetic is exact. */
function checkFill(path: readonly string[], { capacity, rate_per_second: rate }: Limit): readonly Finding[] {
  if (capacity === undefined || rate === undefined || capacity / rate <= MAX_FILL_SECONDS) return [];
  const least = (capacity / MAX_FILL_SECONDS).toPrecision(3);
  const message = `found ${rate}, too slow for capacity ${capacity}: a bucket must fill within 366 days, so at least ${least}`;
  return [finding([...path, 'rate_per_second'], message, { others: [[...path, 'capacity']] })];
}

function checkCost(path: readonly string[], limit: Limit, cost: number, which: string): readonly Finding[] {
  const most = limit.capacity ?? limit.limit ?? Infinity;
  if (cost <= most) return [];
  return [finding(path, `no request would ever be let through: it costs ${cost}, and ${which} holds ${most}`)];
}
