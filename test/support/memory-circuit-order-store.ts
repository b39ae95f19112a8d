/** Operators' orders for circuits in memory, with a clock of its own. */
import type { CircuitOrder, CircuitOrderStore } from '../../src/backends/circuit-order-store.ts';
import { GatewayError } from '../../src/errors.ts';

export class MemoryCircuitOrderStore implements CircuitOrderStore {
  readonly #nowMs: () => number;
  readonly #orders = new Map<string, { readonly untilMs: number | null; readonly version: number }>();
  #version = 0;
  isAway = false;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  async put(backends: readonly string[], seconds: number | null): Promise<readonly CircuitOrder[]> {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
    for (const backend of backends) {
      const untilMs = seconds === null ? null : this.#nowMs() + seconds * 1000;
      this.#orders.set(backend, { untilMs, version: ++this.#version });
    }
    return (await this.all()).filter(({ backend }) => backends.includes(backend));
  }

  async all(): Promise<readonly CircuitOrder[]> {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
    const orders = [...this.#orders].map(([backend, { untilMs, version }]) => ({
      backend,
      secondsLeft: untilMs === null ? null : (untilMs - this.#nowMs()) / 1000,
      version,
    }));
    return orders.toSorted((one, other) => (one.backend < other.backend ? -1 : 1));
  }
}
