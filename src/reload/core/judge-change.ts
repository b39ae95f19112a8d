/**
 * Whether a change of the configuration made something worse: the requests of every route before it are compared with
 * those after it (docs/adr/0040-auto-revert.md). Everything but a rise beyond chance that also matters is `same`.
 */
import { cellsUpTo, cumulativeCounts, HISTOGRAM_CELLS, percentile } from '../../core/histogram.ts';
import { dispersion, excessChance, thinned, type Share } from './excess-chance.ts';
import type { WatchBasis, WatchMeasure, WatchVerdict } from './reload-vocabulary.ts';
import type { RouteTraffic } from './traffic-slice.ts';
import { type TrafficSum, TrafficWindow } from './traffic-window.ts';

export const RULE = {
  /** Fewer requests before or after the change: `unknown`. */
  minRequests: 50,
  /** The chance that a watch of a harmless change finds anything, if requests fail independently. */
  falseAlarms: 0.01,
  /** Smallest rise of a share that matters: these points more and this many times as high. */
  minRise: 0.02,
  minRatio: 1.5,
  /** Of a new route, compared with the whole gateway: it may fail more often by nature. */
  minRiseOfNew: 0.5,
  /** Smallest rise of the p95 that matters: this many times as long, and this much, µs. */
  p95Ratio: 1.5,
  p95AddedUs: 20_000,
  /** The requests since the last look must show the rise too, if there are this many: a start that is over decides nothing. */
  minRecent: 10,
} as const;

export interface Comparison {
  /** Null: all routes together that have too few requests to be judged alone; of `unrouted`, the gateway. */
  readonly route: string | null;
  readonly measure: WatchMeasure;
  readonly against: WatchBasis;
  readonly verdict: WatchVerdict;
  readonly before: Measured;
  readonly after: Measured;
  /** That this rise is due to chance, 0..1; null: too few requests, or no rise that matters. It decides at or below `limit`. */
  readonly chance: number | null;
  readonly limit: number;
}

export interface Measured {
  readonly requests: number;
  /** 0..1: failed, unrouted, or slower than what the p95 may become; null: no requests. */
  readonly share: number | null;
  /** Milliseconds; null: another measure, or no requests. */
  readonly p95Ms: number | null;
}

export interface Traffic {
  readonly before: TrafficWindow;
  /** Since the change. */
  readonly after: TrafficWindow;
  /** Since the last look. */
  readonly recent: TrafficWindow;
}

/** What is compared, in numbers of requests. */
interface Case {
  readonly route: string | null;
  readonly measure: WatchMeasure;
  readonly against: WatchBasis;
  readonly before: Share;
  readonly after: Share;
  readonly recent: Share;
  /** By slice. */
  readonly slices: () => readonly (readonly Share[])[];
  readonly p95Ms?: readonly [before: number | null, after: number | null];
  /** The share from which on a rise matters; undefined: it cannot matter. */
  readonly from: number | undefined;
}

/**
 * @param routes of the current configuration
 * @param looks how often a watch looks in all: each may be wrong, so each gets its part of {@link RULE.falseAlarms}
 */
export function judgeChange(routes: readonly string[], traffic: Traffic, looks: number): readonly Comparison[] {
  const cases = [...routeCases(routes, traffic), unroutedCase(traffic)];
  const tested = cases.filter(isTestable).length;
  const limit = RULE.falseAlarms / looks / Math.max(1, tested);
  return cases.map((each) => compare(each, limit));
}

/** The strongest of those that are worse at two looks in a row: what is over by the second decides nothing. */
export function decidedBy(last: readonly Comparison[], now: readonly Comparison[]): Comparison | undefined {
  const isWorse = ({ verdict }: Comparison): boolean => verdict === 'worse';
  const same = (one: Comparison, other: Comparison): boolean =>
    one.route === other.route && one.measure === other.measure;
  return now
    .filter((each) => isWorse(each) && last.some((earlier) => isWorse(earlier) && same(earlier, each)))
    .toSorted((one, other) => one.chance! - other.chance!)[0];
}

function compare(each: Case, limit: number): Comparison {
  const { route, measure, against, before, after, recent, from, p95Ms = [null, null] } = each;
  const measured = ({ part, of }: Share, p95: number | null): Measured => ({
    requests: of,
    share: of === 0 ? null : part / of,
    p95Ms: p95,
  });
  const shown = {
    route,
    measure,
    against,
    before: measured(before, p95Ms[0]),
    after: measured(after, p95Ms[1]),
    limit,
  };
  if (!isTestable(each)) return { ...shown, verdict: 'unknown', chance: null };
  const isRisen = (share: Share): boolean => from !== undefined && share.part > from * share.of;
  if (!isRisen(after) || (recent.of >= RULE.minRecent && !isRisen(recent)))
    return { ...shown, verdict: 'same', chance: null };
  const by = dispersion(...each.slices());
  const chance = excessChance(thinned(before, by, false), thinned(after, by, true));
  return { ...shown, verdict: chance <= limit ? 'worse' : 'same', chance };
}

