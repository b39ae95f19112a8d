/** Requests by route between two readings of the counters: what the watch after a change compares. */
import { HISTOGRAM_CELLS } from '../../core/histogram.ts';

/** Requests that ended. */
export interface RouteTraffic {
  readonly requests: number;
  /** Of them: 5xx, the gateway's own included; gRPC statuses of a server's fault; and clients that left before the answer. */
  readonly failed: number;
  /** Durations of those that were sent to a backend, HISTOGRAM_CELLS long (src/core/histogram.ts). */
  readonly durations: ArrayLike<number>;
}

export interface TrafficSlice {
  readonly durationMs: number;
  /** By name of the route; without those that had no request. */
  readonly routes: ReadonlyMap<string, RouteTraffic>;
  /** Requests that no route matched; without those refused by a limit before a route was looked up. */
  readonly unrouted: number;
}

export function addTraffic(all: readonly RouteTraffic[]): RouteTraffic {
  const durations = new Float64Array(HISTOGRAM_CELLS);
  let [requests, failed] = [0, 0];
  for (const one of all) {
    requests += one.requests;
    failed += one.failed;
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) durations[cell]! += one.durations[cell]!;
  }
  return { requests, failed, durations };
}

/** Of one route in each slice. */
export function trafficOf(slices: readonly TrafficSlice[], route: string): readonly RouteTraffic[] {
  return slices.flatMap(({ routes }) => routes.get(route) ?? []);
}
