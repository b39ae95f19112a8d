/**
 * After an outage of a whole pool, does not wait for the circuits to expire: the first successful probe of each backend
 * makes its circuit half-open, so that requests can show that it has recovered.
 *
 * Only once until a probe fails or the circuit has closed: a backend whose probes succeed while it fails every request
 * is retried at the pace of its circuit.
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

  /** @returns whether this made the circuit half-open. */
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

  /** While the pool is out, all its open circuits are due; others are not. */
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
