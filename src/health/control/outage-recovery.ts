/**
 * After an outage of a whole pool, does not leave it shut until the circuits' time is over: the first good probe of each
 * backend makes its circuit half-open, so that requests can show that it is back.
 *
 * Only once until a probe fails, or the circuit has closed: a backend whose probes are good while it fails every request
 * is tried at the pace that its circuit sets.
 */
import type { SnapshotPool } from '../../config/snapshot.ts';
import { CLOSED, FORCED_OPEN, stateOf } from '../../breaker/core/circuit-breaker.ts';
import { unavailableReason } from '../../backends/availability.ts';
import type { BackendTable } from '../../backends/backend-table.ts';
import type { Circuits } from '../../breaker/circuits.ts';

export interface OutageRecoveryPorts {
  readonly table: BackendTable;
  readonly circuits: Pick<Circuits, 'halfOpen'>;
  readonly nowMs: () => number;
}

export class OutageRecovery {
  readonly #ports: OutageRecoveryPorts;
  /** By id: its pool had no available backend while its circuit was open. */
  readonly #due = new Set<string>();
  readonly #tried = new Set<string>();

  constructor(ports: OutageRecoveryPorts) {
    this.#ports = ports;
  }

  /** @returns whether the circuit is half-open because of it. */
  onProbe(pool: SnapshotPool, backendId: string, isGood: boolean): boolean {
    const { table, circuits } = this.#ports;
    const backend = pool.backends.find(({ id }) => id === backendId);
    if (backend === undefined) return false;
    if (!isGood || stateOf(table.circuitWord(backend.index)) === CLOSED) this.#tried.delete(backendId);
    this.#look(pool);
    if (!isGood || !this.#due.delete(backendId) || this.#tried.has(backendId)) return false;
    if (!circuits.halfOpen(backend.index)) return false;
    this.#tried.add(backendId);
    return true;
  }

  /** The backend is gone. */
  forget(backendId: string): void {
    this.#due.delete(backendId);
    this.#tried.delete(backendId);
  }

  /** While the pool is out, all its open circuits are due; those that are not open any more are not. */
  #look({ backends, settings }: SnapshotPool): void {
    const { table, nowMs } = this.#ports;
    const { circuitBreaker } = settings;
    const now = nowMs();
    const isOut =
      circuitBreaker.enabled &&
      !backends.some(({ index }) => unavailableReason(table, index, circuitBreaker, now) === null);
    for (const { id, index } of backends) {
      const state = stateOf(table.circuitWord(index));
      if (state === CLOSED || state === FORCED_OPEN) this.#due.delete(id);
      else if (isOut) this.#due.add(id);
    }
  }
}
