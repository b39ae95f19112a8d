/**
 * The slots of the client table in shared memory: open addressing, and the protocol by which threads change them.
 *
 *   slot:  key (64-bit keyed hash) · time (float64, ms) · capacity (float64) · rate (float64)
 *
 * What the last three mean is the table's business (client-table.ts), but for this: capacity 0 marks a client without
 * settings of its own, and of one whose time has come nothing is remembered.
 *
 * - To change only the time, a thread swaps its 64 bits; no lock.
 * - To change more, it first claims the slot: it swaps the time for −(writer + 1). All others wait the few nanoseconds
 *   that takes, or milliseconds when the writer lost its core. Claims of a thread that died are given back by
 *   releaseClaims.
 * - Slots never become empty again (a probe may stop at an empty one). A client is looked for in a window of WINDOW
 *   slots after its hash.
 * - Only slots of which nothing is remembered are reused for another client: eviction never gives tokens away.
 *   Registered clients are never evicted.
 * - OVERFLOW slots at the end belong to no client: they are shared when there is no room.
 *
 * Two clients whose 64-bit hashes collide share a slot; with a million clients that has a chance of 3·10⁻⁸.
 */
import { type ClientTableBuffers, OVERFLOW, WINDOW } from './client-table-memory.ts';
import type { UnsettledCells } from './shared/unsettled-cells.ts';

/** How long to wait for a claim: first spinning, then asleep, because its thread may have lost its core. */
const SPINS = 1000;
const SLEEPS = 100;
const SLEEP_MS = 1;
/** The key of a slot that was taken and released: it is not empty, and belongs to no client. */
const NO_KEY_LO = 0;
const NO_KEY_HI = 1;

export class ClientSlots {
  /** All that can hold clients, including the window after the last one. */
  readonly length: number;

  readonly #homes: number;
  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  readonly #bits: BigInt64Array;
  readonly #fleet: UnsettledCells;
  readonly #claim: number;
  readonly #float = new Float64Array(1);
  readonly #bit = new BigInt64Array(this.#float.buffer);

  /**
   * @param fleet of the same slots
   * @param writer the index of the thread that uses this instance, 0..; for its claims
   */
  constructor({ slots, memory }: ClientTableBuffers, fleet: UnsettledCells, writer: number) {
    this.length = slots + WINDOW;
    this.#homes = slots;
    this.#words = new Int32Array(memory);
    this.#floats = new Float64Array(memory);
    this.#bits = new BigInt64Array(memory);
    this.#fleet = fleet;
    this.#claim = -(writer + 1);
  }

