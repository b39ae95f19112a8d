/**
 * Ejects backends that fail real traffic, as reported by the traffic threads: for a time that grows with the number of
 * ejections, never more than a share of the pool, and never its last backend.
 */
import type { Logger } from 'pino';
import type { PoolSettings } from '../../config/settings.ts';
import type { SnapshotPool } from '../../config/snapshot.ts';
import { unavailableReason } from '../../backends/availability.ts';
import type { BackendTable } from '../../backends/backend-table.ts';

/** Random addition to an ejection, as a share of it, so that backends ejected together do not return together. */
const JITTER = 0.2;

export class PassiveHealth {
  readonly #table: BackendTable;
  readonly #nowMs: () => number;
  readonly #random: () => number;
  readonly #log: Logger;
  readonly #ejections = new Map<string, { count: number; untilMs: number }>();

  constructor(table: BackendTable, nowMs: () => number, random: () => number, log: Logger) {
    this.#table = table;
    this.#nowMs = nowMs;
    this.#random = random;
    this.#log = log;
  }

  /** @returns whether the backend was ejected. */
  onErrors(pool: SnapshotPool, backendId: string): boolean {
    const backend = pool.backends.find(({ id }) => id === backendId);
    const nowMs = this.#nowMs();
    if (backend === undefined || this.#table.ejectedUntil(backend.index) > nowMs) return false;
    if (!this.#mayEject(pool, backend.index, nowMs)) return false;

    const { maxEjectMs } = pool.settings.passiveHealth;
    const last = this.#ejections.get(backendId);
    // After this long without an ejection, earlier ones are forgotten.
    const count = last === undefined || nowMs - last.untilMs > maxEjectMs ? 1 : last.count + 1;
    const forMs = ejectionMs(count, pool.settings, this.#random());
    this.#ejections.set(backendId, { count, untilMs: nowMs + forMs });
    this.#table.setEjectedUntil(backend.index, nowMs + forMs);
    this.#log.warn({ backend: backendId, pool: pool.settings.name, for_ms: Math.round(forMs) }, 'backend ejected');
    return true;
  }

  /** A probe found the backend healthy: its ejection ends. @returns whether it was ejected. */
  onProbeSucceeded(backendId: string, index: number): boolean {
    if (this.#table.ejectedUntil(index) <= this.#nowMs()) return false;
    this.#table.setEjectedUntil(index, 0);
    this.#log.info({ backend: backendId }, 'backend no longer ejected: a probe succeeded');
    return true;
  }

  /** The backend is gone. */
  forget(backendId: string): void {
    this.#ejections.delete(backendId);
  }

  #mayEject(pool: SnapshotPool, index: number, nowMs: number): boolean {
    const { circuitBreaker, passiveHealth } = pool.settings;
    const ejected = pool.backends.filter((each) => this.#table.ejectedUntil(each.index) > nowMs).length;
    if (ejected + 1 > passiveHealth.maxEjectedRatio * pool.backends.length) return false;
    return pool.backends.some(
      (each) => each.index !== index && unavailableReason(this.#table, each.index, circuitBreaker, nowMs) === null,
    );
  }
}

/** @param count number of ejections, including this one. */
export function ejectionMs(count: number, settings: PoolSettings, random01: number): number {
  const { ejectMs, maxEjectMs } = settings.passiveHealth;
  return Math.min(maxEjectMs, ejectMs * count) * (1 + JITTER * random01);
}
