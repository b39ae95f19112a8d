/**
 * Settles what an attempt meant for its backend: the circuit, and the gateway errors in a row that passive health
 * counts. One per traffic thread.
 */
import type { Circuits } from './circuits.ts';
import type { Pick, Pool, PoolBackend } from './pool.ts';

/** `none`: the client left, or the gateway ended it; neither success nor failure. */
export type AttemptOutcome = 'success' | 'failure' | 'none';

export interface BreakerEvents {
  /** A circuit opened. */
  onTrip(backend: PoolBackend, pool: Pool): void;
  /** A trial closed it again. */
  onClose(backend: PoolBackend, pool: Pool): void;
  /** So many gateway errors in a row that passive health may eject the backend: the control thread decides. */
  onPassiveErrors(backend: PoolBackend, pool: Pool): void;
}

export class Breaker {
  readonly #circuits: Circuits;
  readonly #addPassiveError: (index: number) => number;
  readonly #nowMs: () => number;
  readonly #events: BreakerEvents;

  constructor(
    circuits: Circuits,
    ports: { readonly addPassiveError: (index: number) => number; readonly nowMs: () => number },
    events: BreakerEvents,
  ) {
    this.#circuits = circuits;
    this.#addPassiveError = ports.addPassiveError;
    this.#nowMs = ports.nowMs;
    this.#events = events;
  }

  settle(attempt: Pick, pool: Pool, outcome: AttemptOutcome): void {
    const { backend, pass } = attempt;
    const { circuitBreaker, passiveHealth } = pool.settings;
    if (outcome === 'success') {
      const isClosing = this.#circuits.succeeded(backend.index, pass, circuitBreaker, this.#nowMs());
      if (isClosing) this.#events.onClose(backend, pool);
    } else if (outcome === 'none') {
      this.#circuits.released(backend.index, pass);
    } else {
      // First: an opening circuit sets the row of errors back.
      const errors = passiveHealth.enabled ? this.#addPassiveError(backend.index) : 0;
      // Again after as many more: the first ejection may have been refused, for the pool's sake.
      const isRow = errors > 0 && errors % passiveHealth.consecutiveErrors === 0;
      if (isRow) this.#events.onPassiveErrors(backend, pool);
      if (this.#circuits.failed(backend.index, pass, circuitBreaker, this.#nowMs())) this.#events.onTrip(backend, pool);
    }
  }
}
