/**
 * Adapts the weights of pools with adaptive weights, each at its own interval. This is the round; the formula is in
 * core/adaptive-weight.ts.
 *
 * A backend is judged by the requests since it was last judged, once there are enough of them; too few accumulate over
 * intervals. If an interval brought none, the weight moves one step back towards the configured one, so that a backend
 * which gets nothing because of its low weight is tried again.
 */
import type { AdaptiveSettings } from '../../config/settings.ts';
import type { Snapshot, SnapshotPool } from '../../config/snapshot.ts';
import { driftShare, median, nextShare } from '../core/adaptive-weight.ts';
import type { BackendTable } from '../../backends/backend-table.ts';
import type { AdaptiveReport } from '../../backends/condition.ts';
import type { EffectiveWeights } from './effective-weights.ts';
import { countTraffic, trafficBetween, type TrafficCounters, type TrafficSample } from './traffic-sample.ts';

export interface AdaptationPorts {
  readonly table: BackendTable;
  readonly weights: Pick<EffectiveWeights, 'setAdaptation'>;
  /** Of the shared clock. */
  readonly nowMs: () => number;
  /** Why its current requests do not count: `unhealthy`, `slow start`; null: they count. */
  readonly skipReason: (backendId: string) => string | null;
  /** Its share has changed noticeably since the last call. */
  readonly onMoved: (backendId: string, from: number, to: number, why: string) => void;
}

interface Adapted {
  readonly index: number;
  share: number;
  /** The share last passed to onMoved. */
  reportedShare: number;
  joinedAtMs: number;
  /** Requests count from here on. */
  since: TrafficCounters;
  samplesBefore: number;
  /** When it was last judged; null: not since it joined. */
  latencyMs: number | null;
  errorRate: number;
  report: AdaptiveReport;
}

interface AdaptedPool {
  readonly pool: SnapshotPool;
  readonly settings: AdaptiveSettings;
  dueAtMs: number;
}

/** A change of the share that deserves a line in the history. */
const REPORT_STEP = 0.1;
/** With nothing to adapt, how often to check for new settings. */
const IDLE_MS = 1000;

const UNKNOWN: AdaptiveReport = {
  latencyMs: null,
  targetLatencyMs: null,
  errorRate: 0,
  samples: 0,
  share: 1,
  waiting: 'no interval has passed yet',
};

export class Adaptation {
  readonly #ports: AdaptationPorts;
  readonly #backends = new Map<string, Adapted>();
  #pools: readonly AdaptedPool[] = [];

  constructor(ports: AdaptationPorts) {
    this.#ports = ports;
  }

  /** Adapts the backends of the snapshot; those that stay keep their share. */
  update(snapshot: Snapshot): void {
    const nowMs = this.#ports.nowMs();
    const before = new Map(this.#pools.map((each) => [each.pool.settings.name, each]));
    const adapted = snapshot.pools.filter(({ settings }) => settings.adaptive.enabled);
    this.#pools = adapted.map((pool) => {
      const { name, adaptive } = pool.settings;
      const dueAtMs = Math.min(before.get(name)?.dueAtMs ?? Infinity, nowMs + adaptive.intervalMs);
      return { pool, settings: adaptive, dueAtMs };
    });
    const wanted = new Map(adapted.flatMap(({ backends }) => backends.map(({ id, index }) => [id, index])));
    for (const [id, { index }] of this.#backends) {
      if (wanted.get(id) === index) continue;
      this.#backends.delete(id);
      // A removed backend still owns its slot: it may come back to it.
      this.#ports.weights.setAdaptation(index, 1);
    }
    for (const [id, index] of wanted) if (!this.#backends.has(id)) this.#backends.set(id, this.#begin(index, nowMs));
  }

  /** It was away, so what was known about it is stale. */
  rejoined(backendId: string): void {
    const adapted = this.#backends.get(backendId);
    if (adapted === undefined) return;
    this.#backends.set(backendId, this.#begin(adapted.index, this.#ports.nowMs()));
    this.#ports.weights.setAdaptation(adapted.index, 1);
  }

  /** Null: its pool does not use adaptive weights. */
  report(backendId: string): AdaptiveReport | null {
    return this.#backends.get(backendId)?.report ?? null;
  }

  /** Time until the next round, ms. */
  delayMs(): number {
    const nowMs = this.#ports.nowMs();
    const delays = this.#pools.map(({ dueAtMs }) => dueAtMs - nowMs);
    return Math.max(1, Math.min(IDLE_MS, ...delays));
  }

