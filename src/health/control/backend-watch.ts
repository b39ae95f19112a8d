/**
 * Notices changes of backends: once a second, and at once after a probe or an ejection. It compares words in shared
 * memory, so it needs no messages from the traffic threads. Changes go to the history, the event log and the log, and
 * may begin a slow start.
 */
import type { Logger } from 'pino';
import type { Snapshot, SnapshotBackend, SnapshotPool } from '../../config/snapshot.ts';
import { CLOSED, FORCED_OPEN, HALF_OPEN, stateOf } from '../../breaker/core/circuit-breaker.ts';
import { healthState, type HealthSigns, type StateVerdict } from '../../backends/core/health-state.ts';
import type { UnavailableReason } from '../../backends/core/backends-vocabulary.ts';
import { unavailableReason } from '../../backends/availability.ts';
import type { BackendHistory } from '../../backends/backend-history.ts';
import type { HealthVerdict } from '../core/rise-fall.ts';
import type { BackendTable } from '../../backends/backend-table.ts';
import type { EventLog } from '../../events/event-log.ts';
import type { EffectiveWeights } from '../../balancing/control/effective-weights.ts';
import { reportStateChange } from './state-change.ts';
import type { SlowStarts } from '../../balancing/control/slow-starts.ts';

export interface BackendWatchPorts {
  readonly table: BackendTable;
  readonly weights: Pick<EffectiveWeights, 'configured'>;
  readonly slowStarts: SlowStarts;
  readonly history: BackendHistory;
  readonly events: EventLog;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Of the shared clock. */
  readonly nowMs: () => number;
  /** `3 failed probes: connect refused`, or why it is unchecked; null: the probes succeed. */
  readonly probeReason: (backendId: string) => string | null;
  /** It gets requests again after it was out, or for the first time. */
  readonly onRejoined: (backendId: string) => void;
}

interface Observation {
  readonly health: HealthVerdict;
  readonly circuit: HealthSigns['circuit'];
  readonly unavailable: UnavailableReason | null;
  readonly weight: number;
  readonly verdict: StateVerdict;
}

interface Watched {
  pool: SnapshotPool;
  readonly backend: SnapshotBackend;
  /** Null: not checked yet. */
  last: Observation | null;
  reason: string | null;
  sinceMs: number;
  /** It is new, or failed earlier: it comes back with a slow start. */
  isCold: boolean;
}

/** Reasons of this kind contain figures from when they began; the others are updated. */
const FROZEN_RULES: ReadonlySet<string> = new Set(['circuit', 'ejected']);

export class BackendWatch {
  readonly #ports: BackendWatchPorts;
  #watched = new Map<string, Watched>();
  #isStarted = false;

  constructor(ports: BackendWatchPorts) {
    this.#ports = ports;
  }

