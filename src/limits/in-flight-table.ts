/**
 * How many requests of each client are running, over all threads, in shared memory.
 *
 * The table has groups of sixteen slots. A client's hash chooses its group; in it, a slot whose counts are all 0 belongs
 * to nobody and may be taken by the next client. A slot has one count for each thread, which that thread alone writes,
 * so the death of a thread is undone by clearing its counts, and no count can leak.
 *
 * To admit a request, a thread locks the group, adds the counts up, and adds one of its own: two threads at the limit
 * cannot both be admitted. A release needs no lock, because it only makes room. The last slot of a group is shared by
 * the clients that find no other (more than fifteen clients of one group at a time): nobody is unlimited.
 */
import { GroupLocks } from '../runtime/group-locks.ts';

const GROUP = 16;
const GROUPS = 8192;
const SLOTS = GROUP * GROUPS;

/** Nothing was taken: the client has as many as it may. */
export const FULL = -1;
/** Admitted, but not counted: the group stayed locked, by a thread that has died and is not released yet. */
export const UNCOUNTED = -2;

export interface InFlightBuffers {
  readonly threads: number;
  /** Int32: the thread that holds each group's lock, + 1; 0: none. */
  readonly locks: SharedArrayBuffer;
  /** Int32: two words of hash for each slot. */
  readonly keys: SharedArrayBuffer;
  /** Int32: for each slot, a count of each thread. Untouched pages cost no memory. */
  readonly counts: SharedArrayBuffer;
}

export function allocateInFlight(threads: number): InFlightBuffers {
  return {
    threads,
    locks: new SharedArrayBuffer(4 * GROUPS),
    keys: new SharedArrayBuffer(8 * SLOTS),
    counts: new SharedArrayBuffer(4 * SLOTS * threads),
  };
}

export class InFlightTable {
  readonly #threads: number;
  readonly #locks: GroupLocks;
  readonly #keys: Int32Array;
  readonly #counts: Int32Array;

  constructor(buffers: InFlightBuffers) {
    this.#threads = buffers.threads;
    this.#locks = new GroupLocks(buffers.locks);
    this.#keys = new Int32Array(buffers.keys);
    this.#counts = new Int32Array(buffers.counts);
  }

  /**
   * One more request of the client hashed to (lo, hi), on this thread.
   *
   * @param most 1 or more
   * @returns what to release, {@link FULL}, or {@link UNCOUNTED}
   */
  take(thread: number, lo: number, hi: number, most: number): number {
    const group = (lo >>> 0) % GROUPS;
    if (!this.#locks.lock(group, thread)) return UNCOUNTED;
    const slot = this.#slotFor(group, lo | 0, hi | 0);
    const isFull = this.#total(slot) >= most;
    if (!isFull) Atomics.add(this.#counts, slot * this.#threads + thread, 1);
    this.#locks.unlock(group);
    return isFull ? FULL : slot;
  }

  /** @param slot the result of {@link take}, once; what took nothing releases nothing */
  release(thread: number, slot: number): void {
    if (slot >= 0) Atomics.sub(this.#counts, slot * this.#threads + thread, 1);
  }

  /** Of the client, over all threads. */
  running(lo: number, hi: number): number {
    const first = ((lo >>> 0) % GROUPS) * GROUP;
    for (let slot = first; slot < first + GROUP - 1; slot += 1) {
      if (this.#isKey(slot, lo | 0, hi | 0)) return this.#total(slot);
    }
    return 0;
  }

  /** A dead thread runs nothing any more, and holds no lock. */
  releaseThread(thread: number): void {
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const cell = slot * this.#threads + thread;
      // Pages that nothing was written to stay free.
      if (this.#counts[cell] !== 0) Atomics.store(this.#counts, cell, 0);
    }
    this.#locks.releaseAll(thread);
  }

  #slotFor(group: number, lo: number, hi: number): number {
    const first = group * GROUP;
    const shared = first + GROUP - 1;
    let free = -1;
    for (let slot = first; slot < shared; slot += 1) {
      if (this.#isKey(slot, lo, hi)) return slot;
      if (free === -1 && this.#total(slot) === 0) free = slot;
    }
    if (free === -1) return shared;
    Atomics.store(this.#keys, free * 2, lo);
    Atomics.store(this.#keys, free * 2 + 1, hi);
    return free;
  }

  #isKey(slot: number, lo: number, hi: number): boolean {
    return Atomics.load(this.#keys, slot * 2) === lo && Atomics.load(this.#keys, slot * 2 + 1) === hi;
  }

  #total(slot: number): number {
    let sum = 0;
    const first = slot * this.#threads;
    for (let cell = first; cell < first + this.#threads; cell += 1) sum += Atomics.load(this.#counts, cell);
    return sum;
  }
}
