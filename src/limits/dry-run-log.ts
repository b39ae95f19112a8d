/** Logs what a dry run would have refused: at most one line a second, with a count per limit since the last. */
import type { Logger } from 'pino';

const EVERY_MS = 1000;

export class DryRunLog {
  readonly #log: Pick<Logger, 'warn'>;
  #counts: Record<string, number> = {};
  #reportedAtMs = -Infinity;

  constructor(log: Pick<Logger, 'warn'>) {
    this.#log = log;
  }

  /** @param limit name of the limit. @param client the latest one's bucket. */
  add(limit: string, client: string, nowMs: number): void {
    this.#counts[limit] = (this.#counts[limit] ?? 0) + 1;
    if (nowMs - this.#reportedAtMs < EVERY_MS) return;
    this.#log.warn({ would_refuse: this.#counts, client }, 'dry-run limits exceeded');
    this.#counts = {};
    this.#reportedAtMs = nowMs;
  }
}
