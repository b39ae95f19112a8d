/**
 * A gateway's level of a sliding window that its fleet shares. Each thread has its own, on the windows of the server's
 * clock; only while the server is lost it is in the client table, for all threads.
 */
import type { RedisReply } from '../../redis/redis-link.ts';
import type { BucketPolicy, ClientTable } from '../client-table.ts';
import { SlidingWindow } from '../core/sliding-window.ts';
import type { Settled } from './core/gateway-level.ts';
import type { Ask } from './core/shared-limit.ts';
import type { WindowSettled } from './core/window-settlement.ts';
import type { RedisLevel } from './redis-level.ts';
import { readWindow, SETTLE_WINDOW, windowArguments } from './settle-scripts.ts';

export class WindowLevel implements RedisLevel {
  readonly isWindow = true;
  readonly script = SETTLE_WINDOW;
  readonly parts: number;
  readonly keptMs = 2000;
  readonly isGuessable = false;
  readonly isProportional = false;
  capacity = 1;
  ratePerSecond = 1;
  unsettled = 0;
  seenMs = -Infinity;
  policy: BucketPolicy;
  readonly #table: ClientTable;
  readonly #lo: number;
  readonly #hi: number;
  readonly #window = new SlidingWindow({ limit: 1, windowMs: 1 });
  #windowMs = 1;
  /** When the window of the server's last answer began. */
  #startMs = 0;
  #reply: WindowSettled = { granted: 0, current: 0, previous: 0, atUs: 0 };
  /** The level is in the table, this gateway's share of it. */
  #isLost = false;

  /** @param threads of this gateway. */
  constructor(table: ClientTable, lo: number, hi: number, policy: BucketPolicy, threads: number) {
    this.#table = table;
    this.#lo = lo;
    this.#hi = hi;
    this.policy = policy;
    this.parts = threads;
  }

  load(): void {
    const table = this.#table;
    table.peek(this.#lo, this.#hi, this.policy);
    const { capacity, windowMs } = table;
    if (windowMs === 0 || (capacity === this.capacity && windowMs === this.#windowMs)) return;
    const isOther = windowMs !== this.#windowMs;
    const { current, previous } = this.#window;
    this.capacity = capacity;
    this.#windowMs = windowMs;
    this.ratePerSecond = (capacity * 1000) / windowMs;
    this.#window.follow(capacity, windowMs, this.#startMs, isOther ? 0 : current, isOther ? 0 : previous);
    // Of another window nothing is known until the server says so.
    if (isOther) this.seenMs = -Infinity;
  }

  left(nowMs: number): number {
    return this.capacity - this.#used(nowMs) + this.unsettled;
  }

  isFull(nowMs: number): boolean {
    return this.#used(nowMs) === 0;
  }

  /** As if it had been used evenly. */
  remaining(used: number, passedMs: number): number {
    return used * Math.max(0, 1 - passedMs / this.#windowMs);
  }

  take(cost: number, nowMs: number): boolean {
    if (!this.#isLost) return this.#window.take(cost, nowMs) === 0;
    return this.#table.take(this.#lo, this.#hi, cost, this.policy, nowMs);
  }

  takeShare(cost: number, shares: number, nowMs: number): boolean {
    if (cost > this.capacity) return false;
    const taken = cost * shares;
    // At least one request: of fewer than there are gateways, all.
    if (!this.#isLost) return this.#window.take(Math.min(taken, this.capacity), nowMs) === 0;
    const table = this.#table;
    table.leastCapacity = taken;
    const isTaken = table.take(this.#lo, this.#hi, taken, this.policy, nowMs);
    table.leastCapacity = 0;
    return isTaken;
  }

  charge(cost: number, nowMs: number): void {
    if (!this.#isLost) return this.#window.charge(cost, nowMs);
    this.#table.isOverflow = false;
    this.#table.charge(this.#lo, this.#hi, cost, this.policy, nowMs);
  }

  refund(cost: number, nowMs: number): void {
    if (!this.#isLost) return this.#window.refund(cost, nowMs);
    this.#table.isOverflow = false;
    this.#table.refund(this.#lo, this.#hi, cost, this.policy, nowMs);
  }

  addUnsettled(cost: number): void {
    this.unsettled = Math.max(0, this.unsettled + cost);
  }

  settle(_settled: Settled, charged: number, nowMs: number): void {
    const { current, previous, atUs } = this.#reply;
    this.#isLost = false;
    this.seenMs = nowMs;
    this.#startMs = nowMs - this.#passed(atUs) * this.#windowMs;
    this.addUnsettled(-charged);
    this.#window.follow(this.capacity, this.#windowMs, this.#startMs, current + this.unsettled, previous);
  }

  lose(unsettled: number, more: number, nowMs: number): void {
    this.load();
    const used = this.#window.used(nowMs) + more;
    this.addUnsettled(-unsettled);
    this.#table.spreadUsed(this.#lo, this.#hi, this.policy, used, nowMs);
    this.#isLost = true;
  }

  ask({ charge, sinceMs, want, least, restored: used }: Ask, untilUs: number): string[] {
    const [refund, refundAtUs] = [0, 0];
    const asked = { charge, sinceUs: sinceMs * 1000, want, least, refund, refundAtUs, used, untilUs };
    return windowArguments({ ...this.#settings(), ...asked });
  }

  giveBack(tokens: number, atUs: number): string[] {
    const nothing = { charge: 0, sinceUs: 0, want: 0, least: 1, used: -1, untilUs: 0 };
    return windowArguments({ ...this.#settings(), ...nothing, refund: tokens, refundAtUs: atUs });
  }

  read(reply: readonly RedisReply[]): Settled {
    this.#reply = readWindow(reply);
    const { granted, current, previous, atUs } = this.#reply;
    const left = this.capacity - current - previous * (1 - this.#passed(atUs));
    return { granted, left, atUs };
  }

  show(nowMs: number): void {
    const table = this.#table;
    table.peek(this.#lo, this.#hi, this.policy);
    if (this.#isLost) return table.loadWindow(this.#lo, this.#hi, nowMs);
    const { current, previous } = this.#window;
    // Taking moves the window on.
    const startMs = this.#window.endsMs - 2 * this.#windowMs;
    table.window.follow(this.capacity, this.#windowMs, startMs, current, previous);
  }

  /** Share of the server's present window that has passed. Its clock may be before its epoch. */
  #passed(atUs: number): number {
    const windows = atUs / (this.#windowMs * 1000);
    return windows - Math.floor(windows);
  }

  #used(nowMs: number): number {
    if (!this.#isLost) return this.#window.used(nowMs);
    const table = this.#table;
    table.peek(this.#lo, this.#hi, this.policy);
    table.loadWindow(this.#lo, this.#hi, nowMs);
    return table.window.used(nowMs);
  }

  #settings(): { readonly limit: number; readonly windowUs: number } {
    return { limit: this.capacity, windowUs: Math.round(this.#windowMs * 1000) };
  }
}
