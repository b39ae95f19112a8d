/**
 * The limits of all clients, in slots of one shared-memory hash table (client-slots.ts): 40 bytes each, 8 of them apart.
 *
 *   slot:      key (64-bit keyed hash) · tat (float64, ms) · capacity (float64) · rate (float64, tokens a second)
 *   counters:  current (int32) · previous (int32), of sliding windows only
 *   fleet:     of limits that a fleet shares only (shared/unsettled-cells.ts)
 *
 * - A bucket is one number, its theoretical arrival time (core/token-bucket.ts). Taking tokens is one
 *   compare-and-swap of its 64 bits; no lock, no ticker, exact across threads.
 * - A sliding window (core/sliding-window.ts) has its end where a bucket has its tat, so that "at or before now: nothing
 *   is used" holds for both, and minus its length in ms where a bucket has its rate. It changes under a claim: end and
 *   counters do not fit into one swap. Refusals claim nothing. The counters lie apart because token buckets, the usual
 *   case, then miss the cache no more often than without them.
 * - Capacity 0 marks a client without settings of its own: the default policy, given by the caller, applies.
 * - Bit 31 of the key marks what has another policy than the default although it is not registered (limits of a route):
 *   a changed default leaves it alone.
 * - When a client finds neither its slot nor a free one, it shares one of OVERFLOW / 2 buckets with others of the same
 *   hash: memory stays bounded, nobody is unlimited, and it is counted.
 */
import { ClientSlots } from './client-slots.ts';
import { type ClientTableBuffers, OVERFLOW } from './client-table-memory.ts';
import { UnsettledCells } from './shared/unsettled-cells.ts';
import { SlidingWindow } from './core/sliding-window.ts';
import {
  balanceAt,
  chargeTokens,
  REFUSED,
  refundTokens,
  rescale,
  takeTokens,
  tatForTokens,
} from './core/token-bucket.ts';

/** A key with this bit in `lo` is not under the default policy. */
export const OTHER_POLICY = 0x80000000;

export interface BucketPolicy {
  readonly capacity: number;
  /** Of a sliding window: its average. */
  readonly ratePerSecond: number;
  /** Above 0: not a token bucket, but a sliding window of this length that admits `capacity`. */
  readonly windowMs?: number;
  /** Each gateway of a fleet has its own. Default: they share it, if they can. */
  readonly isLocal?: boolean;
}

export interface Level {
  readonly policy: BucketPolicy;
  readonly isRegistered: boolean;
  /** Below 0: a debt. */
  readonly tokens: number;
  /** Time until nothing counts as used any more. */
  readonly resetMs: number;
}

export class ClientTable {
  readonly slots: number;
  /** Of the last take: the slot's settings and its tat afterwards, for the fields of the answer. */
  capacity = 0;
  ratePerSecond = 0;
  tatMs = 0;
  /** Above 0: the last take was from a sliding window of this length, and `window` has its state afterwards. */
  windowMs = 0;
  readonly window = new SlidingWindow({ limit: 1, windowMs: 1 });
  /** The last take was under the client's own settings, not the default ones. */
  isOwn = false;
  /** The last take went to a shared overflow bucket; so does its refund. */
  isOverflow = false;
  /** Of the last peek: the table has the bucket. */
  isFound = false;
  /** Of the last peek: tokens taken that the fleet's bucket does not include yet, and when it was seen last. */
  unsettled = 0;
  seenMs = -Infinity;
  /** A bucket of fewer tokens counts as one of so many. */
  leastCapacity = 0;

  readonly #slots: ClientSlots;
  readonly #counters: Int32Array;
  readonly #fleet: UnsettledCells;

  /** @param writer the index of the thread that uses this instance, 0..; for its claims. */
  constructor(buffers: ClientTableBuffers, writer: number) {
    this.slots = buffers.slots;
    this.#counters = new Int32Array(buffers.counters);
    this.#fleet = new UnsettledCells(buffers.fleet);
    this.#slots = new ClientSlots(buffers, this.#fleet, writer);
  }

