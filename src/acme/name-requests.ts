/**
 * Handshakes of one thread that wait for a certificate on demand. The control thread is asked about a name once, and
 * not about one that it has just refused; a flood of names is refused here, without a message or memory for each.
 */
import { takeTokens } from '../limits/core/token-bucket.ts';
import { DecisionCache } from '../core/decision-cache.ts';
import { isOnDemandName, type OnDemandLimits } from './on-demand.ts';

export interface NameRequestsPorts {
  /** Asks the control thread; its answer goes to {@link NameRequests.settle}. */
  readonly ask: (host: string) => void;
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number;
}

/** Handshakes for one name: a browser opens six connections, so these are the visitors of a popular new name. */
const MAX_WAITING = 100;
const MAX_REFUSED = 10_000;

interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly resolve: Set<() => void>;
}

/** A handshake that waits. */
export interface NameRequest {
  /** Resolves when there may be a certificate for the name, or there will be none in time. */
  readonly ready: Promise<void>;
  /** Its client has left. */
  leave(): void;
}

export class NameRequests {
  readonly #ports: NameRequestsPorts;
  readonly #waiting = new Map<string, Waiting>();
  readonly #refused = new DecisionCache<true>(MAX_REFUSED);
  /** Theoretical arrival time of the bucket for questions. */
  #tatMs = 0;

  constructor(ports: NameRequestsPorts) {
    this.#ports = ports;
  }

  /**
   * Undefined: none is ordered, and nothing is to be waited for.
   *
   * @param name canonical; there is no certificate for it
   */
  request(name: string, limits: OnDemandLimits): NameRequest | undefined {
    const nowMs = this.#ports.nowMs();
    const known = this.#waiting.get(name);
    if (known !== undefined) return known.resolve.size < MAX_WAITING ? this.#join(name, known) : undefined;
    if (!isOnDemandName(name, limits.hosts) || this.#refused.get(name, nowMs) === true) return undefined;
    if (this.#waiting.size >= limits.maxPending) return undefined;
    const tatMs = takeTokens(this.#tatMs, 1, limits.asksPerSecond, limits.asksPerSecond, nowMs);
    if (tatMs < 0) return undefined;
    this.#tatMs = tatMs;
    const waiting: Waiting = { timer: setTimeout(() => this.#end(name), limits.waitMs), resolve: new Set() };
    this.#waiting.set(name, waiting);
    this.#ports.ask(name);
    return this.#join(name, waiting);
  }

  /** @param refusedForMs how long it need not be asked for again; 0: there is a certificate */
  settle(name: string, refusedForMs: number): void {
    const nowMs = this.#ports.nowMs();
    if (refusedForMs > 0) this.#refused.set(name, true, nowMs + refusedForMs);
    this.#end(name);
  }

  /** Nobody waits any more. */
  stop(): void {
    for (const name of this.#waiting.keys()) this.#end(name);
  }

  #join(name: string, waiting: Waiting): NameRequest {
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    waiting.resolve.add(resolve);
    const leave = (): void => {
      waiting.resolve.delete(resolve);
      // The control thread goes on; another handshake for the name joins it there.
      if (waiting.resolve.size === 0 && this.#waiting.get(name) === waiting) this.#end(name);
    };
    return { ready, leave };
  }

  #end(name: string): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    this.#waiting.delete(name);
    clearTimeout(waiting.timer);
    for (const resolve of waiting.resolve) resolve();
  }
}
