/** Logs connections that are refused or cut: the first at once, then one line per interval with their number. */
import type { Logger } from 'pino';

/** A flood of connections must not become a flood of log lines. */
const EVERY_MS = 10_000;

interface Count {
  unreported: number;
  reportedAtMs: number;
}

export class RefusalLog {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #nowMs: () => number;
  readonly #byReason = new Map<string, Count>();

  constructor(log: Pick<Logger, 'warn'>, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** @param reason one of a few constants; @param peer the latest one's address. */
  add(reason: string, peer: string): void {
    const nowMs = this.#nowMs();
    const count = this.#byReason.get(reason) ?? { unreported: 0, reportedAtMs: -Infinity };
    this.#byReason.set(reason, count);
    count.unreported += 1;
    if (nowMs - count.reportedAtMs < EVERY_MS) return;
    this.#log.warn({ reason, count: count.unreported, peer }, 'connections refused');
    count.unreported = 0;
    count.reportedAtMs = nowMs;
  }
}
