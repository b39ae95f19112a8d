/** The condition of the backends and its effect on their weights: combines watch, slow starts and adaptation. */
import type { Logger } from 'pino';
import type { Snapshot } from '../../config/snapshot.ts';
import type { BackendHistory } from '../../backends/backend-history.ts';
import type { BackendTable } from '../../backends/backend-table.ts';
import type { BackendCondition } from '../../backends/condition.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { SharedClock } from '../../runtime/shared-clock.ts';
import { Adaptation } from '../../balancing/control/adaptation.ts';
import { BackendWatch } from './backend-watch.ts';
import type { EffectiveWeights } from '../../balancing/control/effective-weights.ts';
import { repeat } from '../../runtime/repeat.ts';
import { SlowStarts } from '../../balancing/control/slow-starts.ts';

export interface BackendConditionsPorts {
  readonly table: BackendTable;
  readonly weights: EffectiveWeights;
  readonly history: BackendHistory;
  readonly events: EventLog;
  readonly clock: SharedClock;
  readonly log: Logger;
  readonly probeReason: (backendId: string) => string | null;
}

/** Interval of the watch, ms: also the step of slow starts. */
const WATCH_MS = 1000;

export class BackendConditions {
  readonly #clock: SharedClock;
  readonly #slowStarts: SlowStarts;
  readonly #watch: BackendWatch;
  readonly #adaptation: Adaptation;

  constructor({ clock, log, ...ports }: BackendConditionsPorts) {
    const { nowMs } = clock;
    this.#clock = clock;
    this.#slowStarts = new SlowStarts(ports.weights);
    this.#adaptation = new Adaptation({
      ...ports,
      nowMs,
      skipReason: (id) => (this.#slowStarts.isRamping(id) ? 'slow start' : this.#watch.unavailableReason(id)),
      onMoved: (id, from, to, why) =>
        ports.history.append(id, { kind: 'weight', from: times(from), to: times(to), reason: `adapted: ${why}` }),
    });
    this.#watch = new BackendWatch({
      ...ports,
      log,
      nowMs,
      slowStarts: this.#slowStarts,
      onRejoined: (id) => this.#adaptation.rejoined(id),
    });
  }

  update(snapshot: Snapshot): void {
    this.#adaptation.update(snapshot);
    this.#watch.update(snapshot);
  }

  /** A probe or an ejection has changed this backend. */
  look(backendId: string): void {
    this.#watch.look(backendId);
  }

  /** Starts the loops; the returned function stops them. */
  start(): () => void {
    const stops = [
      repeat(() => this.#watch.round(), WATCH_MS),
      repeat(
        () => this.#adaptation.round(),
        () => this.#adaptation.delayMs(),
      ),
    ];
    return () => stops.forEach((stop) => void stop());
  }

  report(backendId: string): BackendCondition {
    const state = this.#watch.state(backendId);
    const slowStart = this.#slowStarts.report(backendId);
    const wall = (atMs: number): number => this.#clock.wallMs(atMs);
    return {
      state: state?.verdict.state ?? 'healthy',
      stateReason: state?.reason ?? null,
      stateSince: wall(state?.sinceMs ?? this.#clock.nowMs()),
      slowStart: slowStart === null ? null : { share: slowStart.share, endsAt: wall(slowStart.endsAtMs) },
      adaptive: this.#adaptation.report(backendId),
    };
  }
}

function times(share: number): string {
  return `× ${Math.round(share * 100) / 100}`;
}
