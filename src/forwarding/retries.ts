/** The further tries of one request, made when the first has failed: whom to ask next, and when. */
import { fullJitterMs } from '../core/backoff.ts';
import type { Choice, Pool, PoolBackend } from '../balancing/pool.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import type { ForwardingPorts } from './forwarding-ports.ts';

type RetryPorts = Readonly<Pick<ForwardingPorts, 'clock' | 'balancer' | 'random'>>;

export class Retries {
  readonly #ports: RetryPorts;
  readonly #pool: Pool;
  readonly #exchange: ForwardedExchange;
  readonly #usesConnection: boolean;
  #backoff: NodeJS.Timeout | null = null;
  /** Picked, but not yet tried: holds a pass of its circuit. */
  #held: Choice | null = null;
  #withdrawn = 0;

  /** @param usesConnection see PickListener. */
  constructor(ports: RetryPorts, pool: Pool, exchange: ForwardedExchange, usesConnection: boolean) {
    this.#ports = ports;
    this.#pool = pool;
    this.#exchange = exchange;
    this.#usesConnection = usesConnection;
  }

  /** A backend for a further try, when the policy, the budget and the pool have one. */
  next(avoided: readonly PoolBackend[]): Choice | null {
    const { tried } = this.#exchange;
    if (tried.length > this.#pool.settings.retries.attempts) return null;
    const nowMs = this.#ports.clock.nowMs();
    const choice = this.#ports.balancer.pickAgain(this.#exchange, avoided, this.#usesConnection, nowMs);
    if (choice === null) return null;
    if (!this.#pool.retryBudget.withdraw(nowMs)) {
      this.#ports.balancer.giveBack(this.#exchange, choice);
      return null;
    }
    this.#withdrawn += 1;
    return choice;
  }

  /** Calls `attempt` after the back-off. */
  later(choice: Choice, attempt: (choice: Choice) => void): void {
    const { backoffBaseMs, backoffMaxMs } = this.#pool.settings.retries;
    const failed = this.#exchange.tried.length;
    const waitMs = fullJitterMs(failed - 1, backoffBaseMs, backoffMaxMs, this.#ports.random());
    this.#held = choice;
    this.#backoff = setTimeout(() => {
      this.#held = null;
      attempt(choice);
    }, waitMs);
  }

  /** Whatever became of the request: gives back what is held. */
  end(): void {
    for (; this.#withdrawn > 0; this.#withdrawn -= 1) this.#pool.retryBudget.ended();
    if (this.#held !== null) this.#ports.balancer.giveBack(this.#exchange, this.#held);
    this.#held = null;
    if (this.#backoff !== null) clearTimeout(this.#backoff);
    this.#backoff = null;
  }
}
