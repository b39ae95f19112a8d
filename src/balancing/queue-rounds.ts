/**
 * Serves the wait queues of a thread: at once when another thread says that a place is free, and in rounds for all that
 * nobody says, such as a limit raised, a backend that is well again, a wait that has become too long, or a thread that
 * died. Nothing runs while nobody waits.
 */
import { repeat } from '../runtime/repeat.ts';
import type { QueueTable } from './queue-table.ts';
import type { WaitQueue } from './wait-queue.ts';

/** Longest time until a change that nobody told of is seen. A look at an empty place costs microseconds. */
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

  /** Somebody waits there now. */
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
