/**
 * The token buckets of all clients, in one shared-memory hash table: open addressing, 32 bytes a slot.
 *
 *   slot:  key (64-bit keyed hash) · tat (float64, ms) · capacity (float64) · rate (float64, tokens a second)
 *
 * - A bucket is one number, its theoretical arrival time (core/token-bucket.ts). Taking tokens is one
 *   compare-and-swap of its 64 bits; no lock, no ticker, exact across threads.
 * - Capacity 0 marks a client without settings of its own: the default policy, given by the caller, applies.
 * - A full bucket says nothing, so only slots with full buckets are ever reused for another client: eviction never
 *   gives tokens away. Registered clients are never evicted.
 * - Slots never become empty again (a probe may stop at an empty one). A client is looked for in a window of
 *   WINDOW slots after its hash.
 * - Whoever changes more than the tat first claims the slot: it swaps the tat for −(writer + 1). All others wait the
 *   few nanoseconds that takes, or milliseconds when the writer lost its core. Claims of a thread that died are given
 *   back by releaseClaims.
 * - When a client finds neither its slot nor a free one, it shares one of OVERFLOW buckets with others of the same
 *   hash: memory stays bounded, nobody is unlimited, and it is counted.
 *
 * Two clients whose 64-bit hashes collide share a bucket; with a million clients that has a chance of 3·10⁻⁸.
 */
import { REFUSED, refundTokens, rescale, takeTokens, tatForTokens, tokensAt } from '../core/token-bucket.ts';

const SLOT_BYTES = 32;
const WINDOW = 32;
const OVERFLOW = 256;
/** Free slots per client: at two thirds full, a window without a free slot is rare. */
const SLOTS_PER_CLIENT = 1.5;
/** How long to wait for a claim: first at full speed, then asleep, for its thread may have lost its core. */
const SPINS = 1000;
const NAPS = 100;
const NAP_MS = 1;
/** The key of a slot that was taken and given back: it is not empty, and nobody's. */
const NOBODY_LO = 0;
const NOBODY_HI = 1;

export interface BucketPolicy {
  readonly capacity: number;
  readonly ratePerSecond: number;
}

export interface ClientTableBuffers {
  readonly slots: number;
  readonly memory: SharedArrayBuffer;
}

/** @param clients how many clients the table is made for, 1..16,000,000; it takes 48 bytes for each. */
export function allocateClientTable(clients: number): ClientTableBuffers {
  if (!(clients >= 1 && clients <= 16_000_000)) {
    throw new RangeError(`clients: found ${clients}; allowed: 1 to 16000000`);
  }
  const slots = Math.max(2 * WINDOW, Math.ceil(clients * SLOTS_PER_CLIENT));
  return { slots, memory: new SharedArrayBuffer(SLOT_BYTES * (slots + WINDOW + OVERFLOW)) };
}

export class ClientTable {
  readonly slots: number;
  /** Of the last take: the slot's settings and its tat after it, for the fields of the answer. */
  capacity = 0;
  ratePerSecond = 0;
  tatMs = 0;
  /** The last take went to a shared overflow bucket; a refund goes there then, too. */
  isOverflow = false;

  readonly #words: Int32Array;
  readonly #floats: Float64Array;
  readonly #bits: BigInt64Array;
  readonly #claim: number;
  readonly #float = new Float64Array(1);
  readonly #bit = new BigInt64Array(this.#float.buffer);

  /** @param writer names the thread that uses this instance, 0..; for its claims. */
  constructor(buffers: ClientTableBuffers, writer: number) {
    this.slots = buffers.slots;
    this.#words = new Int32Array(buffers.memory);
    this.#floats = new Float64Array(buffers.memory);
    this.#bits = new BigInt64Array(buffers.memory);
    this.#claim = -(writer + 1);
  }

