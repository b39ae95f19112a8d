/** `circuitBreaker`: guards the calls that a Fastify app makes, by name, with the circuits of the gateway. */
import type { FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';
import type { CircuitState } from '../breaker/core/breaker-vocabulary.ts';
import type { CircuitBreakerSettings } from '../breaker/core/circuit-breaker.ts';
import { type CallOutcome, Circuit, CIRCUIT_DEFAULTS, REFUSED } from './circuit.ts';
import { outcomeOfCall, type Settled } from './outcome-of-call.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly breakers: Breakers;
  }
}

export interface BreakersOptions {
  /** For circuits that `circuits` does not name. Default: the gateway's defaults. */
  readonly defaults?: Partial<CircuitBreakerSettings>;
  /** Settings of single circuits, in place of `defaults`, by name. */
  readonly circuits?: Readonly<Record<string, Partial<CircuitBreakerSettings>>>;
  /**
   * Circuits that are kept, 1..1,000,000; about 500 bytes each. With more names than that, the closed circuit that was used
   * longest ago is forgotten; if none is closed, one whose open time is over. Default: 1000.
   */
  readonly maxCircuits?: number;
  /** What a call meant for its circuit. Default: {@link outcomeOfCall}. */
  readonly outcomeOf?: (settled: Settled) => CallOutcome;
  /** Called when a circuit opens, is tried, or closes. */
  readonly onChange?: (name: string, state: CircuitState) => void;
  /** Monotonic, ms, for tests. Default: performance.now. */
  readonly nowMs?: () => number;
}

/** A circuit is open: the call was not made. Fastify answers it with 503. */
export class CircuitOpenError extends Error {
  override readonly name = 'CircuitOpenError';
  readonly code = 'CIRCUIT_OPEN';
  readonly statusCode = 503;
  readonly circuit: string;
  /** Until a call may be admitted, ms; 0: when a running trial ends. */
  readonly retryAfterMs: number;

  constructor(circuit: string, retryAfterMs: number) {
    super(`The circuit ${circuit} is open`);
    this.circuit = circuit;
    this.retryAfterMs = retryAfterMs;
  }
}

export class Breakers {
  readonly #options: BreakersOptions;
  readonly #maxCircuits: number;
  readonly #nowMs: () => number;
  readonly #outcomeOf: (settled: Settled) => CallOutcome;
  /** The one used longest ago first. */
  readonly #circuits = new Map<string, { readonly circuit: Circuit; running: number }>();

  /** @throws RangeError if a setting is out of range */
  constructor(options: BreakersOptions = {}) {
    const { maxCircuits = 1000, nowMs = () => performance.now(), outcomeOf = outcomeOfCall } = options;
    if (!(Number.isInteger(maxCircuits) && maxCircuits >= 1 && maxCircuits <= 1e6)) {
      throw new RangeError(`maxCircuits must be a whole number from 1 to 1000000, not ${maxCircuits}`);
    }
    for (const settings of [{}, ...Object.values(options.circuits ?? {})]) {
      void new Circuit({ ...options.defaults, ...settings });
    }
    this.#options = options;
    this.#maxCircuits = maxCircuits;
    this.#nowMs = nowMs;
    this.#outcomeOf = outcomeOf;
  }

  /**
   * Makes the call, unless the circuit of this name is open. The result, or the error, is the call's own.
   *
   * @throws CircuitOpenError if it is open; RangeError if there are `maxCircuits` others that are open or in use
   */
  async run<Result>(name: string, call: () => Result | Promise<Result>): Promise<Result> {
    const entry = this.#entry(name);
    const { circuit } = entry;
    const before = circuit.state;
    const generation = circuit.enter(this.#nowMs());
    if (generation === REFUSED) throw new CircuitOpenError(name, circuit.waitMs(this.#nowMs()));
    this.#report(name, before, circuit);
    entry.running += 1;
    let outcome: CallOutcome = 'none';
    try {
      const value = await call();
      outcome = this.#outcomeOf({ value });
      return value;
    } catch (error) {
      outcome = this.#outcomeOf({ error });
      throw error;
    } finally {
      entry.running -= 1;
      const state = circuit.state;
      circuit.settle(generation, outcome, this.#nowMs());
      this.#report(name, state, circuit);
    }
  }

  /** Of a name without a circuit: closed. An open circuit whose time is over is half-open at the next call. */
  state(name: string): CircuitState {
    return this.#circuits.get(name)?.circuit.state ?? 'closed';
  }

  /** Refuses all calls for `forMs`, 1..86,400,000 ms. */
  open(name: string, forMs: number): void {
    if (!(forMs >= 1 && forMs <= 86_400_000)) throw new RangeError(`forMs must be 1 to 86400000, not ${forMs}`);
    const { circuit } = this.#entry(name);
    const before = circuit.state;
    circuit.open(forMs, this.#nowMs());
    this.#report(name, before, circuit);
  }

  /** Closes it, and forgets its history. */
  close(name: string): void {
    const circuit = this.#circuits.get(name)?.circuit;
    if (circuit === undefined) return;
    const before = circuit.state;
    circuit.reset(this.#nowMs());
    this.#report(name, before, circuit);
  }

  #entry(name: string): { readonly circuit: Circuit; running: number } {
    const known = this.#circuits.get(name);
    if (known !== undefined) {
      this.#circuits.delete(name);
      this.#circuits.set(name, known);
      return known;
    }
    if (this.#circuits.size >= this.#maxCircuits) this.#forgetOne();
    const { circuits = {}, defaults = {} } = this.#options;
    const own = Object.hasOwn(circuits, name) ? circuits[name] : {};
    const made = { circuit: new Circuit({ ...CIRCUIT_DEFAULTS, ...defaults, ...own }), running: 0 };
    this.#circuits.set(name, made);
    return made;
  }

  /** A closed one; if there is none, one whose open time is over. */
  #forgetOne(): void {
    const nowMs = this.#nowMs();
    let expired: string | undefined;
    for (const [name, { circuit, running }] of this.#circuits) {
      if (running > 0) continue;
      if (circuit.state === 'closed') {
        this.#circuits.delete(name);
        return;
      }
      if (expired === undefined && circuit.wouldAdmit(nowMs)) expired = name;
    }
    if (expired === undefined) {
      throw new RangeError(`there are ${this.#maxCircuits} circuits that are open or in use; raise maxCircuits`);
    }
    this.#circuits.delete(expired);
  }

  #report(name: string, before: CircuitState, { state }: Circuit): void {
    if (state !== before) this.#options.onChange?.(name, state);
  }
}

const plugin: FastifyPluginAsync<BreakersOptions> = async (app, options) => {
  app.decorate('breakers', new Breakers(options));
};

/**
 * Adds `app.breakers`: circuits for the calls that the app makes to others. A circuit opens after failures in a row, or a
 * share of them, and admits a few trials after a while; its state is that of this thread.
 *
 * @throws RangeError on registration if a setting is out of range
 * @example
 *   app.register(circuitBreaker, { defaults: { consecutiveFailures: 3, openMs: 5000 } });
 *   const answer = await app.breakers.run('prices', () => fetch('http://prices.internal/today'));
 */
export const circuitBreaker = fp(plugin, { name: 'sluice-circuit-breaker', fastify: '5.x' });
