import type { RedisErrorKind } from './core/redis-error-kind.ts';
import { QUIET_MS, type RedisLogger } from './outage-log.ts';
import type { RedisError } from './redis-error.ts';

/** Logs commands that a server understood and did not run: never a line for each. */
export class RefusalLog {
  readonly #log: RedisLogger | null;
  readonly #nowMs: () => number;
  readonly #byKind = new Map<RedisErrorKind, { count: number; reportedAtMs: number }>();

  constructor(log: RedisLogger | null, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  add({ kind, message }: RedisError): void {
    const nowMs = this.#nowMs();
    let state = this.#byKind.get(kind);
    if (state === undefined) {
      state = { count: 0, reportedAtMs: -Infinity };
      this.#byKind.set(kind, state);
    }
    state.count++;
    if (nowMs - state.reportedAtMs < QUIET_MS) return;
    this.#log?.warn({ kind, reason: message, count: state.count }, 'redis refuses commands');
    state.count = 0;
    state.reportedAtMs = nowMs;
  }
}
