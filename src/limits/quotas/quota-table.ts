/**
 * What clients have used of their quotas in the current day or month, over all threads, in shared memory.
 *
 * The table has groups of sixteen slots of 32 bytes, and a lock for each group, which is held while a slot is looked for
 * and changed:
 *
 *   id (128 bits) · period (int32; 0: free) · used (int32) · unsaved (int32) · end of the period (seconds, uint32)
 *
 * `used` is all that is known; `unsaved` is the part of it that the database does not have yet. A slot whose period is over
 * and saved may be taken by another. The last slot of a group is shared by those that find no other: nobody is unlimited.
 * The wall clock may be set back: then the period that was reached goes on, so that nothing used is forgotten.
 */
import { GroupLocks } from '../../runtime/group-locks.ts';

const GROUP = 16;
const WORDS = 8;
const [PERIOD, USED, UNSAVED, END] = [4, 5, 6, 7];
/** Groups that are looked at together for what is unsaved. */
const BLOCK = 16;
const SLOTS_PER_CLIENT = 1.5;
/** More do not get slots of their own. */
const MOST_CLIENTS = 1_048_576;

/** Whose quota: 128 bits of a hash, as four words. */
export type QuotaId = Int32Array;

export interface PeriodNow {
  /** 1 or more; grows by 1 with each period. */
  readonly index: number;
  /** Ms since 1970. */
  readonly endMs: number;
}

export interface QuotaUse {
  readonly id: QuotaId;
  readonly period: number;
  readonly used: number;
  readonly endMs: number;
}

export interface QuotaBuffers {
  readonly groups: number;
  readonly locks: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  /** Int32: 1 for each block of groups in which something is unsaved. */
  readonly blocks: SharedArrayBuffer;
}

/** @param clients that are tracked at a time */
export function allocateQuotas(clients: number): QuotaBuffers {
  const groups = Math.max(1, Math.ceil((Math.min(clients, MOST_CLIENTS) * SLOTS_PER_CLIENT) / GROUP));
  return {
    groups,
    locks: new SharedArrayBuffer(4 * groups),
    slots: new SharedArrayBuffer(4 * WORDS * GROUP * groups),
    blocks: new SharedArrayBuffer(4 * Math.ceil(groups / BLOCK)),
  };
}

export class QuotaTable {
  /** After a take: all that is used, and when that counts no longer, ms since 1970. */
  used = 0;
  endMs = 0;
  readonly #groups: number;
  readonly #locks: GroupLocks;
  readonly #words: Int32Array;
  readonly #blocks: Int32Array;
  readonly #writer: number;

  /** @param writer the index of the thread that uses this instance, 0.. */
  constructor(buffers: QuotaBuffers, writer: number) {
    this.#groups = buffers.groups;
    this.#locks = new GroupLocks(buffers.locks);
    this.#words = new Int32Array(buffers.slots);
    this.#blocks = new Int32Array(buffers.blocks);
    this.#writer = writer;
  }