  /** Watches the backends of the snapshot. Those of the first one are not new: a starting gateway ramps nothing. */
  update(snapshot: Snapshot): void {
    const { events, nowMs } = this.#ports;
    const before = this.#watched;
    this.#watched = new Map();
    for (const pool of snapshot.pools) {
      for (const backend of pool.backends) {
        const known = before.get(backend.id);
        if (known?.backend.index === backend.index) {
          known.pool = pool;
          this.#watched.set(backend.id, known);
          continue;
        }
        if (known !== undefined) this.#forget(backend.id);
        if (this.#isStarted) {
          const message = `${known === undefined ? 'added to' : 'another server in'} pool ${pool.settings.name}: ${backend.url}`;
          events.append({ kind: 'backend', severity: 'info', subject: backend.id, message });
        }
        const fresh = { pool, backend, last: null, reason: null, sinceMs: nowMs(), isCold: this.#isStarted };
        this.#watched.set(backend.id, fresh);
      }
    }
    for (const [id, { pool }] of before) {
      if (this.#watched.has(id)) continue;
      this.#forget(id);
      const message = `removed from pool ${pool.settings.name}`;
      events.append({ kind: 'backend', severity: 'info', subject: id, message });
    }
    this.#isStarted = true;
    this.round();
  }

  /** One round: every backend, and one step of the slow starts. */
  round(): void {
    const { slowStarts, history, nowMs } = this.#ports;
    for (const id of slowStarts.step(nowMs())) {
      const weight = String(this.#weightOf(id));
      history.append(id, { kind: 'weight', from: weight, to: weight, reason: 'slow start has ended' });
    }
    for (const watched of this.#watched.values()) this.#look(watched);
  }

  /** This backend may have changed. */
  look(backendId: string): void {
    const watched = this.#watched.get(backendId);
    if (watched !== undefined) this.#look(watched);
  }

  /** `sinceMs` of the shared clock. Undefined: not watched. */
  state(
    backendId: string,
  ): { readonly verdict: StateVerdict; readonly reason: string | null; readonly sinceMs: number } | undefined {
    const watched = this.#watched.get(backendId);
    if (watched === undefined || watched.last === null) return undefined;
    return { verdict: watched.last.verdict, reason: watched.reason, sinceMs: watched.sinceMs };
  }

  /** Why it gets no regular traffic: the reason it is unavailable, or a half-open circuit; null: it gets traffic. */
  unavailableReason(backendId: string): string | null {
    const watched = this.#watched.get(backendId);
    return watched === undefined ? 'unknown' : this.#unavailableReason(watched, this.#observe(watched));
  }

  #look(watched: Watched): void {
    const { last } = watched;
    const now = this.#observe(watched);
    watched.last = now;
    if (last === null) watched.reason = now.verdict.reason;
    else this.#compare(watched, last, now);
    this.#warm(watched, now);
  }

  #compare(watched: Watched, last: Observation, now: Observation): void {
    const { history, events, probeReason, nowMs } = this.#ports;
    const { id } = watched.backend;
    if (last.health !== now.health) {
      const reason = probeReason(id);
      history.append(id, { kind: 'health', from: last.health, to: now.health, reason });
      if (now.health === 'unchecked') {
        events.append({ kind: 'health', severity: 'warn', subject: id, message: `unchecked: ${reason}` });
      }
    }
    if (last.circuit !== now.circuit) {
      history.append(id, { kind: 'circuit', from: last.circuit, to: now.circuit, reason: null });
      const isOpen = now.circuit === 'open' || now.circuit === 'forced-open';
      const message = `circuit ${last.circuit} → ${now.circuit}`;
      events.append({ kind: 'circuit', severity: isOpen ? 'warn' : 'info', subject: id, message });
    }
    if (last.unavailable !== now.unavailable) {
      const [from, to] = [last.unavailable ?? 'available', now.unavailable ?? 'available'];
      history.append(id, { kind: 'availability', from, to, reason: null });
    }
    if (last.weight !== now.weight) {
      history.append(id, { kind: 'weight', from: String(last.weight), to: String(now.weight), reason: 'configured' });
    }
    if (last.verdict.rule !== now.verdict.rule || !FROZEN_RULES.has(now.verdict.rule)) {
      watched.reason = now.verdict.reason;
    }
    if (last.verdict.state === now.verdict.state) return;
    watched.sinceMs = nowMs();
    reportStateChange(this.#ports, { id, pool: watched.pool.settings.name, before: last.verdict, now: now.verdict });
  }

  /** Cold if it was out for its own fault, until it gets requests again: then a slow start, unless it is alone. */
  #warm(watched: Watched, now: Observation): void {
    const { slowStarts, history, onRejoined, nowMs } = this.#ports;
    const { backend, pool } = watched;
    const { slowStart } = pool.settings;
    const out = this.#unavailableReason(watched, now);
    if (out !== null && out !== 'draining' && out !== 'no probe yet') watched.isCold = true;
    if (!watched.isCold) return;
    if (out !== null) {
      if (slowStart.enabled) slowStarts.hold(backend.id, backend.index, slowStart);
      return;
    }
    watched.isCold = false;
    onRejoined(backend.id);
    const isAlone = !pool.backends.some(({ id }) => id !== backend.id && this.unavailableReason(id) === null);
    if (!slowStart.enabled || isAlone) {
      slowStarts.end(backend.id);
      return;
    }
    slowStarts.begin(backend.id, backend.index, slowStart, nowMs());
    const to = String(Math.round(now.weight * slowStart.from * 1000) / 1000);
    const reason = `slow start: ${Math.round(slowStart.durationMs / 1000)} s`;
    history.append(backend.id, { kind: 'weight', from: String(now.weight), to, reason });
  }

  #unavailableReason({ pool }: Watched, { unavailable, circuit, health }: Observation): string | null {
    if (unavailable !== null) return unavailable;
    if (circuit !== 'closed') return `circuit ${circuit}`;
    return pool.settings.healthCheck.enabled && health === 'unknown' ? 'no probe yet' : null;
  }

  #observe({ pool, backend }: Watched): Observation {
    const { table, weights, probeReason } = this.#ports;
    const nowMs = this.#ports.nowMs();
    const { index, id } = backend;
    const { circuitBreaker, healthCheck } = pool.settings;
    const health = table.health(index);
    const circuit = circuitBreaker.enabled ? circuitOf(table, index, nowMs) : 'closed';
    const window = { successes: 0, failures: 0 };
    table.window(index, nowMs, circuitBreaker.windowMs, window);
    const isEnabled = table.isEnabled(index);
    const verdict = healthState({
      isEnabled,
      isUnresolved: table.isUnresolved(index),
      isUnproven: table.isUnproven(index),
      probes: healthCheck.enabled ? health : 'unchecked',
      probeReason: probeReason(id),
      isEjected: table.ejectedUntil(index) > nowMs,
      circuit,
      requests: window.successes + window.failures,
      failures: window.failures,
    });
    const unavailable = unavailableReason(table, index, circuitBreaker, nowMs);
    return { health, circuit, unavailable, weight: weights.configured(index), verdict };
  }

  #weightOf(id: string): number {
    const watched = this.#watched.get(id);
    return watched === undefined ? 0 : this.#ports.weights.configured(watched.backend.index);
  }

  #forget(id: string): void {
    this.#ports.history.forget(id);
    // It still owns its slot: it may come back to it.
    this.#ports.slowStarts.end(id);
  }
}

/** An open circuit whose time has expired admits a trial: report half-open, although no request has asked yet. */
function circuitOf(table: BackendTable, index: number, nowMs: number): HealthSigns['circuit'] {
  const state = stateOf(table.circuitWord(index));
  if (state === CLOSED) return 'closed';
  if (state === FORCED_OPEN) return 'forced-open';
  return state === HALF_OPEN || nowMs >= table.openUntil(index) ? 'half-open' : 'open';
}
