/**
 * What the threads share about requests that wait for a slot, in shared memory: how many wait on each thread, by pool,
 * and since when the first of them does. Every cell is written by its own thread; the control thread clears those of a
 * thread that died, and those of pools that are gone.
 */
import { MAX_POOLS } from '../runtime/table-sizes.ts';

export interface QueueTableBuffers {
  readonly threads: number;
  /** Int32: [0..threads) counts the wake-ups of each thread; then the lengths, pool by pool. */
  readonly words: SharedArrayBuffer;
  /** Float64: when the first began to wait, pool by pool; 0: none waits; Infinity: only for the thread's own. */
  readonly heads: SharedArrayBuffer;
  /** Float64: requests that were refused because all backends were full, pool by pool. */
  readonly refused: SharedArrayBuffer;
}

export function allocateQueueTable(threads: number): QueueTableBuffers {
  return {
    threads,
    words: new SharedArrayBuffer(4 * (threads + MAX_POOLS * threads)),
    heads: new SharedArrayBuffer(8 * MAX_POOLS * threads),
    refused: new SharedArrayBuffer(8 * MAX_POOLS * threads),
  };
}

export class QueueTable {
  readonly #threads: number;
  readonly #words: Int32Array;
  readonly #heads: Float64Array;
  readonly #refused: Float64Array;

  constructor(buffers: QueueTableBuffers) {
    this.#threads = buffers.threads;
    this.#words = new Int32Array(buffers.words);
    this.#heads = new Float64Array(buffers.heads);
    this.#refused = new Float64Array(buffers.refused);
  }

  /** @param sinceMs of the first; 0 with none. */
  set(pool: number, thread: number, length: number, sinceMs: number): void {
    this.#heads[pool * this.#threads + thread] = sinceMs;
    Atomics.store(this.#words, this.#threads + pool * this.#threads + thread, length);
  }

  countRefused(pool: number, thread: number): void {
    this.#refused[pool * this.#threads + thread]! += 1;
  }

  /** A pool enters this slot: nothing of an earlier one is left. By the control thread, while no request uses it. */
  occupy(pool: number): void {
    this.#refused.fill(0, pool * this.#threads, (pool + 1) * this.#threads);
  }

  /** Since the pool took the slot, on all threads. */
  refused(pool: number): number {
    let refused = 0;
    for (let thread = 0; thread < this.#threads; thread += 1) refused += this.#refused[pool * this.#threads + thread]!;
    return refused;
  }

  /** Waiting for a backend of the pool, on all threads. */
  length(pool: number): number {
    let length = 0;
    for (let thread = 0; thread < this.#threads; thread += 1) length += this.#length(pool, thread);
    return length;
  }

  isEmpty(pool: number): boolean {
    for (let thread = 0; thread < this.#threads; thread += 1) if (this.#length(pool, thread) > 0) return false;
    return true;
  }

  /** The thread with the request that has waited longest, since before `sinceMs`; −1: none. */
  longest(pool: number, sinceMs: number): number {
    let longest = -1;
    let earliestMs = sinceMs;
    for (let thread = 0; thread < this.#threads; thread += 1) {
      const headMs = this.#heads[pool * this.#threads + thread]!;
      if (this.#length(pool, thread) === 0 || headMs >= earliestMs) continue;
      longest = thread;
      earliestMs = headMs;
    }
    return longest;
  }

  /** A slot is free for a waiting request of the thread. */
  wake(thread: number): void {
    Atomics.add(this.#words, thread, 1);
    Atomics.notify(this.#words, thread);
  }

  /** Resolves at the next wake-up of the thread. */
  async wokenUp(thread: number): Promise<void> {
    await Atomics.waitAsync(this.#words, thread, Atomics.load(this.#words, thread)).value;
  }

  /** The thread is gone, and its waiting requests with it. */
  releaseThread(thread: number): void {
    for (let pool = 0; pool < MAX_POOLS; pool += 1) {
      if (this.#length(pool, thread) > 0) this.set(pool, thread, 0, 0);
    }
  }

  #length(pool: number, thread: number): number {
    return Atomics.load(this.#words, this.#threads + pool * this.#threads + thread);
  }
}