  /**
   * Takes `cost` tokens from the bucket of the client hashed to (lo, hi).
   * @returns true if there were enough; otherwise nothing is taken.
   */
  take(lo: number, hi: number, cost: number, policy: BucketPolicy, nowMs: number): boolean {
    this.isOverflow = false;
    for (;;) {
      let slot = this.#slots.find(lo, hi);
      if (slot === -1) {
        slot = this.#slots.insert(lo, hi, nowMs);
        if (slot === -1) {
          this.isOverflow = true;
          slot = this.#overflowSlot(lo, policy);
        }
      }
      const bits = this.#slots.read(slot);
      const tat = this.#slots.timeOf(bits);
      if (tat < 0) {
        if (!this.#slots.awaitRelease(slot)) return true;
        continue;
      }
      // The tat was read first: if the slot has changed hands since, the swap fails, because a new client's tat
      // differs.
      if (!this.isOverflow && !this.#slots.isKey(slot, lo, hi)) continue;
      const own = this.#slots.capacity(slot);
      const capacity = own > 0 ? own : policy.capacity;
      const rate = own > 0 ? this.#slots.rate(slot) : policy.ratePerSecond;
      this.isOwn = own > 0;
      this.capacity = capacity;
      this.ratePerSecond = rate;
      // A call with few arguments: anything kept for it would cost token buckets registers.
      if (own > 0 ? rate < 0 : policy.windowMs! > 0) return this.#takeFromWindow(slot, lo, hi, cost, policy, nowMs);
      this.windowMs = 0;
      const next = takeTokens(tat, cost, Math.max(capacity, this.leastCapacity), rate, nowMs);
      if (next === REFUSED) {
        this.tatMs = tat;
        return false;
      }
      if (this.#slots.swap(slot, bits, next)) {
        this.tatMs = next;
        return true;
      }
    }
  }

  /**
   * Returns the tokens of this thread's last take, because another limit refused the request. After takes for others in
   * between, set `isOverflow` to what it was.
   * @param takenMs the `nowMs` of that take.
   */
  refund(lo: number, hi: number, cost: number, policy: BucketPolicy, takenMs: number): void {
    for (;;) {
      const slot = this.isOverflow ? this.#overflowSlot(lo, policy) : this.#slots.find(lo, hi);
      // Evicted since: it is full without the refund.
      if (slot === -1) return;
      const bits = this.#slots.read(slot);
      const tat = this.#slots.timeOf(bits);
      if (tat < 0) {
        if (!this.#slots.awaitRelease(slot)) return;
        continue;
      }
      if (!this.isOverflow && !this.#slots.isKey(slot, lo, hi)) continue;
      const own = this.#slots.capacity(slot);
      const rate = own > 0 ? this.#slots.rate(slot) : policy.ratePerSecond;
      const windowMs = own > 0 ? -rate : (policy.windowMs ?? 0);
      if (windowMs > 0) {
        if (!this.#slots.claim(slot, bits)) continue;
        if (this.isOverflow || this.#slots.isKey(slot, lo, hi)) {
          this.#loadWindow(slot, tat, own > 0 ? own : policy.capacity, windowMs, takenMs);
          this.window.refund(cost, takenMs);
          this.#storeCounters(slot);
        }
        this.#slots.release(slot, tat);
        return;
      }
      if (this.#slots.swap(slot, bits, refundTokens(tat, cost, rate))) return;
    }
  }

  /**
   * Takes tokens that have been used already, whatever is left; at most one bucket becomes a debt. As for a refund, set
   * `isOverflow` to what it was after the take that this one adds to.
   */
  charge(lo: number, hi: number, cost: number, policy: BucketPolicy, nowMs: number): void {
    for (;;) {
      const slot = this.isOverflow ? this.#overflowSlot(lo, policy) : this.#slotFor(lo, hi, policy, nowMs);
      const bits = this.#slots.read(slot);
      const tat = this.#slots.timeOf(bits);
      if (tat < 0) {
        if (!this.#slots.awaitRelease(slot)) return;
        continue;
      }
      if (!this.isOverflow && !this.#slots.isKey(slot, lo, hi)) continue;
      const own = this.#slots.capacity(slot);
      const capacity = own > 0 ? own : policy.capacity;
      const rate = own > 0 ? this.#slots.rate(slot) : policy.ratePerSecond;
      const windowMs = own > 0 ? -rate : (policy.windowMs ?? 0);
      if (windowMs > 0) {
        if (!this.#slots.claim(slot, bits)) continue;
        const isOurs = this.isOverflow || this.#slots.isKey(slot, lo, hi);
        if (isOurs) {
          this.#loadWindow(slot, tat, capacity, windowMs, nowMs);
          this.window.charge(cost, nowMs);
          this.#storeCounters(slot);
        }
        this.#slots.release(slot, isOurs ? this.window.endsMs : tat);
        if (isOurs) return;
      } else if (this.#slots.swap(slot, bits, chargeTokens(tat, cost, capacity, rate, nowMs))) {
        return;
      }
    }
  }

  /** Reads what a take would find, for a token bucket that a fleet shares. A bucket that is not here is full. */
  peek(lo: number, hi: number, policy: BucketPolicy): void {
    const slot = this.#slots.find(lo, hi);
    const own = slot === -1 ? 0 : this.#slots.capacity(slot);
    this.isFound = slot !== -1;
    this.isOwn = own > 0;
    this.capacity = own > 0 ? own : policy.capacity;
    this.ratePerSecond = own > 0 ? this.#slots.rate(slot) : policy.ratePerSecond;
    this.windowMs = own > 0 ? Math.max(0, -this.ratePerSecond) : (policy.windowMs ?? 0);
    this.isOverflow = false;
    // A claimed slot is being changed; it counts as full for that moment.
    this.tatMs = slot === -1 ? 0 : Math.max(0, this.#slots.timeMs(slot));
    this.unsettled = slot === -1 ? 0 : this.#fleet.tokens(slot);
    this.seenMs = slot === -1 ? -Infinity : this.#fleet.seenMs(slot);
  }

  /** After a {@link peek} that found a sliding window: makes `window` its state. */
  loadWindow(lo: number, hi: number, nowMs: number): void {
    const slot = this.#slots.find(lo, hi);
    if (slot === -1) this.window.load(this.capacity, this.windowMs, 0, 0, 0, nowMs);
    else this.#loadWindow(slot, this.tatMs, this.capacity, this.windowMs, nowMs);
  }

  /** Changes what the fleet's bucket does not include yet. */
  addUnsettled(lo: number, hi: number, cost: number): void {
    const slot = this.#slots.find(lo, hi);
    this.unsettled = slot === -1 ? 0 : this.#fleet.add(slot, cost);
  }

  /**
   * The fleet's bucket was seen: `tatMs`, which includes `charged` of what is unsettled here. Is not exact when another
   * thread takes at the same time; the next answer is.
   */
  mirror(lo: number, hi: number, tatMs: number, charged: number, nowMs: number): void {
    let slot = this.#slots.find(lo, hi);
    // Nothing to remember of a full one.
    if (slot === -1 && tatMs > nowMs) slot = this.#slots.insert(lo, hi, nowMs);
    if (slot === -1) return;
    this.addUnsettled(lo, hi, -charged);
    this.#fleet.onSeen(slot, nowMs);
    const unsettledMs = (this.unsettled * 1000) / this.ratePerSecond;
    this.setTat(lo, hi, unsettledMs > 0 ? Math.max(tatMs, nowMs) + unsettledMs : tatMs);
  }

  /** Sets the level of a token bucket that is here. */
  setTat(lo: number, hi: number, tatMs: number): void {
    const slot = this.#slots.find(lo, hi);
    if (slot === -1) return;
    for (;;) {
      const bits = this.#slots.read(slot);
      if (this.#slots.timeOf(bits) < 0) {
        if (!this.#slots.awaitRelease(slot)) return;
        continue;
      }
      if (!this.#slots.isKey(slot, lo, hi) || this.#slots.swap(slot, bits, Math.max(0, tatMs))) return;
    }
  }

  /** The same, of this gateway's share: no answer of the server tells what it is. */
  setShare(lo: number, hi: number, tatMs: number): void {
    const slot = this.#slots.find(lo, hi);
    if (slot === -1) return;
    this.#fleet.onSeen(slot, 0);
    this.setTat(lo, hi, tatMs);
  }

  isRegistered(lo: number, hi: number): boolean {
    const slot = this.#slots.find(lo, hi);
    return slot !== -1 && this.#slots.capacity(slot) > 0;
  }

  /**
   * Tokens left now, or room in the window, fractions included; below 0: a debt; null: a client that is not in the table,
   * which has all of them.
   */
  tokens(lo: number, hi: number, policy: BucketPolicy, nowMs: number): number | null {
    return this.level(lo, hi, policy, nowMs)?.tokens ?? null;
  }

  /** The client's current limit and what is left of it; null when it is not in the table. */
  level(lo: number, hi: number, policy: BucketPolicy, nowMs: number): Level | null {
    const slot = this.#slots.find(lo, hi);
    if (slot === -1) return null;
    const own = this.#policyOf(slot);
    const { capacity, ratePerSecond, windowMs = 0 } = own ?? policy;
    const tat = Math.max(0, this.#slots.timeMs(slot));
    if (windowMs > 0) this.#loadWindow(slot, tat, capacity, windowMs, nowMs);
    const tokens = windowMs > 0 ? capacity - this.window.used(nowMs) : balanceAt(tat, capacity, ratePerSecond, nowMs);
    return { policy: own ?? policy, isRegistered: own !== null, tokens, resetMs: Math.max(0, tat - nowMs) };
  }

  /**
   * Gives the client its own settings, or new ones: its bucket is rescaled, not refilled.
   * @returns false if the table has no room for it, or its slot still belongs to a dead thread.
   */
  register(lo: number, hi: number, settings: BucketPolicy, before: BucketPolicy, nowMs: number): boolean {
    return this.#slots.change(lo, hi, nowMs, (slot, tat) => {
      const from = this.#policyOf(slot) ?? before;
      this.#setPolicy(slot, settings);
      return this.#convert(slot, tat, from, settings, nowMs);
    });
  }

  /** The default policy applies again; the bucket is rescaled to it. */
  unregister(lo: number, hi: number, policy: BucketPolicy, nowMs: number): void {
    if (this.#slots.find(lo, hi) === -1) return;
    this.#slots.change(lo, hi, nowMs, (slot, tat) => {
      const from = this.#policyOf(slot);
      if (from === null) return tat;
      this.#setPolicy(slot, null);
      return this.#convert(slot, tat, from, policy, nowMs);
    });
  }

  /** Sets the level of a registered client, as saved before a restart. Others are left alone. */
  restore(lo: number, hi: number, tokens: number, nowMs: number): void {
    if (!this.isRegistered(lo, hi)) return;
    this.#slots.change(lo, hi, nowMs, (slot, tat) => {
      const policy = this.#policyOf(slot);
      if (policy === null) return tat;
      return this.#setUsed(slot, policy, policy.capacity - tokens, nowMs);
    });
  }

  /** At least so much is used of a sliding window; more than there was counts as taken evenly. */
  spreadUsed(lo: number, hi: number, policy: BucketPolicy, used: number, nowMs: number): void {
    this.#slots.change(lo, hi, nowMs, (slot, tat) => {
      const { capacity, windowMs = 0 } = this.#policyOf(slot) ?? policy;
      if (windowMs === 0) return tat;
      this.#loadWindow(slot, tat, capacity, windowMs, nowMs);
      // Another thread may have been here before.
      if (this.window.used(nowMs) >= used) return tat;
      this.window.load(capacity, windowMs, 0, 0, 0, nowMs);
      this.window.spreadUsed(used, nowMs);
      this.#storeCounters(slot);
      return this.window.previous === 0 ? nowMs : this.window.endsMs;
    });
  }

  /**
   * The default policy changes: the buckets of all clients without their own settings are rescaled to it. A refused
   * client must not wait forever when its limit is raised, nor get a full bucket when it is lowered.
   */
  rescaleDefault(before: BucketPolicy, after: BucketPolicy, nowMs: number): void {
    for (let slot = 0; slot < this.length + OVERFLOW; slot += 1) {
      for (;;) {
        const bits = this.#slots.read(slot);
        const tat = this.#slots.timeOf(bits);
        // A full bucket stays full; one that is being changed is new, has its own settings, or belongs to a window.
        if (tat <= nowMs && (tat >= 0 || !this.#slots.awaitRelease(slot))) break;
        if (tat < 0) continue;
        if (this.#slots.capacity(slot) > 0 || this.#slots.hasKeyBit(slot, OTHER_POLICY)) break;
        if (!this.#slots.claim(slot, bits)) continue;
        this.#slots.release(slot, this.#convert(slot, tat, before, after, nowMs));
        break;
      }
    }
  }

  /** How many of the slots from..to−1 hold a bucket that is not full. */
  countActive(from: number, to: number, nowMs: number): number {
    let active = 0;
    for (let slot = from; slot < to; slot += 1) if (this.#slots.timeMs(slot) > nowMs) active += 1;
    return active;
  }

  /** All slots that can hold clients, including the window after the last one. */
  get length(): number {
    return this.#slots.length;
  }

  /** Releases the slots that the dead thread `writer` was changing. @returns their number */
  releaseClaims(writer: number): number {
    return this.#slots.releaseClaims(writer);
  }

  /** Windows and buckets share with their own kind. */
  #overflowSlot(lo: number, policy: BucketPolicy): number {
    return this.#slots.overflow(lo, (policy.windowMs ?? 0) > 0);
  }

  /** Its own settings; null: the default policy, or what the caller passes. */
  #policyOf(slot: number): BucketPolicy | null {
    const capacity = this.#slots.capacity(slot);
    if (capacity === 0) return null;
    const rate = this.#slots.rate(slot);
    if (rate > 0) return { capacity, ratePerSecond: rate };
    return { capacity, ratePerSecond: (capacity * 1000) / -rate, windowMs: -rate };
  }

  #setPolicy(slot: number, policy: BucketPolicy | null): void {
    const windowMs = policy?.windowMs ?? 0;
    this.#slots.setSettings(slot, policy?.capacity ?? 0, windowMs > 0 ? -windowMs : (policy?.ratePerSecond ?? 0));
  }

  #loadWindow(slot: number, endsMs: number, limit: number, windowMs: number, nowMs: number): void {
    const current = Atomics.load(this.#counters, slot * 2);
    this.window.load(limit, windowMs, endsMs, current, Atomics.load(this.#counters, slot * 2 + 1), nowMs);
  }

  #storeCounters(slot: number): void {
    Atomics.store(this.#counters, slot * 2, this.window.current);
    Atomics.store(this.#counters, slot * 2 + 1, this.window.previous);
  }

  /**
   * The rest of a take, if the slot turns out to hold a window. Within one window only takes and refunds change
   * anything, and only `current`; values read between two equal reads of the end belong together, so a refusal needs no
   * claim.
   */
  #takeFromWindow(slot: number, lo: number, hi: number, cost: number, policy: BucketPolicy, nowMs: number): boolean {
    for (;;) {
      const bits = this.#slots.read(slot);
      const endsMs = this.#slots.timeOf(bits);
      if (endsMs < 0) {
        if (!this.#slots.awaitRelease(slot)) return true;
        continue;
      }
      const { capacity, windowMs = 0 } = this.#policyOf(slot) ?? policy;
      // Another client's by now, or a token bucket.
      if ((!this.isOverflow && !this.#slots.isKey(slot, lo, hi)) || windowMs === 0) {
        return this.take(lo, hi, cost, policy, nowMs);
      }
      this.capacity = capacity;
      this.windowMs = windowMs;
      this.ratePerSecond = (capacity * 1000) / windowMs;
      this.#loadWindow(slot, endsMs, Math.max(capacity, this.leastCapacity), windowMs, nowMs);
      if (!this.window.admits(cost, nowMs)) {
        if (this.#slots.read(slot) === bits) return false;
        continue;
      }
      if (!this.#slots.claim(slot, bits)) continue;
      // The same end may belong to another client by now, and the counters may have moved on.
      const isOurs = this.isOverflow || this.#slots.isKey(slot, lo, hi);
      this.#loadWindow(slot, endsMs, Math.max(capacity, this.leastCapacity), windowMs, nowMs);
      const isTaken = isOurs && this.window.take(cost, nowMs) === 0;
      if (isTaken) this.#storeCounters(slot);
      this.#slots.release(slot, isTaken ? this.window.endsMs : endsMs);
      if (isOurs) return isTaken;
    }
  }

  /**
   * The tat or end under other settings, in a claimed slot: with the same share used. Changed settings never refill.
   */
  #convert(slot: number, tat: number, from: BucketPolicy, to: BucketPolicy, nowMs: number): number {
    const [windowBefore, windowAfter] = [from.windowMs ?? 0, to.windowMs ?? 0];
    if (windowBefore === 0 && windowAfter === 0) return rescale(tat, from, to, nowMs);
    // What was counted stays counted.
    if (windowBefore === windowAfter) return tat;
    if (tat <= nowMs) return tat;
    let used = from.capacity - balanceAt(tat, from.capacity, from.ratePerSecond, nowMs);
    if (windowBefore > 0) {
      this.#loadWindow(slot, tat, from.capacity, windowBefore, nowMs);
      used = this.window.used(nowMs);
    }
    return this.#setUsed(slot, to, (used / from.capacity) * to.capacity, nowMs);
  }

  /** The tat or end when this much is used now, in a claimed slot. */
  #setUsed(slot: number, policy: BucketPolicy, used: number, nowMs: number): number {
    const { capacity, ratePerSecond, windowMs = 0 } = policy;
    if (windowMs === 0) return tatForTokens(capacity - used, capacity, ratePerSecond, nowMs);
    this.window.load(capacity, windowMs, 0, 0, 0, nowMs);
    this.window.setUsed(used, nowMs);
    this.#storeCounters(slot);
    return this.window.current === 0 ? nowMs : this.window.endsMs;
  }

  /** Also a new one, or one of the overflow, if there is no room. */
  #slotFor(lo: number, hi: number, policy: BucketPolicy, nowMs: number): number {
    const known = this.#slots.find(lo, hi);
    if (known !== -1) return known;
    const made = this.#slots.insert(lo, hi, nowMs);
    if (made !== -1) return made;
    this.isOverflow = true;
    return this.#overflowSlot(lo, policy);
  }
}
