/**
 * The requests of one thread that wait for a slot at a backend of one pool, first come, first served; also between
 * threads, as far as they are awake: the request that has waited longest on any thread goes first.
 *
 * It belongs to the pool's slot and not to a Pool, so that a reload, which creates another Pool, loses no request.
 */
import type { QueueTable } from './queue-table.ts';

export interface Waiter {
  /** When it began to wait, and when its wait expires. Of the shared clock. */
  readonly sinceMs: number;
  readonly deadlineMs: number;
  /** It waits for something only this thread can give: its own connections. Other threads need not yield to it. */
  readonly isLocal: boolean;
  /** Its turn: looks for a slot. False: there is none yet. True: it has one, or will never get one. */
  offer(nowMs: number): boolean;
  expire(): void;
}

export interface WaitQueuePorts {
  readonly table: QueueTable;
  readonly thread: number;
  readonly nowMs: () => number;
  /** The first request waits: call serve() regularly, and whenever the thread is woken. */
  readonly onWaiting: (queue: WaitQueue) => void;
}

export class WaitQueue {
  readonly #ports: WaitQueuePorts;
  readonly #pool: number;
  readonly #waiters = new Set<Waiter>();
  /** Those of them that wait for what all threads share. */
  #shared = 0;
  #isServing = false;
  #isDue = false;

  /** @param pool its slot. */
  constructor(pool: number, ports: WaitQueuePorts) {
    this.#pool = pool;
    this.#ports = ports;
  }

  /** On this thread. */
  get length(): number {
    return this.#waiters.size;
  }

  /** Requests are already waiting, on some thread, so this one joins the queue. */
  get isWaitedFor(): boolean {
    return this.#waiters.size > 0 || !this.#ports.table.isEmpty(this.#pool);
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (!waiter.isLocal) this.#shared += 1;
    this.#publish();
    if (this.#waiters.size > 1) return;
    this.#ports.onWaiting(this);
    // A slot may have been freed just before its owner could see that this request waits.
    if (this.#ports.table.longest(this.#pool, waiter.sinceMs) === -1) this.slotReturned();
  }

  /** It left, or has been answered otherwise. */
  remove(waiter: Waiter): void {
    if (this.#delete(waiter)) this.#publish();
  }

  /** In a microtask: the caller that returns a slot is still working on its own request. */
  slotReturned(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(this.#serveDue);
  }

  /** @param isForced do not yield to other threads: they may be busy, or gone. */
  serve(nowMs: number, isForced: boolean): void {
    if (this.#isServing) return;
    this.#isServing = true;
    const { table } = this.#ports;
    let isFull = false;
    for (const waiter of this.#waiters) {
      if (nowMs < waiter.deadlineMs) {
        if (isFull || (!isForced && !waiter.isLocal && table.longest(this.#pool, waiter.sinceMs) !== -1)) break;
        isFull = !waiter.offer(nowMs);
        if (isFull) continue;
        this.#delete(waiter);
      } else {
        this.#delete(waiter);
        waiter.expire();
      }
      this.#publish();
    }
    this.#isServing = false;
    const longest = isFull ? -1 : table.longest(this.#pool, this.#headMs);
    if (longest !== -1) table.wake(longest);
  }

  readonly #serveDue = (): void => {
    this.#isDue = false;
    this.serve(this.#ports.nowMs(), false);
  };

  /** It is answered 503: it may not wait, or has waited too long. */
  countRefused(): void {
    this.#ports.table.countRefused(this.#pool, this.#ports.thread);
  }

  #delete(waiter: Waiter): boolean {
    const isThere = this.#waiters.delete(waiter);
    if (isThere && !waiter.isLocal) this.#shared -= 1;
    return isThere;
  }

  /** Since when the first request waits that other threads may have to yield to; Infinity: none. */
  get #headMs(): number {
    if (this.#shared === 0) return Infinity;
    for (const { isLocal, sinceMs } of this.#waiters) if (!isLocal) return sinceMs;
    return Infinity;
  }

  #publish(): void {
    const { size } = this.#waiters;
    this.#ports.table.set(this.#pool, this.#ports.thread, size, size === 0 ? 0 : this.#headMs);
  }
}
