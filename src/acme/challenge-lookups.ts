/**
 * Challenges that another gateway may have made a moment ago, and that this one has not heard of: before an authority is
 * told that there is no answer, the control thread reads the database. Everybody may send tokens, so few of them are
 * worth a question; the rest is answered as if there were none.
 */
import { takeTokens } from '../limits/core/token-bucket.ts';
import { DecisionCache } from '../core/decision-cache.ts';

export interface ChallengeLookupsPorts {
  /** Has the control thread read all challenges; it sends those, and then has {@link ChallengeLookups.end} called. */
  readonly ask: (id: number) => void;
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number;
}

/** An authority waits longer; other clients are held up for so long at most. */
const WAIT_MS = 100;
const LOOKUPS_PER_SECOND = 10;
const MAX_WAITING = 50;
/** How long a token or a name is not looked up again. */
const MISSED_MS = 1000;
const MAX_MISSED = 1000;
/** At least 128 bits in base64url (RFC 8555, 8.3), and no more than any authority sends. */
const TOKEN = /^[A-Za-z0-9_-]{22,128}$/;

export class ChallengeLookups {
  readonly #ports: ChallengeLookupsPorts;
  readonly #waiting = new Map<number, { readonly timer: NodeJS.Timeout; readonly resolve: () => void }>();
  readonly #missed = new DecisionCache<true>(MAX_MISSED);
  #lastId = 0;
  /** Theoretical arrival time of the bucket for lookups. */
  #tatMs = 0;

  constructor(ports: ChallengeLookupsPorts) {
    this.#ports = ports;
  }

  /** As {@link start}; undefined also if it has not the form of a token. */
  startForToken(token: string): Promise<void> | undefined {
    return TOKEN.test(token) ? this.start(token) : undefined;
  }

  /**
   * Resolves when this thread knows all challenges, or after a tenth of a second. Undefined: not now, treat it as unknown.
   *
   * @param key the token or name that is missing
   */
  start(key: string): Promise<void> | undefined {
    const nowMs = this.#ports.nowMs();
    if (this.#waiting.size >= MAX_WAITING || this.#missed.get(key, nowMs) === true) return undefined;
    const tatMs = takeTokens(this.#tatMs, 1, LOOKUPS_PER_SECOND, LOOKUPS_PER_SECOND, nowMs);
    if (tatMs < 0) return undefined;
    this.#tatMs = tatMs;
    this.#missed.set(key, true, nowMs + MISSED_MS);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, { timer: setTimeout(() => this.end(id), WAIT_MS), resolve });
      this.#ports.ask(id);
    });
  }

  /** Does nothing if it has ended already. */
  end(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve();
  }
}