  /**
   * Takes `cost` tokens from the bucket of the client hashed to (lo, hi).
   * @returns true when there were enough; nothing is taken otherwise.
   */
  take(lo: number, hi: number, cost: number, policy: BucketPolicy, nowMs: number): boolean {
    this.isOverflow = false;
    for (;;) {
      let slot = this.#find(lo, hi);
      if (slot === -1) {
        slot = this.#insert(lo, hi, nowMs);
        if (slot === -1) {
          this.isOverflow = true;
          slot = this.#overflowSlot(lo);
        }
      }
      const bits = Atomics.load(this.#bits, slot * 4 + 1);
      this.#bit[0] = bits;
      const tat = this.#float[0]!;
      if (tat < 0) {
        if (!this.#awaitRelease(slot)) return true;
        continue;
      }
      // The tat was read first: if the slot changed hands since, the swap fails, for a new client's tat differs.
      if (!this.isOverflow && !this.#isKey(slot, lo, hi)) continue;
      const own = this.#floats[slot * 4 + 2]!;
      this.capacity = own > 0 ? own : policy.capacity;
      this.ratePerSecond = own > 0 ? this.#floats[slot * 4 + 3]! : policy.ratePerSecond;
      const next = takeTokens(tat, cost, this.capacity, this.ratePerSecond, nowMs);
      if (next === REFUSED) {
        this.tatMs = tat;
        return false;
      }
      if (this.#swap(slot, bits, next)) {
        this.tatMs = next;
        return true;
      }
    }
  }

  /**
   * Gives tokens back that this thread's last take took, when another limit refused the request. After takes for
   * others in between, set `isOverflow` to what it was.
   */
  refund(lo: number, hi: number, cost: number, policy: BucketPolicy): void {
    for (;;) {
      const slot = this.isOverflow ? this.#overflowSlot(lo) : this.#find(lo, hi);
      // Evicted since: it is full without the refund.
      if (slot === -1) return;
      const bits = Atomics.load(this.#bits, slot * 4 + 1);
      this.#bit[0] = bits;
      const tat = this.#float[0]!;
      if (tat < 0) {
        if (!this.#awaitRelease(slot)) return;
        continue;
      }
      if (!this.isOverflow && !this.#isKey(slot, lo, hi)) continue;
      const own = this.#floats[slot * 4 + 2]!;
      const rate = own > 0 ? this.#floats[slot * 4 + 3]! : policy.ratePerSecond;
      if (this.#swap(slot, bits, refundTokens(tat, cost, rate))) return;
    }
  }

  isRegistered(lo: number, hi: number): boolean {
    const slot = this.#find(lo, hi);
    return slot !== -1 && this.#floats[slot * 4 + 2]! > 0;
  }

  /** Tokens left now, fractions included; a client that is not in the table has a full bucket: null. */
  tokens(lo: number, hi: number, policy: BucketPolicy, nowMs: number): number | null {
    const slot = this.#find(lo, hi);
    if (slot === -1) return null;
    const own = this.#floats[slot * 4 + 2]!;
    const capacity = own > 0 ? own : policy.capacity;
    const rate = own > 0 ? this.#floats[slot * 4 + 3]! : policy.ratePerSecond;
    return tokensAt(Math.max(0, this.#floats[slot * 4 + 1]!), capacity, rate, nowMs);
  }

  /**
   * Gives the client settings of its own, or new ones: its bucket is rescaled, not refilled.
   * @returns false when the table has no room for it, or its slot is that of a dead thread still.
   */
  register(lo: number, hi: number, settings: BucketPolicy, before: BucketPolicy, nowMs: number): boolean {
    return this.#change(lo, hi, nowMs, (slot, tat) => {
      const own = this.#floats[slot * 4 + 2]!;
      const from = own > 0 ? { capacity: own, ratePerSecond: this.#floats[slot * 4 + 3]! } : before;
      this.#floats[slot * 4 + 2] = settings.capacity;
      this.#floats[slot * 4 + 3] = settings.ratePerSecond;
      return rescale(tat, from, settings, nowMs);
    });
  }

  /** The default policy holds again; the bucket is rescaled to it. */
  unregister(lo: number, hi: number, policy: BucketPolicy, nowMs: number): void {
    if (this.#find(lo, hi) === -1) return;
    this.#change(lo, hi, nowMs, (slot, tat) => {
      const own = this.#floats[slot * 4 + 2]!;
      if (own === 0) return tat;
      const from = { capacity: own, ratePerSecond: this.#floats[slot * 4 + 3]! };
      this.#floats[slot * 4 + 2] = 0;
      this.#floats[slot * 4 + 3] = 0;
      return rescale(tat, from, policy, nowMs);
    });
  }

  /** Sets the level of a registered client, as saved before a restart. Others are left alone. */
  restore(lo: number, hi: number, tokens: number, nowMs: number): void {
    if (!this.isRegistered(lo, hi)) return;
    this.#change(lo, hi, nowMs, (slot) =>
      tatForTokens(tokens, this.#floats[slot * 4 + 2]!, this.#floats[slot * 4 + 3]!, nowMs),
    );
  }

  /**
   * The default policy changes: the buckets of all clients without settings of their own are rescaled to it. A client
   * that was refused must not wait for ever when its limit is raised, nor get a full bucket when it is lowered.
   */
  rescaleDefault(before: BucketPolicy, after: BucketPolicy, nowMs: number): void {
    for (let slot = 0; slot < this.length + OVERFLOW; slot += 1) {
      for (;;) {
        const bits = Atomics.load(this.#bits, slot * 4 + 1);
        this.#bit[0] = bits;
        const tat = this.#float[0]!;
        // A full bucket stays full; one that is being changed is new or has settings of its own.
        if (tat <= nowMs || this.#floats[slot * 4 + 2]! > 0) break;
        if (this.#swap(slot, bits, rescale(tat, before, after, nowMs))) break;
      }
    }
  }

  /** How many of the slots from..to−1 hold a bucket that is not full. */
  countActive(from: number, to: number, nowMs: number): number {
    let active = 0;
    for (let slot = from; slot < to; slot += 1) if (this.#floats[slot * 4 + 1]! > nowMs) active += 1;
    return active;
  }

  /** All slots that can hold clients, the window behind the last one included. */
  get length(): number {
    return this.slots + WINDOW;
  }

  /** Slots that the dead thread `writer` was changing are free again. */
  releaseClaims(writer: number): number {
    let released = 0;
    for (let slot = 0; slot < this.slots + WINDOW + OVERFLOW; slot += 1) {
      if (this.#floats[slot * 4 + 1] !== -(writer + 1)) continue;
      // Its key may be half written, or that of a client that has another slot.
      if (this.#floats[slot * 4 + 2] === 0) this.#setKey(slot, NOBODY_LO, NOBODY_HI);
      this.#release(slot, 0);
      released += 1;
    }
    return released;
  }

  #home(hi: number): number {
    // Multiply-shift maps 32 bits onto any number of slots without a division.
    return Math.floor(((hi >>> 0) / 4294967296) * this.slots);
  }

  #overflowSlot(lo: number): number {
    return this.slots + WINDOW + (lo & (OVERFLOW - 1));
  }

  #isKey(slot: number, lo: number, hi: number): boolean {
    return this.#words[slot * 8] === (lo | 0) && this.#words[slot * 8 + 1] === (hi | 0);
  }

  #isEmpty(slot: number): boolean {
    return this.#words[slot * 8] === 0 && this.#words[slot * 8 + 1] === 0;
  }

  #find(lo: number, hi: number): number {
    const home = this.#home(hi);
    for (let slot = home; slot < home + WINDOW; slot += 1) {
      if (this.#isKey(slot, lo, hi)) return slot;
      if (this.#isEmpty(slot)) return -1;
    }
    return -1;
  }

  /** The client's slot, its own or a new one with a full bucket; −1 when there is no room. */
  #insert(lo: number, hi: number, nowMs: number): number {
    const home = this.#home(hi);
    search: for (;;) {
      // It may lie behind the full bucket of another, which must not be taken then.
      const known = this.#find(lo, hi);
      if (known !== -1) return known;
      for (let slot = home; slot < home + WINDOW; slot += 1) {
        const bits = Atomics.load(this.#bits, slot * 4 + 1);
        this.#bit[0] = bits;
        const tat = this.#float[0]!;
        if (tat < 0) {
          // Somebody is writing a key here; it may be this very client's.
          if (!this.#awaitRelease(slot)) return -1;
          continue search;
        }
        const isFree = this.#isEmpty(slot) || (tat <= nowMs && this.#floats[slot * 4 + 2] === 0);
        if (!isFree) continue;
        if (!this.#swap(slot, bits, this.#claim)) continue search;
        this.#setKey(slot, lo, hi);
        this.#floats[slot * 4 + 2] = 0;
        this.#floats[slot * 4 + 3] = 0;
        const isOnly = !this.#isElsewhere(slot, lo, hi);
        if (!isOnly) this.#setKey(slot, NOBODY_LO, NOBODY_HI);
        // A tat that no earlier owner had, so that a swap prepared for the earlier one fails.
        this.#release(slot, nowMs > tat ? nowMs : justAfter(tat));
        if (!isOnly) continue search;
        return slot;
      }
      return -1;
    }
  }

  /**
   * Two threads may insert the same client at the same time, in two slots. One must give way, or what is taken from the
   * one behind is forgotten. Both write their key before they look for the other's, in sequentially consistent order,
   * so at least one sees the other: the one behind gives way at once, the one in front waits for what the other decides.
   */
  #isElsewhere(own: number, lo: number, hi: number): boolean {
    const home = this.#home(hi);
    for (let slot = home; slot < home + WINDOW; slot += 1) {
      if (slot === own || !this.#holds(slot, lo, hi)) continue;
      if (slot < own) return true;
      if (this.#awaitRelease(slot) && this.#holds(slot, lo, hi)) return true;
    }
    return false;
  }

  /** #isKey, but in one order with all other atomic operations. */
  #holds(slot: number, lo: number, hi: number): boolean {
    return Atomics.load(this.#words, slot * 8) === (lo | 0) && Atomics.load(this.#words, slot * 8 + 1) === (hi | 0);
  }

  #setKey(slot: number, lo: number, hi: number): void {
    Atomics.store(this.#words, slot * 8, lo | 0);
    Atomics.store(this.#words, slot * 8 + 1, hi | 0);
  }

  #change(lo: number, hi: number, nowMs: number, write: (slot: number, tatMs: number) => number): boolean {
    for (;;) {
      const slot = this.#insert(lo, hi, nowMs);
      if (slot === -1) return false;
      const bits = Atomics.load(this.#bits, slot * 4 + 1);
      this.#bit[0] = bits;
      const tat = this.#float[0]!;
      if (tat < 0) {
        if (!this.#awaitRelease(slot)) return false;
        continue;
      }
      if (!this.#isKey(slot, lo, hi) || !this.#swap(slot, bits, this.#claim)) continue;
      if (!this.#isKey(slot, lo, hi)) {
        this.#release(slot, tat);
        continue;
      }
      const next = Math.max(0, write(slot, tat));
      // Never the value from before: a take that was prepared with the old settings must fail.
      this.#release(slot, next === tat ? justAfter(next) : next);
      return true;
    }
  }

  #swap(slot: number, expected: bigint, next: number): boolean {
    this.#float[0] = next;
    return Atomics.compareExchange(this.#bits, slot * 4 + 1, expected, this.#bit[0]!) === expected;
  }

  #release(slot: number, tatMs: number): void {
    this.#float[0] = tatMs;
    Atomics.store(this.#bits, slot * 4 + 1, this.#bit[0]!);
  }

  /** False when the claim lasts unreasonably long: its thread died and has not been cleaned up after yet. */
  #awaitRelease(slot: number): boolean {
    for (let wait = 0; wait < SPINS + NAPS; wait += 1) {
      const bits = Atomics.load(this.#bits, slot * 4 + 1);
      this.#bit[0] = bits;
      if (this.#float[0]! >= 0) return true;
      // Nobody wakes it: a release costs nothing more, and a nap is short.
      if (wait >= SPINS) Atomics.wait(this.#bits, slot * 4 + 1, bits, NAP_MS);
    }
    return false;
  }
}

/** A time that differs, by a nanosecond or as little as its size allows. */
function justAfter(timeMs: number): number {
  return timeMs + Math.max(1e-6, timeMs * Number.EPSILON);
}
