/** Tells of connections that are refused or cut: the first at once, then one line in a while with their number. */
import type { Logger } from 'pino';

/** A flood must not become one of the log. */
const EVERY_MS = 10_000;

interface Count {
  untold: number;
  toldAtMs: number;
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
    const count = this.#byReason.get(reason) ?? { untold: 0, toldAtMs: -Infinity };
    this.#byReason.set(reason, count);
    count.untold += 1;
    if (nowMs - count.toldAtMs < EVERY_MS) return;
    this.#log.warn({ reason, count: count.untold, peer }, 'connections refused');
    count.untold = 0;
    count.toldAtMs = nowMs;
  }
}
