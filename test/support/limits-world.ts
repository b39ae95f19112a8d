/** The shared limits of one thread or more, in virtual time, on a server that the test controls. */
import { RedisError } from '../../src/redis/redis-error.ts';
import type { RedisReply, RunDone } from '../../src/redis/redis-link.ts';
import { allocateClientTable } from '../../src/limits/client-table-memory.ts';
import { type BucketPolicy, ClientTable } from '../../src/limits/client-table.ts';
import type { DecisionPath, SharedMode } from '../../src/limits/core/limits-vocabulary.ts';
import { settle, type StoredBucket } from '../../src/limits/shared/core/bucket-settlement.ts';
import type { StoredWindow } from '../../src/limits/shared/core/stored-window.ts';
import { settleWindow } from '../../src/limits/shared/core/window-settlement.ts';
import { SETTLE_BUCKET } from '../../src/limits/shared/settle-scripts.ts';
import { SharedLimits, type SharedLimitSettings } from '../../src/limits/shared/shared-limits.ts';

/** The server's clock at the start, µs; the gateway's is at START_MS. */
const SERVER_US = 3e13;
const START_MS = 10_000;
const TIMEOUT = new RedisError('timeout', 'no answer');

type Numbers = [number, number, number, number, number, number, number, number, number, number];

export class LimitsWorld {
  nowMs = START_MS;
  /** Round trip. */
  rttMs = 0.4;
  /** How every command ends; null: the server answers. */
  failure: RedisError | null = null;
  /** Nothing is answered, not even by an error. */
  isSilent = false;
  /** What the server has received while it hangs, and runs afterwards; null: it does not hang. */
  hung: (() => void)[] | null = null;
  /** What is answered in place of what the script returns. */
  rubbish: readonly RedisReply[] | null = null;
  /** The server's clock is wrong by so much. */
  serverOffMs = 0;
  /** After a loss: how long ago the first gateway was back; see Return. */
  firstMs = Infinity;
  gateways = 1;
  /** It is a Cluster. */
  isInParts = false;
  commands = 0;
  readonly buckets = new Map<string, StoredBucket>();
  readonly windows = new Map<string, StoredWindow>();
  readonly modes: SharedMode[] = [];
  readonly paths: DecisionPath[] = [];
  settings: SharedLimitSettings = { waitMs: 10, lostAfterMs: 100, maxLeaseMs: 100, strict: false };
  readonly #clients;
  readonly #threads: number;
  /** Of the last loss; null: nobody has asked yet. */
  #firstAtMs: number | null = null;
  #timers: { readonly atMs: number; readonly run: () => void }[] = [];

  constructor({ threads = 1, clients = 1000 } = {}) {
    this.#clients = allocateClientTable(clients, true);
    this.#threads = threads;
  }

  /** The server's clock, µs. */
  get serverUs(): number {
    return SERVER_US + (this.nowMs - START_MS + this.serverOffMs) * 1000;
  }

