/**
 * Tells all threads at once that something was changed at a URL: unsafe methods invalidate what is stored of it (RFC
 * 9111, 4.4), whichever thread has stored it. A counter in shared memory for each of some thousands of groups of URLs,
 * by hash; an entry is good only while its counter is what it was when its request began. URLs in the same group cost
 * each other a miss, nothing else. So an answer that was on its way during the change is not used either.
 */
import { hashString32 } from '../core/hash.ts';

const SLOTS = 4096;

export function allocateChanges(): SharedArrayBuffer {
  return new SharedArrayBuffer(4 * SLOTS);
}

export class ChangeTable {
  readonly #counters: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#counters = new Int32Array(buffer);
  }

  /** @param path without the query: all variants of it change together */
  slotOf(host: string, path: string): number {
    return hashString32(`${host}\n${path}`, 0) & (SLOTS - 1);
  }

  at(slot: number): number {
    return Atomics.load(this.#counters, slot);
  }

  changed(slot: number): void {
    Atomics.add(this.#counters, slot, 1);
  }
}
