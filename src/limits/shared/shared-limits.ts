/**
 * The limits of one traffic thread that its fleet shares: one {@link SharedLimit} for each that is in use, and what is
 * common to them: the way to Redis, whether it answers, and what to do when it does not.
 */
import type { RedisErrorKind } from '../../redis/core/redis-error-kind.ts';
import type { RedisError } from '../../redis/redis-error.ts';
import type { RedisLink, RedisReply } from '../../redis/redis-link.ts';
import type { BucketPolicy, ClientTable } from '../client-table.ts';
import type { DecisionPath, SharedMode } from '../core/limits-vocabulary.ts';
import type { Settled } from './core/gateway-level.ts';
import { type Ask, type LimitHost, SharedLimit } from './core/shared-limit.ts';
import { BucketLevel } from './bucket-level.ts';
import type { RedisLevel } from './redis-level.ts';
import { WindowLevel } from './window-level.ts';
import { TimerWheel } from './timer-wheel.ts';

export interface SharedLimitSettings {
  /** Longest wait of a request for Redis. */
  readonly waitMs: number;
  /** Silence after which Redis counts as lost. */
  readonly lostAfterMs: number;
  readonly maxLeaseMs: number;
  /** Nothing is admitted before Redis was asked for it. */
  readonly strict: boolean;
}

/** What Redis says of a loss when it is back. */
export interface Return {
  /**
   * How long ago the first of the gateways was back, ms, if all had lost Redis, or it had lost its data; Infinity: the others never lost it.
   */
  readonly firstMs: number;
  /** Its clock, µs since 2026. */
  readonly serverUs: number;
}

export interface SharedLimitPorts {
  readonly table: ClientTable;
  /** Traffic threads of this gateway. */
  readonly threads: number;
  readonly link: Pick<RedisLink, 'run' | 'ping' | 'isInParts'>;
  /** They may change at any time. */
  settings(): SharedLimitSettings;
  /** Live gateways, 1 or more. */
  gateways(): number;
  /**
   * After a loss that began `sinceMs` ago: see {@link Return}. Calls back once; null: it could not be found out. Until the mode
   * changes, the same loss may be asked for again.
   */
  onReturn(sinceMs: number, done: (found: Return | null) => void): void;
  nowMs(): number;
  random(): number;
  setTimer(run: () => void, ms: number): void;
  onMode(mode: SharedMode, error: RedisError | null): void;
  count(path: DecisionPath): void;
  /** A request waited so long for Redis, ms. */
  onWaited(ms: number): void;
  onError(error: RedisError): void;
}

/** Share of the longest wait from which on, on average, nobody waits any more, and below which requests wait again. */
const SLOW_SHARE = 0.6;
const QUICK_SHARE = 0.4;
/** Weight of the last round trip in the average. */
const RTT_WEIGHT = 0.2;
const FIRST_RTT_MS = 0.3;
/** While Redis is lost: how often it is asked whether it is back; so many quick answers in a row, and it is. */
const PROBE_EVERY_MS = 250;
const PROBE_AGAIN_MS = 20;
const QUICK_ANSWERS = 3;
/** Share of the silence that counts as a loss: an answer within it is quick. */
const QUICK_OF_LOSS = 0.5;
/**
 * After a loss of all, gateways return together, so long after the first one that found Redis again. One that did at once would
 * spend what the others have admitted, but not charged yet. Longer than two attempts to connect are apart.
 */
const GATHER_MS = 500;
/** How often limits that are not in use are looked for, and how many are looked at in one go, so that traffic goes on. */
const SWEEP_MS = 250;
const SWEPT_AT_ONCE = 1000;
const SWEEP_PAUSE_MS = 5;
/**
 * While Redis, or the node of the limit, is lost, so many limits remember what to charge afterwards. Of more, the oldest are forgotten: their levels
 * stay in the client table, which has its own bound.
 */
const MAX_REMEMBERED = 100_000;

/** Errors after which tokens are not given back again. */
const UNKNOWN_OR_FINAL: ReadonlySet<RedisErrorKind> = new Set(['down', 'timeout', 'other']);

