/** The slices of a period, added up by route as they come: a look costs the same however long the period is. */
import { HISTOGRAM_CELLS } from '../../core/histogram.ts';
import type { RouteTraffic, TrafficSlice } from './traffic-slice.ts';

class Total implements RouteTraffic {
  requests = 0;
  failed = 0;
  readonly durations = new Float64Array(HISTOGRAM_CELLS);

  add(part: RouteTraffic): void {
    this.requests += part.requests;
    this.failed += part.failed;
    for (let cell = 0; cell < HISTOGRAM_CELLS; cell += 1) this.durations[cell]! += part.durations[cell]!;
  }
}

/** Of one route, or of several together. */
export class TrafficSum extends Total {
  /** What was added, one by one. */
  readonly parts: RouteTraffic[] = [];

  override add(part: RouteTraffic): void {
    super.add(part);
    this.parts.push(part);
  }
}

const NOTHING = new TrafficSum();

export class TrafficWindow {
  readonly #routes = new Map<string, TrafficSum>();
  readonly #slices: TrafficSlice[] = [];
  #routed = 0;
  #unrouted = 0;
  #durationMs = 0;

  constructor(slices: readonly TrafficSlice[] = []) {
    for (const slice of slices) this.add(slice);
  }

  add(slice: TrafficSlice): void {
    this.#slices.push(slice);
    this.#unrouted += slice.unrouted;
    this.#durationMs += slice.durationMs;
    for (const [name, traffic] of slice.routes) {
      this.#routed += traffic.requests;
      let sum = this.#routes.get(name);
      if (sum === undefined) this.#routes.set(name, (sum = new TrafficSum()));
      sum.add(traffic);
    }
  }

  get slices(): readonly TrafficSlice[] {
    return this.#slices;
  }

  /** Requests that a route matched. */
  get routed(): number {
    return this.#routed;
  }

  get unrouted(): number {
    return this.#unrouted;
  }

  get durationMs(): number {
    return this.#durationMs;
  }

  of(route: string): Readonly<TrafficSum> {
    return this.#routes.get(route) ?? NOTHING;
  }

  /** Of these routes: a part for each slice. */
  together(routes: Iterable<string>): Readonly<TrafficSum> {
    const sum = new TrafficSum();
    const names = [...routes];
    for (const slice of this.#slices) {
      const part = new Total();
      for (const name of names) {
        const traffic = slice.routes.get(name);
        if (traffic !== undefined) part.add(traffic);
      }
      sum.add(part);
    }
    return sum;
  }

  /** Of all routes, also those that are gone: one part. */
  everything(): Readonly<TrafficSum> {
    const sum = new TrafficSum();
    for (const route of this.#routes.values()) sum.add(route);
    return sum;
  }
}

/** One slice of several that follow each other. */
export function mergedSlices(slices: readonly TrafficSlice[]): TrafficSlice {
  const routes = new Map<string, Total>();
  let [durationMs, unrouted] = [0, 0];
  for (const slice of slices) {
    durationMs += slice.durationMs;
    unrouted += slice.unrouted;
    for (const [name, traffic] of slice.routes) {
      let sum = routes.get(name);
      if (sum === undefined) routes.set(name, (sum = new Total()));
      sum.add(traffic);
    }
  }
  return { durationMs, unrouted, routes };
}
