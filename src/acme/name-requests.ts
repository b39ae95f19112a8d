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
  readonly resolve: (() => void)[];
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
   * Resolves when there may be a certificate for the name, or there will be none in time. Undefined: none is ordered,
   * and nothing is to be waited for.
   *
   * @param name canonical; there is no certificate for it
   */
  request(name: string, limits: OnDemandLimits): Promise<void> | undefined {
    const nowMs = this.#ports.nowMs();
    const known = this.#waiting.get(name);
    if (known !== undefined) return known.resolve.length < MAX_WAITING ? join(known) : undefined;
    if (!isOnDemandName(name, limits.hosts) || this.#refused.get(name, nowMs) === true) return undefined;
    if (this.#waiting.size >= limits.maxPending) return undefined;
    const tatMs = takeTokens(this.#tatMs, 1, limits.asksPerSecond, limits.asksPerSecond, nowMs);
    if (tatMs < 0) return undefined;
    this.#tatMs = tatMs;
    const waiting = { timer: setTimeout(() => this.#end(name), limits.waitMs), resolve: [] };
    this.#waiting.set(name, waiting);
    this.#ports.ask(name);
    return join(waiting);
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

  #end(name: string): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    this.#waiting.delete(name);
    clearTimeout(waiting.timer);
    for (const resolve of waiting.resolve) resolve();
  }
}

function join({ resolve: all }: Waiting): Promise<void> {
  return new Promise((resolve) => {
    all.push(resolve);
  });
}
