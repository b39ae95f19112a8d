/** The last minute of metrics on the page's side: a fixed number of points, the oldest is dropped. Pure. */
import type { Backend, Frame, HistoryPoint } from '../api/types.ts';

export const LIVE_POINTS = 60;

export interface TotalPoint {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly requests: number | null;
  readonly errors: number | null;
  readonly refused: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly inFlight: number | null;
}

export interface BackendPoint {
  readonly at: number;
  /** Requests a second. */
  readonly requests: number | null;
  /** Median time to first byte over the minute before, ms. */
  readonly latency: number | null;
  /** 0..1; null without a request. */
  readonly errorRate: number | null;
}

export function appended<T>(points: readonly T[], point: T): readonly T[] {
  return [...points.slice(-(LIVE_POINTS - 1)), point];
}

export function totalPoint(before: Frame | null, frame: Frame): TotalPoint {
  const { total, limiter } = frame;
  const perSecond = rates(before, frame);
  return {
    at: secondsOf(frame.at),
    requests: total.requests_per_second,
    errors: perSecond(before?.total.statuses['5xx'], total.statuses['5xx']),
    refused: perSecond(before && refusedOf(before), refusedOf({ limiter })),
    p50: total.p50,
    p95: total.p95,
    p99: total.p99,
    inFlight: total.in_flight,
  };
}

export function backendPoint(before: Frame | null, frame: Frame, was: Backend | undefined, now: Backend): BackendPoint {
  const perSecond = rates(before, frame);
  const requests = perSecond(was?.requests_total, now.requests_total);
  const failures = perSecond(was?.failures_total, now.failures_total);
  const errorRate = requests === null || failures === null || requests === 0 ? null : Math.min(1, failures / requests);
  return { at: secondsOf(frame.at), requests, latency: requests === 0 ? null : now.p50, errorRate };
}

export function pastTotal(point: HistoryPoint): TotalPoint {
  return {
    at: secondsOf(point.at),
    requests: point.requests_per_second,
    errors: point.errors_per_second,
    refused: point.refused_per_second,
    p50: point.p50,
    p95: point.p95,
    p99: point.p99,
    inFlight: point.in_flight,
  };
}

export function pastBackend(point: HistoryPoint): BackendPoint {
  const { requests_per_second: requests, error_rate: errorRate, p50 } = point;
  return { at: secondsOf(point.at), requests, latency: requests === 0 ? null : p50, errorRate };
}

/** What the gateway kept, followed by the live data: each moment once. */
export function joined<T extends { readonly at: number }>(past: readonly T[], live: readonly T[]): readonly T[] {
  const last = past.at(-1)?.at ?? -Infinity;
  return [...past, ...live.filter(({ at }) => at > last + 0.5)].slice(-LIVE_POINTS);
}

export function refusedOf({ limiter }: Pick<Frame, 'limiter'>): number {
  return limiter.refused_total + limiter.refused_global_total + limiter.refused_route_total;
}

function rates(before: Frame | null, frame: Frame) {
  const seconds = before === null ? 0 : secondsOf(frame.at) - secondsOf(before.at);
  // Counters are reset with the gateway.
  return (was: number | null | undefined, now: number): number | null =>
    was === null || was === undefined || seconds <= 0 || now < was ? null : (now - was) / seconds;
}

function secondsOf(iso: string): number {
  return Date.parse(iso) / 1000;
}
