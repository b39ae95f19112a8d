/** Picks backends from a list for a program, with the strategies, circuits and health rules of the gateway. */
import { createStrategy } from '../balancing/core/create-strategy.ts';
import { judge, penalizedMs, penaltyMs } from '../balancing/core/judgement.ts';
import { type StrategyName, STRATEGY_NAMES } from '../balancing/core/balancing-vocabulary.ts';
import type { Candidate, Strategy } from '../balancing/core/strategy.ts';
import type { CircuitState } from '../breaker/core/breaker-vocabulary.ts';
import type { CircuitBreakerSettings } from '../breaker/core/circuit-breaker.ts';
import { decayingAverage, fixedAverage } from '../core/ewma.ts';
import { hashString32 } from '../core/hash.ts';
import type { Random } from '../core/random.ts';
import { type ProbeVerdict, RiseFall, type RiseFallSettings } from '../health/core/rise-fall.ts';
import { Circuit, REFUSED } from './circuit.ts';
import { outcomeOfCall, type Settled, statusOf } from './outcome-of-call.ts';

export interface ListedBackend {
  /** Origin, and a base path if it has one: `http://10.0.0.1:8080`. */
  readonly url: string;
  /** Unique in the list. Consistent hashing depends on it. Default: the URL. */
  readonly id?: string;
  /** Its share of the calls compared with others, above 0..1,000,000. Default: 1. */
  readonly weight?: number;
}

export interface BackendListOptions {
  /** Strings are URLs. At most 4096. */
  readonly backends: readonly (string | ListedBackend)[];
  /** Default: `two-choices`. */
  readonly strategy?: StrategyName;
  /** Circuit of each backend. Default: the gateway's defaults. */
  readonly circuit?: Partial<CircuitBreakerSettings>;
  /** Most calls to a backend at a time, from 1. Default: no limit. */
  readonly maxInFlight?: number;
  /** From 0 up to but not including 1, for tests. Default: Math.random. */
  readonly random?: Random;
  /** Monotonic, ms, for tests. Default: performance.now. */
  readonly nowMs?: () => number;
}

export interface PickOptions {
  /** For `consistent-hash`: the same key gets the same backend while that is available. Default: a random one. */
  readonly key?: string;
  /** Backends not to pick, by id: those that a retry has tried. If no other is available, there is none. Default: none. */
  readonly avoid?: readonly string[];
}

/** A backend for one call. */
export interface BackendChoice {
  readonly id: string;
  readonly url: string;
  /**
   * Reports how the call ended, once; further calls change nothing. Without it, the backend counts as busy forever.
   *
   * @param settled the answer, as fetch, undici or node:http have it, or the error. Default: neither success nor failure
   */
  done(settled?: Settled): void;
}

export interface BackendState {
  readonly id: string;
  readonly url: string;
  /** May get calls. */
  readonly isAvailable: boolean;
  /** Of the health checks; `unknown`: there are none, or none has ended. */
  readonly health: ProbeVerdict;
  readonly circuit: CircuitState;
  readonly inFlight: number;
  /** Average time to good answers, ms; null: unknown. */
  readonly latencyMs: number | null;
}

/** No backend is available. Fastify answers it with 503. */
export class NoBackendError extends Error {
  override readonly name = 'NoBackendError';
  readonly code = 'NO_BACKEND';
  readonly statusCode = 503;

  constructor() {
    super('No backend is available');
  }
}

/** As the gateway's. */
const LATENCY_WINDOW_MS = 10_000;
const FAILING_ALPHA = 0.2;
const MAX_BACKENDS = 4096;

interface Entry extends Candidate {
  readonly id: string;
  readonly url: string;
  readonly circuit: Circuit;
  readonly health: RiseFall;
  inFlight: number;
  latencyMs: number;
  sampledMs: number;
  /** Share of bad calls, 0..1. */
  failing: number;
}

export class BackendList {
  readonly #options: BackendListOptions;
  readonly #rise: RiseFallSettings;
  readonly #strategy: Strategy;
  readonly #random: Random;
  readonly #nowMs: () => number;
  #entries: readonly Entry[] = [];
  /** By `Candidate.index`. */
  readonly #slots: (Entry | undefined)[] = [];
  #turn = 0;

