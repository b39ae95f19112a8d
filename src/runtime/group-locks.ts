/**
 * Locks in shared memory, one for each group of slots of a table: held for a few instructions, while a slot is looked for
 * and changed. A lock names its holder, so that the control thread can release those of a thread that died.
 */

/** How long to wait: first spinning, then asleep, because the holder may have lost its core. */
const SPINS = 1000;
const SLEEPS = 100;
const SLEEP_MS = 1;

export class GroupLocks {
  readonly #holders: Int32Array;

  /** @param buffer 4 bytes for each group: its holder + 1; 0: none */
  constructor(buffer: SharedArrayBuffer) {
    this.#holders = new Int32Array(buffer);
  }

  /** False: it stayed locked for 100 ms, by a thread that has died and is not released yet. @param writer index of the thread */
  lock(group: number, writer: number): boolean {
    for (let tries = 0; tries < SPINS + SLEEPS; tries += 1) {
      const holder = Atomics.compareExchange(this.#holders, group, 0, writer + 1);
      if (holder === 0) return true;
      if (tries >= SPINS) Atomics.wait(this.#holders, group, holder, SLEEP_MS);
    }
    return false;
  }

  unlock(group: number): void {
    Atomics.store(this.#holders, group, 0);
    Atomics.notify(this.#holders, group, 1);
  }

  /** Of a dead thread. */
  releaseAll(writer: number): void {
    for (let group = 0; group < this.#holders.length; group += 1) {
      if (Atomics.compareExchange(this.#holders, group, writer + 1, 0) === writer + 1) {
        Atomics.notify(this.#holders, group);
      }
    }
  }
}