  /** One round: every pool that is due. */
  round(): void {
    const nowMs = this.#ports.nowMs();
    for (const each of this.#pools) {
      if (each.dueAtMs > nowMs) continue;
      each.dueAtMs = nowMs + each.settings.intervalMs;
      this.#adapt(each, nowMs);
    }
  }

  #begin(index: number, nowMs: number): Adapted {
    return {
      index,
      share: 1,
      reportedShare: 1,
      joinedAtMs: nowMs,
      since: countTraffic(this.#ports.table, index),
      samplesBefore: 0,
      latencyMs: null,
      errorRate: 0,
      report: UNKNOWN,
    };
  }

  #adapt({ pool, settings }: AdaptedPool, nowMs: number): void {
    const judged: [id: string, adapted: Adapted, sample: TrafficSample][] = [];
    for (const { id } of pool.backends) {
      const adapted = this.#backends.get(id);
      if (adapted === undefined) continue;
      const now = countTraffic(this.#ports.table, adapted.index);
      const sample = trafficBetween(adapted.since, now);
      const waiting = this.#waiting(id, adapted, sample, settings, nowMs);
      if (waiting === null) {
        Object.assign(adapted, {
          latencyMs: sample.latencyMs,
          errorRate: sample.errorRate,
          since: now,
          samplesBefore: 0,
        });
        judged.push([id, adapted, sample]);
        continue;
      }
      if (waiting.isPointless) Object.assign(adapted, { since: now, samplesBefore: 0 });
      else if (sample.samples === adapted.samplesBefore) adapted.share = driftShare(adapted.share, settings);
      else adapted.samplesBefore = sample.samples;
      this.#put(
        id,
        adapted,
        { ...adapted.report, samples: sample.samples, waiting: waiting.text },
        'no requests to judge it by',
      );
    }
    const targetLatencyMs = settings.targetLatencyMs ?? this.#medianLatency(pool, settings);
    for (const [id, adapted, { samples, errorRate, latencyMs }] of judged) {
      adapted.share = nextShare(adapted.share, { latencyMs, targetLatencyMs, errorRate }, settings);
      const report = { latencyMs, targetLatencyMs, errorRate, samples, share: adapted.share, waiting: null };
      this.#put(id, adapted, report, describe(latencyMs, targetLatencyMs, errorRate));
    }
  }

  /** Why it cannot be judged; `isPointless`: waiting for more of these requests will not help. Null: it can. */
  #waiting(
    id: string,
    adapted: Adapted,
    { samples }: TrafficSample,
    { warmUpMs, minSamples }: AdaptiveSettings,
    nowMs: number,
  ): { readonly text: string; readonly isPointless: boolean } | null {
    const why = this.#ports.skipReason(id);
    if (why !== null) return { text: why, isPointless: true };
    const warmInMs = adapted.joinedAtMs + warmUpMs - nowMs;
    if (warmInMs > 0) return { text: `warm-up: ${Math.ceil(warmInMs / 1000)} s left`, isPointless: true };
    return samples < minSamples ? { text: `${samples} of ${minSamples} samples`, isPointless: false } : null;
  }

  /** Of the backends that respond normally, by their last known latency. */
  #medianLatency(pool: SnapshotPool, { maxErrorRate }: AdaptiveSettings): number | null {
    return median(
      pool.backends.flatMap(({ id }) => {
        const { latencyMs = null, errorRate = 0 } = this.#backends.get(id) ?? {};
        const isGood = latencyMs !== null && errorRate < maxErrorRate && this.#ports.skipReason(id) === null;
        return isGood ? [latencyMs] : [];
      }),
    );
  }

  #put(id: string, adapted: Adapted, report: AdaptiveReport, why: string): void {
    adapted.report = { ...report, share: adapted.share };
    this.#ports.weights.setAdaptation(adapted.index, adapted.share);
    if (Math.abs(adapted.share - adapted.reportedShare) < REPORT_STEP) return;
    this.#ports.onMoved(id, adapted.reportedShare, adapted.share, why);
    adapted.reportedShare = adapted.share;
  }
}

function describe(latencyMs: number | null, targetMs: number | null, errorRate: number): string {
  const errors = `errors ${Math.round(errorRate * 1000) / 10} %`;
  if (latencyMs === null || targetMs === null) return errors;
  return `${rounded(latencyMs)} ms against ${rounded(targetMs)} ms, ${errors}`;
}

function rounded(ms: number): number {
  return ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms);
}
