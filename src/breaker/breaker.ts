/**
 * Decides whether a request may go to a backend, and records what its attempt meant for that backend: the circuit, and
 * the consecutive gateway errors that passive health counts. One per traffic thread.
 */
import type { CircuitBreakerSettings, PoolSettings } from '../config/settings.ts';
import type { Admission, Circuits } from './circuits.ts';

/**
 * `timeout`: also a failure, but one that a slow path alone can cause. `none`: the client left, or the gateway ended
 * it; neither success nor failure.
 */
export type AttemptOutcome = 'success' | 'failure' | 'timeout' | 'none';

export interface BreakerPorts {
  readonly nowMs: () => number;
  readonly addPassiveError: (index: number) => number;
  /** The active checks currently find the backend healthy. */
  readonly isProbedHealthy: (index: number) => boolean;
}

/** The target of an attempt. */
export interface TriedBackend {
  readonly index: number;
  readonly id: string;
}

export interface TriedPool {
  readonly settings: Pick<PoolSettings, 'name' | 'circuitBreaker' | 'passiveHealth'>;
}

export interface BreakerEvents {
  /** A circuit opened. */
  onTrip(backend: TriedBackend, pool: TriedPool): void;
  /** A trial closed it again. */
  onClose(backend: TriedBackend, pool: TriedPool): void;
  /** Enough consecutive gateway errors that passive health may eject the backend: the control thread decides. */
  onPassiveErrors(backend: TriedBackend, pool: TriedPool): void;
}

export class Breaker implements Admission {
  readonly #circuits: Circuits;
  readonly #ports: BreakerPorts;
  readonly #events: BreakerEvents;

  constructor(circuits: Circuits, ports: BreakerPorts, events: BreakerEvents) {
    this.#circuits = circuits;
    this.#ports = ports;
    this.#events = events;
  }

  admit(index: number, settings: CircuitBreakerSettings, nowMs: number): number {
    return this.#circuits.admit(index, settings, nowMs);
  }

  bypass(index: number): number {
    return this.#circuits.bypass(index);
  }

  isForcedOpen(index: number, nowMs: number): boolean {
    return this.#circuits.isForcedOpen(index, nowMs);
  }

  /**
   * Timeouts of a backend whose probes succeed do not count as consecutive failures, neither for the circuit nor for
   * passive health: otherwise one slow path would take all the others out with it. They do count in the circuit's
   * window, where the others outweigh them.
   */
  settle(
    attempt: { readonly backend: TriedBackend; readonly pass: number },
    pool: TriedPool,
    outcome: AttemptOutcome,
  ): void {
    const { backend, pass } = attempt;
    const { circuitBreaker, passiveHealth } = pool.settings;
    const nowMs = this.#ports.nowMs();
    if (outcome === 'success') {
      if (this.#circuits.succeeded(backend.index, pass, circuitBreaker, nowMs)) this.#events.onClose(backend, pool);
    } else if (outcome === 'none') {
      this.#circuits.released(backend.index, pass);
    } else if (outcome === 'timeout' && this.#ports.isProbedHealthy(backend.index)) {
      if (this.#circuits.timedOut(backend.index, pass, circuitBreaker, nowMs)) this.#events.onTrip(backend, pool);
    } else {
      // First, because an opening circuit resets the count of consecutive errors.
      const errors = passiveHealth.enabled ? this.#ports.addPassiveError(backend.index) : 0;
      // Again after as many more: the first ejection may have been refused to protect the pool.
      const isRow = errors > 0 && errors % passiveHealth.consecutiveErrors === 0;
      if (isRow) this.#events.onPassiveErrors(backend, pool);
      if (this.#circuits.failed(backend.index, pass, circuitBreaker, nowMs)) this.#events.onTrip(backend, pool);
    }
  }
}