  /** The client's slot; −1: it has none. */
  find(lo: number, hi: number): number {
    const home = this.#home(hi);
    for (let slot = home; slot < home + WINDOW; slot += 1) {
      if (this.isKey(slot, lo, hi)) return slot;
      if (this.#isEmpty(slot)) return -1;
    }
    return -1;
  }

  /** The client's slot, or a new one for it, without settings and with a time of about now; −1 if there is no room. */
  insert(lo: number, hi: number, nowMs: number): number {
    const home = this.#home(hi);
    search: for (;;) {
      // It may be behind a slot of another client that could be reused, which must not be taken then.
      const known = this.find(lo, hi);
      if (known !== -1) return known;
      for (let slot = home; slot < home + WINDOW; slot += 1) {
        const bits = this.read(slot);
        const timeMs = this.timeOf(bits);
        if (timeMs < 0) {
          // A thread is writing a key here; it may belong to this very client.
          if (!this.awaitRelease(slot)) return -1;
          continue search;
        }
        const isFree = this.#isEmpty(slot) || (timeMs <= nowMs && this.capacity(slot) === 0);
        if (!isFree) continue;
        if (!this.claim(slot, bits)) continue search;
        this.#setKey(slot, lo, hi);
        this.setSettings(slot, 0, 0);
        if (this.#fleet.isThere) this.#fleet.clear(slot);
        const isOnly = !this.#isElsewhere(slot, lo, hi);
        if (!isOnly) this.#setKey(slot, NO_KEY_LO, NO_KEY_HI);
        // A time that no earlier owner had, so that a swap prepared for the earlier one fails.
        this.release(slot, nowMs > timeMs ? nowMs : justAfter(timeMs));
        if (!isOnly) continue search;
        return slot;
      }
      return -1;
    }
  }

  /** One of those for clients without a slot, whose number is a power of two for each of the two kinds. */
  overflow(lo: number, isSecondKind: boolean): number {
    const half = OVERFLOW / 2;
    return this.length + (isSecondKind ? half : 0) + (lo & (half - 1));
  }

  /** Bits of the time, for a swap. */
  read(slot: number): bigint {
    return Atomics.load(this.#bits, slot * 4 + 1);
  }

  /** Below 0: a thread has claimed the slot. @param bits as they were read */
  timeOf(bits: bigint): number {
    this.#bit[0] = bits;
    return this.#float[0]!;
  }

  /** At this moment, in no order with what other threads do. Below 0: a thread has claimed the slot. */
  timeMs(slot: number): number {
    return this.#floats[slot * 4 + 1]!;
  }

  /**
   * Whose slot it is may change at any moment. After the time was read, it is enough to ask once: if the slot has
   * changed hands since, the swap fails, because a new client's time differs.
   */
  isKey(slot: number, lo: number, hi: number): boolean {
    return this.#words[slot * 8] === (lo | 0) && this.#words[slot * 8 + 1] === (hi | 0);
  }

  hasKeyBit(slot: number, bit: number): boolean {
    return (this.#words[slot * 8]! & bit) !== 0;
  }

  capacity(slot: number): number {
    return this.#floats[slot * 4 + 2]!;
  }

  rate(slot: number): number {
    return this.#floats[slot * 4 + 3]!;
  }

  /** Of a slot that this thread has claimed. */
  setSettings(slot: number, capacity: number, rate: number): void {
    this.#floats[slot * 4 + 2] = capacity;
    this.#floats[slot * 4 + 3] = rate;
  }

  /** False if the bits are others by now. */
  swap(slot: number, bits: bigint, timeMs: number): boolean {
    this.#float[0] = timeMs;
    return Atomics.compareExchange(this.#bits, slot * 4 + 1, bits, this.#bit[0]!) === bits;
  }

  /** As a swap. Nobody else changes anything in the slot then, until the release. */
  claim(slot: number, bits: bigint): boolean {
    return this.swap(slot, bits, this.#claim);
  }

  release(slot: number, timeMs: number): void {
    this.#float[0] = timeMs;
    Atomics.store(this.#bits, slot * 4 + 1, this.#bit[0]!);
  }

  /** False if the claim lasts unreasonably long: its thread died and has not been cleaned up after yet. */
  awaitRelease(slot: number): boolean {
    for (let wait = 0; wait < SPINS + SLEEPS; wait += 1) {
      const bits = this.read(slot);
      if (this.timeOf(bits) >= 0) return true;
      // Nothing wakes it: a release costs nothing extra, and a sleep is short.
      if (wait >= SPINS) Atomics.wait(this.#bits, slot * 4 + 1, bits, SLEEP_MS);
    }
    return false;
  }

  /**
   * Changes a client's slot, or a new one, under a claim.
   *
   * @param write returns the new time
   * @returns false if there is no room, or the slot still belongs to a dead thread.
   */
  change(lo: number, hi: number, nowMs: number, write: (slot: number, timeMs: number) => number): boolean {
    for (;;) {
      const slot = this.insert(lo, hi, nowMs);
      if (slot === -1) return false;
      const bits = this.read(slot);
      const timeMs = this.timeOf(bits);
      if (timeMs < 0) {
        if (!this.awaitRelease(slot)) return false;
        continue;
      }
      if (!this.isKey(slot, lo, hi) || !this.claim(slot, bits)) continue;
      if (!this.isKey(slot, lo, hi)) {
        this.release(slot, timeMs);
        continue;
      }
      const next = Math.max(0, write(slot, timeMs));
      // Never the previous value: a take that was prepared with the old settings must fail.
      this.release(slot, next === timeMs ? justAfter(next) : next);
      return true;
    }
  }

  /** Releases the slots that the dead thread `writer` was changing. @returns their number */
  releaseClaims(writer: number): number {
    let released = 0;
    for (let slot = 0; slot < this.length + OVERFLOW; slot += 1) {
      this.#fleet.forget(slot);
      if (this.timeMs(slot) !== -(writer + 1)) continue;
      // Its key may be half written, or that of a client that has another slot.
      if (this.capacity(slot) === 0) this.#setKey(slot, NO_KEY_LO, NO_KEY_HI);
      this.release(slot, 0);
      released += 1;
    }
    return released;
  }

  #home(hi: number): number {
    // Multiply-shift maps 32 bits onto any number of slots without a division.
    return Math.floor(((hi >>> 0) / 4294967296) * this.#homes);
  }

  #isEmpty(slot: number): boolean {
    return this.#words[slot * 8] === 0 && this.#words[slot * 8 + 1] === 0;
  }

  /**
   * Two threads may insert the same client at the same time, in two slots. One must yield, or what is taken from the
   * later one is lost. Both write their key before they look for the other's, in sequentially consistent order, so at
   * least one sees the other: the later one yields at once, the earlier one waits for the other's decision.
   */
  #isElsewhere(own: number, lo: number, hi: number): boolean {
    const home = this.#home(hi);
    for (let slot = home; slot < home + WINDOW; slot += 1) {
      if (slot === own || !this.#holds(slot, lo, hi)) continue;
      if (slot < own) return true;
      if (this.awaitRelease(slot) && this.#holds(slot, lo, hi)) return true;
    }
    return false;
  }

  /** isKey, but in one order with all other atomic operations. */
  #holds(slot: number, lo: number, hi: number): boolean {
    return Atomics.load(this.#words, slot * 8) === (lo | 0) && Atomics.load(this.#words, slot * 8 + 1) === (hi | 0);
  }

  #setKey(slot: number, lo: number, hi: number): void {
    Atomics.store(this.#words, slot * 8, lo | 0);
    Atomics.store(this.#words, slot * 8 + 1, hi | 0);
  }
}

/** A time that differs by a nanosecond, or as little as its size allows. */
function justAfter(timeMs: number): number {
  return timeMs + Math.max(1e-6, timeMs * Number.EPSILON);
}