function isTestable({ before, after }: Case): boolean {
  return before.of >= RULE.minRequests && after.of >= RULE.minRequests;
}

function routeCases(routes: readonly string[], { before, after, recent }: Traffic): readonly Case[] {
  const cases: Case[] = [];
  const few: string[] = [];
  let everything: Readonly<TrafficSum> | undefined;
  for (const route of routes) {
    const [was, is, last] = [before.of(route), after.of(route), recent.of(route)];
    if (is.requests < RULE.minRequests) few.push(route);
    else if (was.requests >= RULE.minRequests)
      cases.push(errorCase(route, 'route', was, is, last), durationCase(route, was, is, last));
    else cases.push(errorCase(route, 'gateway', (everything ??= before.everything()), is, last));
  }
  // Routes that are gone stay out: their requests have no counterpart after the change.
  const names = new Set(few);
  const others = errorCase(null, 'route', before.together(names), after.together(names), recent.together(names));
  return others.before.of + others.after.of === 0 ? cases : [...cases, others];
}

const failures = ({ failed, requests }: RouteTraffic): Share => ({ part: failed, of: requests });

function errorCase(
  route: string | null,
  against: WatchBasis,
  was: Readonly<TrafficSum>,
  is: Readonly<TrafficSum>,
  last: RouteTraffic,
): Case {
  const before = failures(was);
  return {
    route,
    measure: 'errors',
    against,
    before,
    after: failures(is),
    recent: failures(last),
    slices: () => [was, is].map(({ parts }) => parts.map(failures)),
    from: risenFrom(before, against === 'route' ? RULE.minRise : RULE.minRiseOfNew),
  };
}

/**
 * The p95 is too high if more than a twentieth of the requests take longer than it may: so it is a share, too, and the
 * same test applies.
 */
function durationCase(route: string, was: Readonly<TrafficSum>, is: Readonly<TrafficSum>, last: RouteTraffic): Case {
  const p95 = percentile(was.durations, 0, 0.95);
  const fast = [cellsUpTo(RULE.p95Ratio * (p95 ?? 0) + RULE.p95AddedUs)];
  const slow = ({ durations }: RouteTraffic): Share => {
    const [notSlow = 0, of = 0] = cumulativeCounts(durations, fast);
    return { part: of - notSlow, of };
  };
  const ms = (us: number | null): number | null => (us === null ? null : Math.round(us) / 1000);
  return {
    route,
    measure: 'p95',
    against: 'route',
    before: slow(was),
    after: slow(is),
    recent: slow(last),
    slices: () => [was, is].map(({ parts }) => parts.map(slow)),
    p95Ms: [ms(p95), ms(percentile(is.durations, 0, 0.95))],
    // Longer than the histogram reaches: nothing is slower.
    from: fast[0] === HISTOGRAM_CELLS ? undefined : 0.05,
  };
}

/**
 * Requests that found a route before. Scanners ask for paths that never had one: so routes must have lost half as many,
 * or half of what they had, by the second. (Clients that get a 404 may ask again faster than a backend would answer.)
 */
function unroutedCase({ before, after, recent }: Traffic): Case {
  const share = ({ unrouted, routed }: Pick<TrafficWindow, 'unrouted' | 'routed'>): Share => ({
    part: unrouted,
    of: unrouted + routed,
  });
  const perSecond = (requests: number, { durationMs }: TrafficWindow): number =>
    (1000 * requests) / Math.max(1, durationMs);
  const more = perSecond(after.unrouted, after) - perSecond(before.unrouted, before);
  const routed = perSecond(before.routed, before);
  const lost = routed - perSecond(after.routed, after);
  const was = share(before);
  return {
    route: null,
    measure: 'unrouted',
    against: 'gateway',
    before: was,
    after: share(after),
    recent: share(recent),
    slices: () => [before, after].map(({ slices }) => slices.map((slice) => share(new TrafficWindow([slice])))),
    from: lost >= Math.min(more, routed) / 2 ? risenFrom(was, RULE.minRise) : undefined,
  };
}

function risenFrom({ part, of }: Share, minRise: number): number {
  const share = of === 0 ? 0 : part / of;
  return Math.max(share + minRise, share * RULE.minRatio);
}
