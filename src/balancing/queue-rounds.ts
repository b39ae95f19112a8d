/**
 * Serves the wait queues of a thread: at once when another thread reports a free slot, and in rounds for everything
 * that nobody reports, such as a raised limit, a recovered backend, an expired wait, or a thread that died. Nothing
 * runs while no request waits.
 */
import { repeat } from '../runtime/repeat.ts';
import type { QueueTable } from './queue-table.ts';
import type { WaitQueue } from './wait-queue.ts';

/** Longest time until an unreported change is noticed. Checking an empty queue costs microseconds. */
const ROUND_MS = 20;

export class QueueRounds {
  readonly #table: QueueTable;
  readonly #thread: number;
  readonly #nowMs: () => number;
  readonly #waitedFor = new Set<WaitQueue>();
  #stop: (() => Promise<void>) | null = null;
  #isListening = false;

  constructor(table: QueueTable, thread: number, nowMs: () => number) {
    this.#table = table;
    this.#thread = thread;
    this.#nowMs = nowMs;
  }

  /** A request is waiting there now. */
  readonly add = (queue: WaitQueue): void => {
    this.#waitedFor.add(queue);
    this.#stop ??= repeat(() => this.round(true), ROUND_MS);
    void this.#listen();
  };

  round(isForced: boolean): void {
    const nowMs = this.#nowMs();
    for (const queue of this.#waitedFor) {
      queue.serve(nowMs, isForced);
      if (queue.length === 0) this.#waitedFor.delete(queue);
    }
    if (this.#waitedFor.size === 0) this.stop();
  }

  stop(): void {
    void this.#stop?.();
    this.#stop = null;
  }

  async #listen(): Promise<void> {
    if (this.#isListening) return;
    this.#isListening = true;
    while (this.#waitedFor.size > 0) {
      await this.#table.wokenUp(this.#thread);
      this.round(false);
    }
    this.#isListening = false;
  }
}
