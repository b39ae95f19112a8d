/**
 * Gateways of a fleet that share one bucket, the server with it, and the network between them, in virtual time. Everything
 * but the network and the clock is the product's: the client table, the bucket, and the server's script as its twin.
 */
import { RedisError } from '../../src/redis/redis-error.ts';
import type { RedisLink, RunDone } from '../../src/redis/redis-link.ts';
import { allocateClientTable } from '../../src/limits/client-table-memory.ts';
import { ClientTable } from '../../src/limits/client-table.ts';
import { settle, type StoredBucket } from '../../src/limits/shared/core/bucket-settlement.ts';
import type { StoredWindow } from '../../src/limits/shared/core/stored-window.ts';
import { settleWindow } from '../../src/limits/shared/core/window-settlement.ts';
import { SlidingWindow } from '../../src/limits/core/sliding-window.ts';
import { SharedLimits, type SharedLimitSettings } from '../../src/limits/shared/shared-limits.ts';
import { seededRandom } from '../../src/core/random.ts';

/** From and to, ms. */
type Span = readonly [number, number];

export interface FleetScenario {
  readonly capacity: number;
  readonly ratePerSecond: number;
  /** Requests a second at each gateway. */
  readonly rates: readonly number[];
  readonly durationMs: number;
  /** A sliding window of capacity / rate that admits the capacity. Default: a token bucket. */
  readonly isWindow?: boolean;
  readonly seed?: number;
  /** `steady` is a Poisson process; `bursty` five times the rate for a fifth of the time; `bursts` `rates` requests at once. */
  readonly arrivals?: 'steady' | 'bursty' | 'bursts';
  readonly cost?: number;
  /** Median of the round trip, ms. */
  readonly rttMs?: number;
  readonly settings?: Partial<SharedLimitSettings>;
  /** The server refuses connections. */
  readonly down?: readonly Span[];
  /** The server answers nothing, and catches up afterwards. */
  readonly hung?: readonly Span[];
  /** One gateway is cut off. */
  readonly cut?: readonly { readonly gateway: number; readonly span: Span }[];
  /** The server loses its data. */
  readonly wipedMs?: number;
  /** A gateway leaves (its traffic goes nowhere) or joins. */
  readonly members?: readonly { readonly atMs: number; readonly gateway: number; readonly isLive: boolean }[];
}

export interface FleetOutcome {
  readonly admitted: number;
  /** What one bucket that sees all requests admits. */
  readonly ideal: number;
  readonly ratio: number;
  /** Most tokens above the limit, in any window. */
  readonly excess: number;
  /** Share of admitted requests that waited; the longest wait, ms. */
  readonly waited: number;
  readonly longestMs: number;
  /** Commands to the server a second. */
  readonly commands: number;
  readonly admittedBy: readonly number[];
  /** By second. */
  readonly seconds: readonly number[];
  /** The same of the ideal. */
  readonly idealSeconds: readonly number[];
  /** Undecided for ever: must be 0. */
  readonly undecided: number;
}

interface Event {
  readonly atMs: number;
  readonly run: () => void;
  readonly order: number;
}

/** A gateway's clock starts here, not at 0: the monotonic clock of a process that has run for a while. */
const START_MS = 10_000;
/** The server's clock, µs. */
const SERVER_EPOCH_US = 2.5e13;

class VirtualTime {
  nowMs = START_MS;
  #order = 0;
  readonly #heap: Event[] = [];

