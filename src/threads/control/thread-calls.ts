/** Messages to all threads that are acknowledged, and questions that they answer. */
import type { Worker } from 'node:worker_threads';
import type { Pulse, ThreadPulse } from '../core/thread-pulse.ts';
import type { ThreadState } from '../core/threads-vocabulary.ts';
import type { ToThread } from '../messages.ts';

/** A traffic thread, as the supervisor keeps it. */
export interface SupervisedThread {
  readonly index: number;
  worker: Worker;
  state: ThreadState;
  /** Of its current worker: it has been asked to listen, so it may do so at any moment. */
  mayListen: boolean;
  restarts: number;
  /** Of all its workers since start; `restarts` forgets. */
  deaths: number;
  /** Of its present worker. */
  pulse: ThreadPulse;
  /** The result of its last check. */
  seen: Pulse;
  /** How often it has stalled since start. */
  stalls: number;
  snapshot: number;
  startedAtMs: number;
  readonly waiting: Map<number, () => void>;
}

export class ThreadCalls {
  readonly #threads: readonly SupervisedThread[];
  /** What threads answer, by the id of the message; undefined: not yet, or not at all. */
  readonly #answers = new Map<number, unknown>();
  #lastId = 0;

  constructor(threads: readonly SupervisedThread[]) {
    this.#threads = threads;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /**
   * Resolves when every running thread has acknowledged, or died: a stalled one is ended. A starting thread gets the
   * change too, because it was created with the previous state. It counts as running once it has been asked to
   * listen: its report may be on its way. Before that, nobody needs to wait for it, because it gets the change first.
   */
  async sendToAll(
    message: (id: number) => ToThread,
    onAck: (thread: SupervisedThread) => void = () => {},
  ): Promise<void> {
    await Promise.all(
      this.#threads.map(async (thread) => {
        if (thread.state !== 'running' && thread.state !== 'starting') return;
        const id = this.nextId();
        const { waiting, worker } = thread;
        const answered = new Promise<void>((resolve) => {
          waiting.set(id, () => {
            waiting.delete(id);
            if (thread.worker === worker && thread.state !== 'dead') onAck(thread);
            resolve();
          });
        });
        thread.worker.postMessage(message(id));
        if (thread.mayListen) await answered;
      }),
    );
  }

  /** What the running threads answer, in their order; none of one that is still starting, or dies. */
  async askAll<Answer>(message: (id: number) => ToThread): Promise<readonly Answer[]> {
    const ids: number[] = [];
    await this.sendToAll((id) => {
      ids.push(id);
      this.#answers.set(id, undefined);
      return message(id);
    });
    const answers = ids.map((id) => this.#answers.get(id));
    for (const id of ids) this.#answers.delete(id);
    return answers.filter((answer) => answer !== undefined) as Answer[];
  }

  /** A thread answers a question. */
  answered(thread: SupervisedThread, id: number, answer: unknown): void {
    // Nobody waits for a thread that is still starting.
    if (this.#answers.has(id)) this.#answers.set(id, answer);
    thread.waiting.get(id)?.();
  }
}