  /** A thread's. */
  thread(index = 0): { readonly table: ClientTable; readonly limits: SharedLimits } {
    const table = new ClientTable(this.#clients, index);
    const limits = new SharedLimits({
      table,
      threads: this.#threads,
      link: {
        isInParts: this.isInParts,
        run: (script, key, args, _deadlineMs, done) =>
          this.#call(done, () => this.#settle(script === SETTLE_BUCKET, key, args)),
        ping: (deadlineMs, done) => {
          if (this.rttMs > deadlineMs) return this.#after(deadlineMs, () => done(TIMEOUT, 0));
          this.#call(
            (error) => done(error, this.rttMs),
            () => [],
          );
        },
      },
      settings: () => this.settings,
      gateways: () => this.gateways,
      onReturn: (_sinceMs, done) => {
        const atMs = this.nowMs;
        this.#firstAtMs ??= atMs - this.firstMs;
        const found = { firstMs: atMs - this.#firstAtMs, serverUs: this.serverUs };
        this.#after(this.rttMs, () => done(found));
      },
      nowMs: () => this.nowMs,
      random: () => 0.5,
      setTimer: (run, ms) => this.#after(ms, run),
      onMode: (mode) => {
        this.modes.push(mode);
        if (mode === 'lost') this.#firstAtMs = null;
      },
      count: (path) => this.paths.push(path),
      onWaited: () => {},
      onError: () => {},
    });
    return { table, limits };
  }

  /** Lets time pass, and what is due in it happen. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#timers.reduce<number>(
        (best, { atMs }, index) => (atMs <= endMs && (best < 0 || atMs < this.#timers[best]!.atMs) ? index : best),
        -1,
      );
      if (next < 0) break;
      const [timer] = this.#timers.splice(next, 1);
      this.nowMs = Math.max(this.nowMs, timer!.atMs);
      timer!.run();
    }
    this.nowMs = endMs;
  }

  #after(ms: number, run: () => void): void {
    this.#timers.push({ atMs: this.nowMs + ms, run });
  }

  #call(done: RunDone, answer: () => readonly RedisReply[]): void {
    if (this.isSilent) return;
    const { failure } = this;
    if (failure !== null) return this.#after(0.1, () => done(failure, []));
    const run = (): void => {
      const reply = answer();
      this.#after(this.rttMs / 2, () => done(null, reply));
    };
    this.#after(this.rttMs / 2, () => {
      if (this.hung === null) run();
      else this.hung.push(run);
    });
  }

  /** The server goes on after it has hung. */
  resume(): void {
    const { hung } = this;
    this.hung = null;
    for (const run of hung ?? []) run();
  }

  #settle(isBucket: boolean, key: string, args: readonly string[]): readonly RedisReply[] {
    this.commands += 1;
    if (this.rubbish !== null) return this.rubbish;
    const { serverUs } = this;
    const [first, second, charge, sinceUs, want, least, refund, refundAtUs, last, untilUs] = args.map(
      Number,
    ) as Numbers;
    const common = { charge, sinceUs, want, least, refund, refundAtUs, untilUs };
    if (isBucket) {
      const asked = { capacity: first, tokenUs: second, ...common, aheadUs: last };
      const { bucket, settled } = settle(this.buckets.get(key) ?? null, asked, serverUs);
      this.buckets.set(key, bucket);
      return [settled.granted, settled.aheadUs, settled.atUs].map(String);
    }
    const asked = { limit: first, windowUs: second, ...common, used: last };
    const { window, settled } = settleWindow(this.windows.get(key) ?? null, asked, serverUs);
    this.windows.set(key, window);
    return [settled.granted, settled.current, settled.previous, settled.atUs].map(String);
  }
}

/** So many tokens, and one more each millisecond in ten thousand seconds. */
export function slowBucket(capacity: number): BucketPolicy {
  return { capacity, ratePerSecond: 0.0001, windowMs: 0, isLocal: false };
}

export function hourWindow(limit: number): BucketPolicy {
  return { capacity: limit, ratePerSecond: limit / 3600, windowMs: 3_600_000, isLocal: false };
}

type Answer = 'admitted' | 'refused' | 'waiting';

/** What became of a request, which may be known later. */
export interface Asked {
  answer: Answer;
  /** How long it waited, ms. */
  waitedMs: number;
}

/** A request of a client, known by a number. */
export function request(
  world: LimitsWorld,
  limits: SharedLimits,
  policy: BucketPolicy,
  { client = 7, cost = 1 } = {},
): Asked {
  const sentMs = world.nowMs;
  const limit = limits.limit('c:', `ip:${client}`, client, client, policy, (policy.windowMs ?? 0) > 0, sentMs);
  const verdict = limit.take(cost, sentMs);
  const asked: Asked = { answer: verdict === 'undecided' ? 'waiting' : verdict, waitedMs: 0 };
  if (verdict === 'undecided') {
    limit.wait(cost, sentMs, (isAdmitted) => {
      asked.answer = isAdmitted ? 'admitted' : 'refused';
      asked.waitedMs = world.nowMs - sentMs;
    });
  }
  return asked;
}

/** How many of so many are admitted, one after the other. */
export function admittedOf(
  world: LimitsWorld,
  limits: SharedLimits,
  policy: BucketPolicy,
  count: number,
  options: { readonly client?: number; readonly cost?: number; readonly everyMs?: number } = {},
): number {
  let admitted = 0;
  for (let index = 0; index < count; index += 1) {
    const asked = request(world, limits, policy, options);
    if (asked.answer === 'waiting') world.advance(Math.max(options.everyMs ?? 0, 4 * world.rttMs));
    else world.advance(options.everyMs ?? 0);
    if (asked.answer === 'admitted') admitted += 1;
  }
  return admitted;
}
