/** The world of a source under test: its answers, and a clock that only the test moves. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Source, SourceAnswer, SourcePorts } from '../../src/discovery/control/source.ts';

interface Due {
  readonly task: () => void;
  readonly atMs: number;
}

export class SourceWorld {
  readonly answers: SourceAnswer[] = [];
  readonly logged: string[] = [];
  nowMs = 0;
  random = 0.5;
  #due: Due[] = [];

  readonly ports: SourcePorts = {
    report: (answer) => void this.answers.push(answer),
    nowMs: () => this.nowMs,
    schedule: (task, ms) => {
      const due = { task, atMs: this.nowMs + ms };
      this.#due.push(due);
      return () => {
        this.#due = this.#due.filter((each) => each !== due);
      };
    },
    random: () => this.random,
    log: {
      info: (_: unknown, message?: string) => void this.logged.push(message ?? ''),
      warn: (_: unknown, message?: string) => void this.logged.push(message ?? ''),
    },
  };

  /** ms until each scheduled task. */
  get waits(): readonly number[] {
    return this.#due.map(({ atMs }) => atMs - this.nowMs).sort((one, other) => one - other);
  }

  get last(): SourceAnswer | undefined {
    return this.answers.at(-1);
  }

  /** Members of the last answer as `address:port`; the reason, if it failed. */
  get listed(): readonly string[] | string {
    const { last } = this;
    if (last === undefined) return 'nothing yet';
    return last.kind === 'list' ? last.members.map(({ address, port }) => `${address}:${port}`) : last.reason;
  }

  /** Runs what is due by then, in order. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      await turn();
      const next = this.#due.filter(({ atMs }) => atMs <= endMs).sort((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined) break;
      this.#due = this.#due.filter((each) => each !== next);
      this.nowMs = next.atMs;
      next.task();
    }
    this.nowMs = endMs;
  }

  /** Resolves with the answer after those that were there. */
  async answered(count: number): Promise<void> {
    while (this.answers.length < count) await turn();
  }

  /** @param t stops it after the test */
  start(t: { readonly after: (stop: () => void) => void }, source: Source): Source {
    t.after(() => source.stop());
    source.start();
    return source;
  }
}