  /** @throws RangeError if an option is out of range, TypeError if a URL is not one */
  constructor(options: BackendListOptions, rise: RiseFallSettings = { rise: 2, fall: 3 }) {
    const {
      strategy = 'two-choices',
      random = Math.random,
      nowMs = () => performance.now(),
      maxInFlight = 1,
    } = options;
    if (!STRATEGY_NAMES.includes(strategy)) {
      throw new RangeError(`strategy must be one of ${STRATEGY_NAMES.join(', ')}, not ${JSON.stringify(strategy)}`);
    }
    if (!(Number.isInteger(maxInFlight) && maxInFlight >= 1)) {
      throw new RangeError(`maxInFlight must be a whole number from 1, not ${maxInFlight}`);
    }
    void new RiseFall(rise);
    this.#options = options;
    this.#rise = rise;
    this.#random = random;
    this.#nowMs = nowMs;
    this.#strategy = createStrategy(strategy, {
      random,
      load: {
        inFlight: (index) => this.#slots[index]!.inFlight,
        latencyMs: (index) => this.#penalized(this.#slots[index]!),
      },
      nextTurn: () => (this.#turn = (this.#turn + 1) >>> 0),
    });
    this.replace(options.backends);
  }

  /** Other backends. One that keeps its id, URL and weight keeps its state; running calls to others end as they may. */
  replace(backends: BackendListOptions['backends']): void {
    if (backends.length > MAX_BACKENDS) {
      throw new RangeError(`at most ${MAX_BACKENDS} backends are allowed, not ${backends.length}`);
    }
    const wanted = backends.map(listed);
    const ids = new Set(wanted.map(({ id }) => id));
    if (ids.size < wanted.length) throw new RangeError('ids of backends must be unique');
    const kept = new Map(this.#entries.map((entry) => [entry.id, entry]));
    const taken = new Set<number>();
    const same = wanted.map(({ id, url, weight }) => {
      const entry = kept.get(id);
      if (entry?.url !== url || entry.weight !== weight) return undefined;
      taken.add(entry.index);
      return entry;
    });
    let index = 0;
    this.#entries = wanted.map((each, at) => {
      const known = same[at];
      if (known !== undefined) return known;
      while (taken.has(index)) index += 1;
      taken.add(index);
      return this.#made(each, index);
    });
    this.#slots.length = 0;
    for (const entry of this.#entries) this.#slots[entry.index] = entry;
  }

  /**
   * A backend for a call, whose end must be reported to it: one that is healthy, whose circuit admits the call, and that
   * has room for it.
   *
   * @throws NoBackendError if there is none
   */
  pick({ key, avoid = [] }: PickOptions = {}): BackendChoice {
    const nowMs = this.#nowMs();
    const keyHash = key === undefined ? (this.#random() * 0x1_0000_0000) >>> 0 : hashString32(key, 0);
    const candidates = this.#entries.filter((entry) => !avoid.includes(entry.id) && this.#isAvailable(entry, nowMs));
    const entry = candidates[this.#strategy.pick(candidates, keyHash)];
    if (entry === undefined) throw new NoBackendError();
    const generation = entry.circuit.enter(nowMs);
    // Asked a moment ago, on the same thread.
    if (generation === REFUSED) throw new NoBackendError();
    entry.inFlight += 1;
    let isDone = false;
    return {
      id: entry.id,
      url: entry.url,
      done: (settled) => {
        if (isDone) return;
        isDone = true;
        this.#settle(entry, generation, settled, nowMs);
      },
    };
  }

  /**
   * Calls with a backend, and reports how that ended.
   *
   * @throws NoBackendError if there is none; otherwise the call's own error
   */
  async run<Result>(call: (backend: BackendChoice) => Promise<Result>, options: PickOptions = {}): Promise<Result> {
    const choice = this.pick(options);
    try {
      const value = await call(choice);
      choice.done({ value });
      return value;
    } catch (error) {
      choice.done({ error });
      throw error;
    }
  }

  /** In the order of the list. */
  states(): readonly BackendState[] {
    const nowMs = this.#nowMs();
    return this.#entries.map((entry) => {
      const { id, url, circuit, health, inFlight, latencyMs } = entry;
      return {
        id,
        url,
        isAvailable: this.#isAvailable(entry, nowMs),
        health: health.state,
        circuit: circuit.state,
        inFlight,
        latencyMs: Number.isNaN(latencyMs) ? null : latencyMs,
      };
    });
  }

  /** The result of a health check. One for a backend that is not in the list changes nothing. */
  checked(id: string, isSuccess: boolean): void {
    this.#entries.find((entry) => entry.id === id)?.health.record(isSuccess);
  }

  #isAvailable({ circuit, health, inFlight }: Entry, nowMs: number): boolean {
    return health.state !== 'down' && inFlight < (this.#options.maxInFlight ?? Infinity) && circuit.wouldAdmit(nowMs);
  }

  #settle(entry: Entry, generation: number, settled: Settled | undefined, startMs: number): void {
    const nowMs = this.#nowMs();
    entry.inFlight -= 1;
    const outcome = settled === undefined ? 'none' : outcomeOfCall(settled);
    entry.circuit.settle(generation, outcome, nowMs);
    if (settled === undefined || outcome === 'none') return;
    const judgement = judge('value' in settled ? statusOf(settled.value) : 0, outcome === 'failure');
    if (judgement === 'neutral') return;
    entry.failing = fixedAverage(entry.failing, judgement === 'bad' ? 1 : 0, FAILING_ALPHA);
    if (judgement === 'bad') return;
    entry.latencyMs = decayingAverage(entry.latencyMs, nowMs - startMs, nowMs - entry.sampledMs, LATENCY_WINDOW_MS);
    entry.sampledMs = nowMs;
  }

  #penalized({ latencyMs, failing }: Entry): number {
    if (failing === 0) return latencyMs;
    const known = this.#entries.map((entry) => entry.latencyMs).filter((each) => !Number.isNaN(each));
    return penalizedMs(latencyMs, failing, penaltyMs(known.length === 0 ? NaN : Math.max(...known)));
  }

  #made({ id, url, weight }: Required<ListedBackend>, index: number): Entry {
    return {
      index,
      id,
      url,
      weight,
      idHash: hashString32(id, 0),
      circuit: new Circuit(this.#options.circuit, this.#random),
      health: new RiseFall(this.#rise),
      inFlight: 0,
      latencyMs: NaN,
      sampledMs: -Infinity,
      failing: 0,
    };
  }
}

function listed(given: string | ListedBackend): Required<ListedBackend> {
  const { url, id = url, weight = 1 } = typeof given === 'string' ? { url: given } : given;
  const { protocol, search, hash } = new URL(url);
  if (!['http:', 'https:'].includes(protocol) || search !== '' || hash !== '') {
    throw new RangeError(`the URL of a backend must be http or https, without query and fragment, not ${url}`);
  }
  if (!(weight > 0 && weight <= 1e6)) throw new RangeError(`weight must be above 0 and at most 1000000, not ${weight}`);
  return { url: url.replace(/\/+$/, ''), id, weight };
}