type Limit = SharedLimit<RedisLevel>;

export class SharedLimits implements LimitHost<RedisLevel> {
  mode: SharedMode = 'shared';
  rttMs = FIRST_RTT_MS;
  backMs = 0;
  othersMs = Infinity;
  allLostMs = -Infinity;
  readonly #ports: SharedLimitPorts;
  /** By kind, then by key: a key that is a part of the request needs no new text. */
  readonly #limits = new Map<string, Map<string, Limit>>();
  #size = 0;
  readonly #wheel: TimerWheel;
  /** Answers to what was asked in an earlier one are void. */
  #generation = 0;
  #lostMs = 0;
  /** Of questions whether Redis is back; those of an earlier round are void. */
  #probes = 0;
  #isSweeping = false;
  /** Where the sweep is. */
  #sweep: Iterator<void> | null = null;
  #isClosed = false;
  /**
   * The server's clock minus ours, µs; −Infinity: not known since the last loss. The largest that was seen, as an answer is
   * read some time after it was given, unless the clock was set back.
   */
  #serverAheadUs = -Infinity;

  constructor(ports: SharedLimitPorts) {
    this.#ports = ports;
    this.#wheel = new TimerWheel(ports);
  }

  get gateways(): number {
    return Math.max(1, this.#ports.gateways());
  }

  get threads(): number {
    return this.#ports.threads;
  }

  get maxLeaseMs(): number {
    return this.#ports.settings().maxLeaseMs;
  }

  get isStrict(): boolean {
    return this.#ports.settings().strict;
  }

  /** Limits in use. */
  get size(): number {
    return this.#size;
  }

  /**
   * @param kind with `key` its name in Redis, without the prefix. @param policy of clients without settings of their own.
   * @param isWindow it is a sliding window.
   */
  limit(
    kind: string,
    key: string,
    lo: number,
    hi: number,
    policy: BucketPolicy,
    isWindow: boolean,
    nowMs: number,
  ): Limit {
    let limits = this.#limits.get(kind);
    if (limits === undefined) {
      limits = new Map();
      this.#limits.set(kind, limits);
    }
    const known = limits.get(key);
    if (known !== undefined && known.level.isWindow === isWindow) {
      known.level.policy = policy;
      return known;
    }
    // It goes on to report what it has admitted, but nothing would decide those who wait if Redis were lost.
    known?.onLate(nowMs);
    const { table, threads } = this.#ports;
    const level = isWindow ? new WindowLevel(table, lo, hi, policy, threads) : new BucketLevel(table, lo, hi, policy);
    const made = new SharedLimit<RedisLevel>(kind + key, level, this, nowMs);
    limits.set(key, made);
    if (known === undefined) this.#size += 1;
    this.#sweepLater();
    return made;
  }

  /** Counts a wait that began then. @returns the time now */
  waited(sinceMs: number): number {
    const nowMs = this.#ports.nowMs();
    this.#ports.onWaited(nowMs - sinceMs);
    return nowMs;
  }

  /** While Redis is lost, makes the settings in the table's fields those of this gateway's share. */
  shrink(table: ClientTable): void {
    if (this.mode !== 'lost' || table.windowMs > 0) return;
    table.capacity = Math.max(1, table.capacity / this.gateways);
    table.ratePerSecond /= this.gateways;
  }

  random(): number {
    return this.#ports.random();
  }

  count(path: DecisionPath): void {
    this.#ports.count(path);
  }

  send(limit: Limit, ask: Ask, sinceMs: number): void {
    const { link, nowMs } = this.#ports;
    const settings = this.#ports.settings();
    const generation = this.#generation;
    const sentMs = nowMs();
    let isAnswered = false;
    const { level } = limit;
    const untilUs = this.#untilUs(sentMs + settings.lostAfterMs);
    const args = level.ask(ask, untilUs);
    link.run(level.script, limit.key, args, settings.lostAfterMs, (error, reply) => {
      isAnswered = true;
      if (generation !== this.#generation) return;
      const atMs = nowMs();
      if (error === null) {
        this.#answered(atMs - sentMs);
        const settled = readOrNull(level, reply);
        if (settled === null) {
          limit.onFailure(atMs);
        } else {
          this.#onServerTime(settled.atUs, atMs);
          // Its clock was set, or this process stood still: the server took a fresh question for one of long ago.
          if (untilUs > 0 && settled.atUs > untilUs) limit.onVoid(settled, atMs);
          else limit.onReply(settled, atMs);
        }
      } else if (this.#isOfLimit(error)) {
        this.#ports.onError(error);
        limit.onFailure(atMs);
      } else {
        this.#lose(error);
      }
    });
    this.#wheel.at(sinceMs + settings.waitMs, () => {
      // After a stall of this process the answer may be there, unread.
      if (!isAnswered) this.#ports.setTimer(late, 0);
    });
    const late = (): void => {
      if (isAnswered || generation !== this.#generation) return;
      const atMs = nowMs();
      this.#answered(atMs - sentMs);
      limit.onLate(atMs);
    };
  }

  giveBack(limit: Limit, tokens: number, atUs: number): void {
    const { link } = this.#ports;
    const { level, key } = limit;
    const generation = this.#generation;
    link.run(level.script, key, level.giveBack(tokens, atUs), this.#ports.settings().lostAfterMs, (error) => {
      // After a silence it may have been done, and of a limit that alone is refused it never will be.
      if (error === null || this.#isClosed || UNKNOWN_OR_FINAL.has(error.kind)) return;
      if (generation === this.#generation && !this.#isOfLimit(error)) this.#lose(error);
      limit.onReturnRefused(tokens, atUs, this.#ports.nowMs());
    });
  }

  serverUs(atMs: number): number {
    return atMs * 1000 + this.#serverAheadUs;
  }

  callAt(limit: Limit, atMs: number): void {
    if (atMs >= limit.dueMs) return;
    limit.dueMs = atMs;
    this.#wheel.at(atMs, () => {
      if (limit.dueMs !== atMs) return;
      limit.dueMs = Infinity;
      limit.onDue(this.#ports.nowMs());
    });
  }

  /** Redis is known to answer. */
  onLinkUp(): void {
    if (this.mode === 'lost') this.#probe(0);
  }

  /** Redis is known to be away. */
  onLinkDown(error: RedisError): void {
    this.#lose(error);
  }

  /** Charges what was admitted, and gives back what was not spent; later answers change nothing. */
  close(): void {
    const nowMs = this.#ports.nowMs();
    this.#isClosed = true;
    for (const limit of this.#all()) limit.onStop(nowMs);
  }

  /** It concerns one limit, or those on the same node of a Cluster. */
  #isOfLimit({ kind }: RedisError): boolean {
    return kind === 'other' || (this.#ports.link.isInParts && kind !== 'clusterdown');
  }

  /** When Redis is no longer to run what it was sent, because it is sent again: a server that hangs does so much later. */
  #untilUs(untilMs: number): number {
    // Nothing will be sent again.
    if (this.#isClosed || this.#serverAheadUs === -Infinity) return 0;
    return Math.round(untilMs * 1000 + this.#serverAheadUs);
  }

  #onServerTime(serverUs: number, atMs: number): void {
    const aheadUs = serverUs - atMs * 1000;
    const isSetBack = aheadUs < this.#serverAheadUs - this.#ports.settings().lostAfterMs * 1000;
    this.#serverAheadUs = isSetBack ? aheadUs : Math.max(this.#serverAheadUs, aheadUs);
  }

  #answered(rttMs: number): void {
    this.rttMs += RTT_WEIGHT * (rttMs - this.rttMs);
    if (this.mode === 'lost') return;
    const share = this.mode === 'slow' ? QUICK_SHARE : SLOW_SHARE;
    const mode = this.rttMs > share * this.#ports.settings().waitMs ? 'slow' : 'shared';
    if (mode === this.mode) return;
    this.mode = mode;
    this.#ports.onMode(mode, null);
  }

  #lose(error: RedisError): void {
    this.#ports.onError(error);
    if (this.mode === 'lost') return;
    const nowMs = this.#ports.nowMs();
    this.mode = 'lost';
    this.#lostMs = nowMs;
    this.#serverAheadUs = -Infinity;
    this.#generation += 1;
    if (!this.#isClosed) this.#ports.onMode('lost', error);
    for (const limit of this.#all()) limit.onLost(nowMs);
    this.#probe(0);
  }

  /** @param quick answers in a row so far. */
  #probe(quick: number): void {
    if (this.#isClosed) return;
    const { link, setTimer } = this.#ports;
    this.#probes += 1;
    const probe = this.#probes;
    const again = (next: number, ms: number): void => {
      setTimer(() => {
        if (probe === this.#probes) this.#probe(next);
      }, ms);
    };
    // A deadline, not a measured time: of that, a busy machine's own part may be the larger one.
    link.ping(this.#ports.settings().lostAfterMs * QUICK_OF_LOSS, (error) => {
      if (probe !== this.#probes) return;
      if (error !== null) again(0, PROBE_EVERY_MS);
      else if (quick + 1 < QUICK_ANSWERS) again(quick + 1, PROBE_AGAIN_MS);
      else this.#ask(probe, again);
    });
  }

  #ask(probe: number, again: (quick: number, ms: number) => void): void {
    const { onReturn, nowMs } = this.#ports;
    onReturn(nowMs() - this.#lostMs, (found) => {
      if (probe !== this.#probes || this.#isClosed) return;
      if (found === null) return again(0, PROBE_EVERY_MS);
      const missingMs = GATHER_MS - found.firstMs;
      if (missingMs > 0) again(QUICK_ANSWERS - 1, missingMs);
      else this.#back(found);
    });
  }

  #back({ firstMs, serverUs }: Return): void {
    const nowMs = this.#ports.nowMs();
    this.#probes += 1;
    this.#onServerTime(serverUs, nowMs);
    this.othersMs = firstMs - GATHER_MS;
    if (firstMs < Infinity) this.allLostMs = this.#lostMs;
    this.backMs = nowMs;
    this.rttMs = FIRST_RTT_MS;
    this.mode = 'shared';
    this.#generation += 1;
    this.#ports.onMode('shared', null);
    this.#settleAll([...this.#all()]);
  }

  /** A part at a time, so that traffic goes on; a limit that is used before its turn settles itself. */
  #settleAll(limits: Limit[]): void {
    if (this.mode === 'lost') return;
    const nowMs = this.#ports.nowMs();
    for (const limit of limits.splice(-200)) limit.onBack(nowMs);
    if (limits.length > 0) this.#ports.setTimer(() => this.#settleAll(limits), 1);
  }

  *#all(): Generator<Limit> {
    for (const limits of this.#limits.values()) yield* limits.values();
  }

  /** Looks at one limit each time. */
  *#forgetIdle(): Generator<void> {
    for (const [kind, limits] of this.#limits) {
      for (const [key, limit] of limits) {
        const isTooMany = this.#size > MAX_REMEMBERED;
        if (limit.isIdle(this.#ports.nowMs(), isTooMany)) {
          limits.delete(key);
          this.#size -= 1;
        }
        yield;
      }
      if (limits.size === 0) this.#limits.delete(kind);
    }
  }

  #sweepLater(): void {
    if (this.#isSweeping || this.#isClosed) return;
    this.#isSweeping = true;
    this.#ports.setTimer(() => this.#sweepSome(), this.#sweep === null ? SWEEP_MS : SWEEP_PAUSE_MS);
  }

  #sweepSome(): void {
    this.#isSweeping = false;
    this.#sweep ??= this.#forgetIdle();
    for (let count = 0; count < SWEPT_AT_ONCE && this.#sweep !== null; count += 1) {
      if (this.#sweep.next().done === true) this.#sweep = null;
    }
    if (this.#size > 0) this.#sweepLater();
  }
}

/** Null: the script cannot have returned it. */
function readOrNull(level: RedisLevel, reply: readonly RedisReply[]): Settled | null {
  try {
    return level.read(reply);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
