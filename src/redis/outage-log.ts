/** A log line when a server goes away, and one when it is back. */
import type { Logger } from 'pino';

import type { RedisErrorKind } from './core/redis-error-kind.ts';
import type { RedisError } from './redis-error.ts';

export type RedisLogger = Pick<Logger, 'info' | 'warn'>;

/** A server that flaps is reported at most once in this time, ms. */
export const QUIET_MS = 10_000;

/** Of one server, which may move. */
export class OutageLog {
  readonly #log: RedisLogger | null;
  readonly #nowMs: () => number;
  #sinceMs: number | null = null;
  /** In this outage; none: it is kept quiet. */
  readonly #reported = new Set<RedisErrorKind>();
  #reportedAtMs = -Infinity;

  constructor(log: RedisLogger | null, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** @param server empty: unknown. */
  down(server: string, { kind, message }: RedisError): void {
    const nowMs = this.#nowMs();
    this.#sinceMs ??= nowMs;
    // While it starts again, a server is away for several reasons in turn: each is worth a line.
    if (this.#reported.has(kind)) return;
    if (this.#reported.size === 0 && nowMs - this.#reportedAtMs < QUIET_MS) return;
    this.#reported.add(kind);
    this.#reportedAtMs = nowMs;
    const details = { ...(server !== '' && { server }), kind, reason: message };
    this.#log?.warn(details, 'redis unavailable; reconnecting in the background');
  }

  up(server: string, version: string): void {
    const isFirst = this.#sinceMs === null;
    const details = { server, ...(version !== '' && { version }) };
    if (isFirst) this.#log?.info(details, 'redis available');
    else if (this.#reported.size > 0)
      this.#log?.info({ ...details, away_ms: Math.round(this.#nowMs() - this.#sinceMs!) }, 'redis available');
    this.over();
  }

  /** As up, without a line. */
  over(): void {
    this.#sinceMs = null;
    this.#reported.clear();
  }
}