  /**
   * One more request. False: `most` are used, and nothing was taken.
   *
   * @param hash of the id, keyed so that nobody can aim at a group; unsigned
   */
  take(hash: number, id: QuotaId, period: PeriodNow, nowMs: number, most: number): boolean {
    const group = hash % this.#groups;
    // Nobody waits for a dead thread.
    if (!this.#locks.lock(group, this.#writer)) return true;
    const at = this.#slotFor(group, id, period, nowMs);
    this.used = this.#words[at + USED]!;
    this.endMs = (this.#words[at + END]! >>> 0) * 1000;
    const isTaken = this.used < most;
    if (isTaken) this.#add(group, at, 1);
    this.#locks.unlock(group);
    return isTaken;
  }

  /** Takes back a take, because another quota refused the request; or adds what could not be saved. */
  giveBack(hash: number, id: QuotaId): void {
    const group = hash % this.#groups;
    if (!this.#locks.lock(group, this.#writer)) return;
    const at = this.#find(group, id);
    if (at !== -1 && this.#words[at + USED]! > 0) this.#add(group, at, -1);
    this.#locks.unlock(group);
  }

  /** Null: nothing in its current period. */
  useOf(hash: number, id: QuotaId, period: PeriodNow): QuotaUse | null {
    const at = this.#find(hash % this.#groups, id);
    if (at === -1 || this.#words[at + PERIOD]! < period.index) return null;
    return this.#read(at, id);
  }

  // ---- the control thread

  /** The database has this use, from before a restart or by other gateways. */
  restore(hash: number, { id, period, used, endMs }: QuotaUse, nowMs: number): void {
    const group = hash % this.#groups;
    if (!this.#locks.lock(group, this.#writer)) return;
    const at = this.#slotFor(group, id, { index: period, endMs }, nowMs);
    // What is in a shared slot belongs to many.
    if (!isShared(at) && this.#words[at + PERIOD] === period) {
      Atomics.store(this.#words, at + USED, used + this.#words[at + UNSAVED]!);
    }
    this.#locks.unlock(group);
  }

  /** What is used and not saved yet: from now on it counts as saved. @param most of them at once */
  takeUnsaved(most: number): QuotaUse[] {
    const found: QuotaUse[] = [];
    for (let block = 0; block < this.#blocks.length && found.length < most; block += 1) {
      if (Atomics.exchange(this.#blocks, block, 0) === 0) continue;
      const end = Math.min(this.#groups, (block + 1) * BLOCK);
      for (let group = block * BLOCK; group < end; group += 1) this.#takeFrom(group, found);
    }
    return found;
  }

  /** It could not be saved after all. */
  putBack(hash: number, { id, period, used }: QuotaUse): void {
    const group = hash % this.#groups;
    if (!this.#locks.lock(group, this.#writer)) return;
    const at = this.#find(group, id);
    if (at !== -1 && this.#words[at + PERIOD] === period) {
      Atomics.store(this.#words, at + UNSAVED, this.#words[at + UNSAVED]! + used);
      this.#mark(group);
    }
    this.#locks.unlock(group);
  }

  /** A dead thread holds no lock. */
  releaseThread(thread: number): void {
    this.#locks.releaseAll(thread);
  }

  #takeFrom(group: number, found: QuotaUse[]): void {
    if (!this.#locks.lock(group, this.#writer)) return this.#mark(group);
    for (let slot = 0; slot < GROUP - 1; slot += 1) {
      const at = (group * GROUP + slot) * WORDS;
      const unsaved = this.#words[at + UNSAVED]!;
      if (unsaved <= 0 || this.#words[at + PERIOD] === 0) continue;
      Atomics.store(this.#words, at + UNSAVED, 0);
      found.push({ ...this.#read(at, this.#words.slice(at, at + 4)), used: unsaved });
    }
    this.#locks.unlock(group);
  }

  /** Under the lock: the slot of the id, in its period or in a later one that was reached. */
  #slotFor(group: number, id: QuotaId, { index, endMs }: PeriodNow, nowMs: number): number {
    let at = this.#find(group, id);
    if (at === -1) {
      at = this.#free(group, nowMs);
      if (!isShared(at)) for (let word = 0; word < 4; word += 1) Atomics.store(this.#words, at + word, id[word]!);
      if (!isShared(at)) this.#begin(at, index, endMs, 0);
    }
    const current = this.#words[at + PERIOD]!;
    if (current < index) this.#begin(at, index, endMs, 0);
    // A clock that was wrong by more than a period: what it counted stays, and ends with the right period.
    else if (current > index + 1) this.#begin(at, index, endMs, this.#words[at + USED]!);
    return at;
  }

  #begin(at: number, index: number, endMs: number, used: number): void {
    if (used === 0) Atomics.store(this.#words, at + UNSAVED, 0);
    Atomics.store(this.#words, at + USED, used);
    Atomics.store(this.#words, at + END, Math.ceil(endMs / 1000) | 0);
    Atomics.store(this.#words, at + PERIOD, index);
  }

  #add(group: number, at: number, count: number): void {
    Atomics.add(this.#words, at + USED, count);
    this.used += count;
    if (isShared(at)) return;
    Atomics.add(this.#words, at + UNSAVED, count);
    this.#mark(group);
  }

  #mark(group: number): void {
    Atomics.store(this.#blocks, Math.floor(group / BLOCK), 1);
  }

  /** The slot's first word; -1: none. */
  #find(group: number, id: QuotaId): number {
    const first = group * GROUP * WORDS;
    for (let at = first; at < first + (GROUP - 1) * WORDS; at += WORDS) {
      if (this.#words[at] !== id[0] || this.#words[at + PERIOD] === 0) continue;
      if (this.#words[at + 1] === id[1] && this.#words[at + 2] === id[2] && this.#words[at + 3] === id[3]) return at;
    }
    return -1;
  }

  /** One that was never used, or whose period is over; at last the shared one. */
  #free(group: number, nowMs: number): number {
    const first = group * GROUP * WORDS;
    let over = -1;
    for (let at = first; at < first + (GROUP - 1) * WORDS; at += WORDS) {
      if (this.#words[at + PERIOD] === 0) return at;
      if ((this.#words[at + END]! >>> 0) * 1000 > nowMs) continue;
      if (this.#words[at + UNSAVED] === 0) return at;
      over = at;
    }
    return over === -1 ? first + (GROUP - 1) * WORDS : over;
  }

  #read(at: number, id: QuotaId): QuotaUse {
    const [period, used] = [this.#words[at + PERIOD]!, this.#words[at + USED]!];
    return { id, period, used, endMs: (this.#words[at + END]! >>> 0) * 1000 };
  }
}

/** The last slot of a group. */
function isShared(at: number): boolean {
  return (at / WORDS) % GROUP === GROUP - 1;
}
