/** Requests by route between two readings of the counters: what the watch after a change compares. */
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
