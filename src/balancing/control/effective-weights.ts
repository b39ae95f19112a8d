/**
 * The only owner of the weights in the backend table: configured weight × slow start × adaptation. Each factor is set
 * by its source (configuration, slow starts, adaptation). The product is written here, and only when it has changed,
 * because every write makes all threads rebuild their lists of available backends.
 */
import type { BackendTable } from '../../backends/backend-table.ts';

interface Parts {
  configured: number;
  /** 0 < share ≤ 1. */
  slowStart: number;
  /** About 0.25..4. */
  adaptation: number;
}

/** Changes smaller than this part of the weight are not written. */
const NOTICED = 0.001;

export class EffectiveWeights {
  readonly #table: Pick<BackendTable, 'weight' | 'setWeight'>;
  readonly #parts = new Map<number, Parts>();

  constructor(table: Pick<BackendTable, 'weight' | 'setWeight'>) {
    this.#table = table;
  }

  /** A backend has taken this slot, with this weight in the table. */
  occupied(index: number, configured: number): void {
    this.#parts.set(index, { configured, slowStart: 1, adaptation: 1 });
  }

  configured(index: number): number {
    return this.#parts.get(index)?.configured ?? this.#table.weight(index);
  }

  /** @param weight > 0 */
  setConfigured(index: number, weight: number): void {
    this.#set(index, { configured: weight });
  }

  /** @param share of the weight, above 0, at most 1; 1: no slow start */
  setSlowStart(index: number, share: number): void {
    this.#set(index, { slowStart: share });
  }

  /** @param share of the weight, > 0; 1: as configured */
  setAdaptation(index: number, share: number): void {
    this.#set(index, { adaptation: share });
  }

  #set(index: number, change: Partial<Parts>): void {
    const parts = this.#parts.get(index);
    if (parts === undefined) throw new RangeError(`no backend has entered slot ${index}`);
    Object.assign(parts, change);
    const weight = parts.configured * parts.slowStart * parts.adaptation;
    const before = this.#table.weight(index);
    // Small steps accumulate, and the final step to the configured weight itself is always written.
    const isNoticed = Math.abs(weight - before) >= NOTICED * before || weight === parts.configured;
    if (isNoticed && weight !== before) this.#table.setWeight(index, weight);
  }
}
