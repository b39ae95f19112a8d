/** A gateway's level of a bucket that its fleet shares, in the client table. */
import type { BucketPolicy, ClientTable } from '../client-table.ts';
import type { RedisReply } from '../../redis/redis-link.ts';
import type { Settled } from './core/gateway-level.ts';
import type { Ask } from './core/shared-limit.ts';
import type { RedisLevel } from './redis-level.ts';
import { bucketArguments, readBucket, SETTLE_BUCKET } from './settle-scripts.ts';

/** The slot's time is the server's, as last seen, with what the gateway has admitted since on top. */
export class BucketLevel implements RedisLevel {
  readonly isWindow = false;
  readonly script = SETTLE_BUCKET;
  readonly parts = 1;
  /** The table keeps what it knows. */
  readonly keptMs = 200;
  readonly isGuessable = true;
  readonly isProportional = true;
  capacity = 0;
  ratePerSecond = 1;
  /** When the bucket is full again. */
  tatMs = 0;
  unsettled = 0;
  seenMs = -Infinity;
  /** Of clients without settings of their own; changes with the configuration. */
  policy: BucketPolicy;
  readonly lo: number;
  readonly hi: number;
  readonly #table: ClientTable;

  constructor(table: ClientTable, lo: number, hi: number, policy: BucketPolicy) {
    this.#table = table;
    this.lo = lo;
    this.hi = hi;
    this.policy = policy;
  }

  load(nowMs: number): void {
    const table = this.#table;
    table.peek(this.lo, this.hi, this.policy);
    this.capacity = table.capacity;
    this.ratePerSecond = table.ratePerSecond;
    // A table without room for it knows nothing; what was seen last is here.
    if (!table.isFound && this.tatMs > nowMs) return;
    this.tatMs = table.tatMs;
    this.unsettled = table.unsettled;
    this.seenMs = table.seenMs;
  }

  take(cost: number, nowMs: number): boolean {
    const isTaken = this.#table.take(this.lo, this.hi, cost, this.policy, nowMs);
    this.tatMs = this.#table.tatMs;
    return isTaken;
  }

  takeShare(cost: number, shares: number, nowMs: number): boolean {
    if (cost > this.capacity) return false;
    const table = this.#table;
    table.leastCapacity = cost * shares;
    const isTaken = this.take(cost * shares, nowMs);
    table.leastCapacity = 0;
    return isTaken;
  }

  charge(cost: number, nowMs: number): void {
    this.#table.isOverflow = false;
    this.#table.charge(this.lo, this.hi, cost, this.policy, nowMs);
    this.load(nowMs);
  }

  refund(cost: number, nowMs: number): void {
    this.#table.isOverflow = false;
    this.#table.refund(this.lo, this.hi, cost, this.policy, nowMs);
  }

  addUnsettled(cost: number): void {
    this.#table.addUnsettled(this.lo, this.hi, cost);
    this.unsettled = this.#table.unsettled;
  }

  left(nowMs: number): number {
    return this.capacity - (Math.max(0, this.tatMs - nowMs) * this.ratePerSecond) / 1000 + this.unsettled;
  }

  isFull(nowMs: number): boolean {
    return this.tatMs <= nowMs;
  }

  remaining(used: number, passedMs: number): number {
    return Math.max(0, used - (passedMs * this.ratePerSecond) / 1000);
  }

  settle({ left }: Settled, charged: number, nowMs: number): void {
    this.#table.peek(this.lo, this.hi, this.policy);
    const { capacity, ratePerSecond } = this.#table;
    this.tatMs = nowMs + ((capacity - left) * 1000) / ratePerSecond;
    this.seenMs = nowMs;
    this.#table.mirror(this.lo, this.hi, this.tatMs, charged, nowMs);
    this.load(nowMs);
  }

  ask({ charge, sinceMs, want, least, restored }: Ask, untilUs: number): string[] {
    const { capacity, tokenUs } = this.#settings();
    const aheadUs = restored < 0 ? -1 : restored * tokenUs;
    const [refund, refundAtUs] = [0, 0];
    const sinceUs = sinceMs * 1000;
    return bucketArguments({ capacity, tokenUs, charge, sinceUs, want, least, refund, refundAtUs, aheadUs, untilUs });
  }

  giveBack(tokens: number, atUs: number): string[] {
    const nothing = { charge: 0, sinceUs: 0, want: 0, least: 1, aheadUs: -1, untilUs: 0 };
    return bucketArguments({ ...this.#settings(), ...nothing, refund: tokens, refundAtUs: atUs });
  }

  read(reply: readonly RedisReply[]): Settled {
    const { granted, aheadUs, atUs } = readBucket(reply);
    return { granted, left: this.capacity - (aheadUs / 1e6) * this.ratePerSecond, atUs };
  }

  show(nowMs: number): void {
    const table = this.#table;
    table.peek(this.lo, this.hi, this.policy);
    if (table.isFound || this.tatMs <= nowMs) return;
    table.tatMs = this.tatMs;
    table.isOverflow = true;
  }

  lose(unsettled: number, more: number, nowMs: number): void {
    this.load(nowMs);
    const perTokenMs = 1000 / this.ratePerSecond;
    const tatMs = Math.max(this.tatMs, nowMs) + more * perTokenMs;
    this.addUnsettled(-unsettled);
    this.#table.setShare(this.lo, this.hi, Math.min(tatMs, nowMs + this.capacity * perTokenMs));
    this.load(nowMs);
  }

  #settings(): { readonly capacity: number; readonly tokenUs: number } {
    return { capacity: this.capacity, tokenUs: 1e6 / this.ratePerSecond };
  }
}