  after(ms: number, run: () => void): void {
    const event = { atMs: this.nowMs + Math.max(0, ms), run, order: (this.#order += 1) };
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  runUntil(endMs: number): void {
    const heap = this.#heap;
    while (heap.length > 0 && heap[0]!.atMs <= endMs) {
      const first = heap[0]!;
      const last = heap.pop()!;
      if (heap.length > 0) this.#sink(last);
      this.nowMs = first.atMs;
      first.run();
    }
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, event)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = event;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** One limit that sees everything: what it would admit, and how far above it the admitted ones went. */
class Referee {
  admitted = 0;
  ideal = 0;
  excess = 0;
  readonly #ideal: Counter;
  readonly #real: Counter;

  constructor(scenario: FleetScenario) {
    const make = (): Counter => (scenario.isWindow === true ? new ExactWindow(scenario) : new ExactBucket(scenario));
    this.#ideal = make();
    this.#real = make();
  }

  /** @returns what one limit admits of it. */
  arrive(cost: number, nowMs: number): number {
    if (this.#ideal.excessOf(cost, nowMs) > 1e-6) return 0;
    this.#ideal.add(cost, nowMs);
    this.ideal += cost;
    return cost;
  }

  admit(cost: number, nowMs: number): void {
    this.admitted += cost;
    this.excess = Math.max(this.excess, this.#real.excessOf(cost, nowMs));
    this.#real.add(cost, nowMs);
  }
}

interface Counter {
  /** How far above the limit it would be with so much more. */
  excessOf(cost: number, nowMs: number): number;
  add(cost: number, nowMs: number): void;
}

class ExactBucket implements Counter {
  readonly #capacity: number;
  readonly #perMs: number;
  #tatMs = 0;

  constructor({ capacity, ratePerSecond }: FleetScenario) {
    this.#capacity = capacity;
    this.#perMs = ratePerSecond / 1000;
  }

  excessOf(cost: number, nowMs: number): number {
    return (Math.max(this.#tatMs - nowMs, 0) + cost / this.#perMs) * this.#perMs - this.#capacity;
  }

  add(cost: number, nowMs: number): void {
    this.#tatMs = Math.max(this.#tatMs, nowMs) + cost / this.#perMs;
  }
}

/** In the server's windows. */
class ExactWindow implements Counter {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #window: SlidingWindow;

  constructor({ capacity, ratePerSecond }: FleetScenario) {
    this.#limit = capacity;
    this.#windowMs = (capacity * 1000) / ratePerSecond;
    this.#window = new SlidingWindow({ limit: 1e9, windowMs: this.#windowMs });
  }

  excessOf(cost: number, nowMs: number): number {
    return this.#window.used(nowMs + SERVER_EPOCH_US / 1000) + cost - this.#limit;
  }

  add(cost: number, nowMs: number): void {
    this.#window.take(cost, nowMs + SERVER_EPOCH_US / 1000);
  }
}

const KEY = 'c:client';
const HOLE_MS = 2500;

type Numbers = [number, number, number, number, number, number, number, number, number, number];
const DOWN = new RedisError('down', 'no connection');
const TIMEOUT = new RedisError('timeout', 'no answer');

export function simulateFleet(scenario: FleetScenario): FleetOutcome {
  const { capacity, ratePerSecond, rates, durationMs, cost = 1, rttMs = 0.3, isWindow = false } = scenario;
  const random = seededRandom(scenario.seed ?? 7);
  const time = new VirtualTime();
  const referee = new Referee(scenario);
  const isLive = rates.map(
    (_rate, gateway) => scenario.members?.find((each) => each.gateway === gateway)?.isLive !== true,
  );
  let commands = 0;
  let storedBucket: StoredBucket | null = null;
  let storedWindow: StoredWindow | null = null;
  let epoch = 0;
  /** When the first gateway came back after the loss; null: there was none. There is one loss of all at most. */
  let firstBackMs: number | null = null;

  const within = (spans: readonly Span[] | undefined): Span | undefined =>
    spans?.find(([from, to]) => time.nowMs - START_MS >= from && time.nowMs - START_MS < to);
  const latency = (): number => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return (rttMs / 2) * Math.exp(0.6 * normal);
  };
  const isCut = (gateway: number): boolean =>
    within(scenario.cut?.filter((each) => each.gateway === gateway).map(({ span }) => span)) !== undefined;

  function link(gateway: number): Pick<RedisLink, 'run' | 'ping' | 'isInParts'> {
    function call(deadlineMs: number, atServer: () => readonly string[], done: RunDone): void {
      let isDone = false;
      const end = (error: RedisError | null, reply: readonly string[]): void => {
        if (isDone) return;
        isDone = true;
        done(error, reply);
      };
      if (within(scenario.down) !== undefined || isCut(gateway)) return time.after(0.2, () => end(DOWN, []));
      time.after(deadlineMs, () => end(TIMEOUT, []));
      time.after(latency(), () => {
        const hung = within(scenario.hung);
        const answer = (): void => {
          const reply = atServer();
          time.after(latency(), () => end(null, reply));
        };
        if (hung === undefined) answer();
        else time.after(hung[1] - (time.nowMs - START_MS), answer);
      });
    }
    return {
      isInParts: false,
      run(_script, key, args, deadlineMs, done) {
        call(
          deadlineMs,
          () => {
            commands += 1;
            if (key !== KEY) throw new Error(`unexpected key ${key}`);
            const serverUs = SERVER_EPOCH_US + time.nowMs * 1000;
            const [first, second, charge, sinceUs, want, least, refund, refundAtUs, last, untilUs] = args.map(
              Number,
            ) as Numbers;
            const common = { charge, sinceUs, want, least, refund, refundAtUs, untilUs };
            if (isWindow) {
              const asked = { limit: first, windowUs: second, ...common, used: last };
              const { window, settled } = settleWindow(storedWindow, asked, serverUs);
              storedWindow = window;
              return [settled.granted, settled.current, settled.previous, settled.atUs].map(String);
            }
            const asked = { capacity: first, tokenUs: second, ...common, aheadUs: last };
            const { bucket, settled } = settle(storedBucket, asked, serverUs);
            storedBucket = bucket;
            return [settled.granted, settled.aheadUs, settled.atUs].map(String);
          },
          done,
        );
      },
      ping(deadlineMs, done) {
        const sentMs = time.nowMs;
        call(
          deadlineMs,
          () => [],
          (error) => done(error, error === null ? time.nowMs - sentMs : 0),
        );
      },
    };
  }

  const policy = { capacity, ratePerSecond, windowMs: isWindow ? (capacity * 1000) / ratePerSecond : 0 };
  const settings = { waitMs: 10, lostAfterMs: 100, maxLeaseMs: 100, strict: false, ...scenario.settings };
  const gateways = rates.map((_rate, gateway) => {
    const table = new ClientTable(allocateClientTable(64, true), 0);
    let knownEpoch = epoch;
    const limits: SharedLimits = new SharedLimits({
      table,
      threads: 1,
      link: link(gateway),
      settings: () => settings,
      gateways: () => isLive.filter(Boolean).length,
      onReturn(sinceMs, done) {
        const isWiped = epoch !== knownEpoch;
        // As by the beats of the gateways: fleet-script.ts.
        const lostMs = time.nowMs - START_MS - sinceMs - settings.lostAfterMs;
        const isOfAll = [...(scenario.down ?? []), ...(scenario.hung ?? [])].some(
          ([from, to]) => to - from >= HOLE_MS && Math.min(to, time.nowMs - START_MS) - Math.max(from, lostMs) >= 1000,
        );
        const firstMs = isWiped || isOfAll ? time.nowMs - (firstBackMs ??= time.nowMs) : Infinity;
        const found = { firstMs, serverUs: SERVER_EPOCH_US + time.nowMs * 1000 };
        time.after(latency() * 2, () => done(found));
      },
      nowMs: () => time.nowMs,
      random,
      setTimer: (run, ms) => time.after(ms, run),
      onMode: (mode) => {
        if (mode !== 'lost') knownEpoch = epoch;
      },
      count: () => {},
      onWaited: () => {},
      onError: () => {},
    });
    return limits;
  });

  const waits: number[] = [];
  const admittedBy = rates.map(() => 0);
  const idealSeconds = Array.from({ length: Math.ceil(durationMs / 1000) + 1 }, () => 0);
  const seconds = Array.from({ length: Math.ceil(durationMs / 1000) + 1 }, () => 0);
  let undecided = 0;

  function arrive(gateway: number): void {
    if (!isLive[gateway]!) return;
    const nowMs = time.nowMs;
    idealSeconds[Math.floor((nowMs - START_MS) / 1000)]! += referee.arrive(cost, nowMs);
    const admit = (): void => {
      referee.admit(cost, time.nowMs);
      admittedBy[gateway]! += cost;
      waits.push(time.nowMs - nowMs);
      seconds[Math.floor((time.nowMs - START_MS) / 1000)]! += cost;
    };
    const limit = gateways[gateway]!.limit('c:', 'client', 5, 9, policy, isWindow, nowMs);
    const verdict = limit.take(cost, nowMs);
    if (verdict === 'admitted') admit();
    if (verdict !== 'undecided') return;
    undecided += 1;
    limit.wait(cost, nowMs, (isAdmitted) => {
      undecided -= 1;
      if (isAdmitted) admit();
    });
  }

  const isOver = (): boolean => time.nowMs - START_MS >= durationMs;
  const gap = (rate: number): number => (-Math.log(1 - random()) * 1000) / rate;
  for (const [gateway, rate] of rates.entries()) {
    if (rate === 0) continue;
    const next = {
      steady: () => {
        time.after(gap(rate), () => {
          if (isOver()) return;
          arrive(gateway);
          next();
        });
      },
      bursty: () => {
        time.after(gap(rate * 5), () => {
          if (isOver()) return;
          const phase = (time.nowMs + gateway * 137) % 1000;
          if (phase >= 200) return time.after(1000 - phase, next);
          arrive(gateway);
          next();
        });
      },
      bursts: () => {
        const everyMs = Math.max(2000, (4000 * capacity) / ratePerSecond);
        for (let atMs = 10; atMs < durationMs; atMs += everyMs) {
          for (let index = 0; index < rate; index += 1) time.after(atMs + random() * 5, () => arrive(gateway));
        }
      },
    }[scenario.arrivals ?? 'steady'];
    next();
  }
  for (const { atMs, gateway, isLive: value } of scenario.members ?? []) {
    time.after(atMs, () => {
      isLive[gateway] = value;
    });
  }
  if (scenario.wipedMs !== undefined) {
    time.after(scenario.wipedMs, () => {
      storedBucket = null;
      storedWindow = null;
      epoch += 1;
    });
  }
  time.runUntil(START_MS + durationMs + 500);
  for (const limits of gateways) limits.close();
  return {
    admitted: referee.admitted,
    ideal: referee.ideal,
    ratio: referee.admitted / referee.ideal,
    excess: referee.excess,
    waited: waits.filter((wait) => wait > 0).length / Math.max(1, waits.length),
    longestMs: waits.reduce((longest, wait) => Math.max(longest, wait), 0),
    commands: commands / (durationMs / 1000),
    admittedBy,
    seconds,
    idealSeconds,
    undecided,
  };
}
