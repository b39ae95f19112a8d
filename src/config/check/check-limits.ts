import { MAX_FILL_SECONDS } from '../../limits/core/token-bucket.ts';
import type { Draft } from './draft.ts';
import type { Path } from '../file/path.ts';
import { finding, type Finding } from '../file/problem.ts';
import type { Show } from '../file/references.ts';
import type { ConfigFile, RouteFile } from '../schema/schema.ts';

type Limit = Draft<NonNullable<ConfigFile['rate_limit']['global']>>;

const BUCKET = ['capacity', 'rate_per_second'] as const;
const WINDOW = ['limit', 'size'] as const;

/** Limits have the keys of one kind, buckets fill in time, and no request costs more than a limit ever holds. */
export function checkLimits({ rate_limit: limits, routes }: Draft<ConfigFile>, show: Show): readonly Finding[] {
  const global = limits?.global;
  return [
    ...checkFill(['rate_limit', 'default'], limits?.default ?? {}, show),
    ...(global === undefined ? [] : checkLimit(['rate_limit', 'global'], global, { cost: 1, path: [] }, show)),
    ...(routes ?? []).flatMap((route, at) =>
      (['client', 'total'] as const).flatMap((name) => {
        const limit = route?.rate_limit?.[name];
        const path = ['routes', String(at), 'rate_limit', name];
        return limit === undefined ? [] : checkLimit(path, limit, costOf(route, at), show);
      }),
    ),
    ...(routes ?? []).flatMap((route, at) =>
      global === undefined
        ? []
        : checkCost(
            costOf(route, at).path,
            { limit: global, path: ['rate_limit', 'global'], name: 'the global limit' },
            costOf(route, at),
            show,
          ),
    ),
  ];
}

interface Cost {
  readonly cost: number;
  readonly path: Path;
}

function costOf(route: Draft<RouteFile> | undefined, at: number): Cost {
  const estimate = route?.cost_from?.estimate;
  if (estimate !== undefined) return { cost: estimate, path: ['routes', String(at), 'cost_from', 'estimate'] };
  return { cost: route?.cost ?? 1, path: ['routes', String(at), 'cost'] };
}

function checkLimit(path: Path, limit: Limit, cost: Cost, show: Show): readonly Finding[] {
  const has = (key: keyof Limit): boolean => limit[key] !== undefined;
  const other = WINDOW.find(has);
  if (BUCKET.some(has) && other !== undefined) {
    return [finding([...path, other], `belongs to a sliding window, ${BUCKET.find(has)} to a token bucket; ${KINDS}`)];
  }
  const kind = other === undefined ? BUCKET : WINDOW;
  // Empty, or all of it wrong: already reported.
  if (!kind.some(has)) {
    const isGiven = limit.scope !== undefined || ('key' in limit && limit.key !== undefined);
    return isGiven ? [finding(path, `missing; ${KINDS}`)] : [];
  }
  const missing = kind.filter((key) => !has(key)).map((key) => finding([...path, key], `missing; ${KINDS}`));
  return [
    ...missing,
    ...checkFill(path, limit, show),
    ...checkCost(path, { limit, path, name: 'this limit' }, cost, show),
  ];
}

const KINDS = 'give capacity and rate_per_second, or limit and size';

/** A bucket must fill within the time for which the limiter's arithmetic is exact. */
function checkFill(path: Path, { capacity, rate_per_second: rate }: Limit, show: Show): readonly Finding[] {
  if (capacity === undefined || rate === undefined || capacity / rate <= MAX_FILL_SECONDS) return [];
  const [own, shown] = [String(capacity), show([...path, 'capacity'], capacity)];
  // The capacity error already says what would fit.
  const min = own === shown ? `, so at least ${(capacity / MAX_FILL_SECONDS).toPrecision(3)}` : '';
  const message = `found ${show([...path, 'rate_per_second'], rate)}, too slow for capacity ${shown}: a bucket must fill within 366 days${min}`;
  return [finding([...path, 'rate_per_second'], message, { others: [[...path, 'capacity']] })];
}

function checkCost(
  path: Path,
  { limit, path: limitPath, name }: { readonly limit: Limit; readonly path: Path; readonly name: string },
  { cost, path: costPath }: Cost,
  show: Show,
): readonly Finding[] {
  const key = limit.capacity === undefined ? 'limit' : 'capacity';
  const max = limit[key] ?? Infinity;
  if (cost <= max) return [];
  const [costs, holds] = [show(costPath, cost), show([...limitPath, key], max)];
  return [finding(path, `no request would ever be let through: it costs ${costs}, and ${name} holds ${holds}`)];
}
