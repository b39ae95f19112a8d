/**
 * Keeps the public keys that verify tokens: fetches them before they are needed and when a token names one that is not
 * known, and sends them to the traffic threads. Keys stay in use for as long as no others can be had.
 *
 * Anybody can send tokens with made-up key ids, so those lead to one fetch in half a minute at most, for any number of
 * tokens and threads.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { equalJitterMs } from '../../core/backoff.ts';
import type { Random } from '../../core/random.ts';
import type { PublicJwk } from '../core/key-set.ts';
import type { SharedKeySet } from '../key-directory.ts';
import type { KeySource } from '../key-source.ts';
import type { FetchedKeys } from './fetch-keys.ts';

export interface KeyKeeperPorts {
  readonly fetch: (source: KeySource, signal: AbortSignal) => Promise<FetchedKeys>;
  readonly log: Logger;
  /** Keys cannot be fetched, or can be again; for operators. */
  readonly onEvent: (severity: 'info' | 'warn', subject: string, message: string) => void;
  readonly nowMs: () => number;
  readonly random: Random;
}

/** For metrics. */
export interface KeySourceReport {
  readonly source: string;
  /** 0: none were ever loaded. */
  readonly keys: number;
  readonly fetchedTotal: number;
  readonly failedTotal: number;
  /** Since the keys were fetched; null: never. */
  readonly ageMs: number | null;
}

interface Kept {
  readonly source: KeySource;
  keys: readonly PublicJwk[] | null;
  fetchedAtMs: number;
  nextMs: number;
  /** When the last fetch began; −Infinity: none did. */
  triedAtMs: number;
  /** In a row. */
  failures: number;
  fetchedTotal: number;
  failedTotal: number;
  running: Promise<void> | null;
}

/** Between fetches that a token causes. */
const COOL_DOWN_MS = 30_000;
const RETRY_BASE_MS = 1000;
const MAX_RETRY_MS = 60_000;
/** While there are no keys, and requests are refused. */
const MAX_FIRST_RETRY_MS = 10_000;

export class KeyKeeper {
  readonly #ports: KeyKeeperPorts;
  readonly #kept = new Map<string, Kept>();
  readonly #stop = new AbortController();
  #publish: (sets: readonly SharedKeySet[]) => Promise<void> = () => Promise.resolve();

  constructor(ports: KeyKeeperPorts) {
    this.#ports = ports;
  }

  /** @param publish resolves when all threads have them, and no others */
  connect(publish: (sets: readonly SharedKeySet[]) => Promise<void>): void {
    this.#publish = publish;
  }

  /** What a new thread needs to know. */
  get sets(): readonly SharedKeySet[] {
    return [...this.#kept.values()].flatMap(({ source: { id }, keys }) =>
      keys === null ? [] : [{ source: id, keys }],
    );
  }

  get reports(): readonly KeySourceReport[] {
    const nowMs = this.#ports.nowMs();
    return [...this.#kept.values()].map(({ source, keys, fetchedAtMs, fetchedTotal, failedTotal }) => ({
      source: source.location,
      keys: keys?.length ?? 0,
      fetchedTotal,
      failedTotal,
      ageMs: keys === null ? null : nowMs - fetchedAtMs,
    }));
  }

  /** These sources from now on; new ones are fetched at once. */
  use(sources: readonly KeySource[]): void {
    const wanted = new Set(sources.map(({ id }) => id));
    for (const id of this.#kept.keys()) if (!wanted.has(id)) this.#kept.delete(id);
    for (const source of sources) {
      if (this.#kept.has(source.id)) continue;
      this.#kept.set(source.id, {
        source,
        keys: null,
        fetchedAtMs: 0,
        nextMs: 0,
        triedAtMs: Number.NEGATIVE_INFINITY,
        failures: 0,
        fetchedTotal: 0,
        failedTotal: 0,
        running: null,
      });
    }
    this.look();
  }

  /** Begins the fetches that are due. */
  look(): void {
    const nowMs = this.#ports.nowMs();
    for (const kept of this.#kept.values()) if (kept.running === null && nowMs >= kept.nextMs) void this.#fetch(kept);
  }

  /** A token needs a key that no thread knows. Resolves when the threads have what can be had. */
  async want(id: string): Promise<void> {
    const kept = this.#kept.get(id);
    if (kept === undefined) return;
    const isCool = this.#ports.nowMs() - kept.triedAtMs >= COOL_DOWN_MS;
    // Without any keys, the rounds go on by themselves.
    if (kept.running === null && kept.keys !== null && isCool) void this.#fetch(kept);
    await kept.running;
  }

  /** Running fetches end. */
  stop(): void {
    this.#stop.abort();
    this.#kept.clear();
  }

  #fetch(kept: Kept): Promise<void> {
    kept.triedAtMs = this.#ports.nowMs();
    kept.running = this.#ports
      .fetch(kept.source, this.#stop.signal)
      .then(
        (fetched) => this.#onFetched(kept, fetched),
        (error: unknown) => this.#onFailed(kept, error as Error),
      )
      .finally(() => {
        kept.running = null;
      });
    return kept.running;
  }

  async #onFetched(kept: Kept, { keys, refreshMs }: FetchedKeys): Promise<void> {
    const { log, onEvent, nowMs } = this.#ports;
    const { location } = kept.source;
    if (kept.failures > 0) {
      log.info({ source: location, keys: keys.length }, 'keys for tokens are fetched again');
      onEvent('info', location, `the keys of ${location} are fetched again`);
    }
    const isNew = !isDeepStrictEqual(kept.keys, keys);
    kept.failures = 0;
    kept.fetchedTotal += 1;
    kept.fetchedAtMs = nowMs();
    kept.nextMs = kept.fetchedAtMs + refreshMs;
    if (!isNew) return;
    kept.keys = keys;
    log.info({ source: location, keys: keys.length }, 'keys for tokens changed');
    // It may be gone by now.
    if (this.#kept.get(kept.source.id) === kept) await this.#publish(this.sets);
  }

  #onFailed(kept: Kept, error: Error): void {
    if (this.#stop.signal.aborted) return;
    const { log, onEvent, nowMs, random } = this.#ports;
    const { location } = kept.source;
    const inUse = kept.keys?.length ?? 0;
    const maxMs = inUse === 0 ? MAX_FIRST_RETRY_MS : MAX_RETRY_MS;
    kept.nextMs = nowMs() + equalJitterMs(kept.failures, RETRY_BASE_MS, maxMs, random());
    kept.failures += 1;
    kept.failedTotal += 1;
    if (kept.failures > 1) return;
    const rest = inUse === 0 ? 'routes that need them answer 503' : 'those known before stay in use';
    log.warn({ source: location, reason: error.message, keys: inUse }, 'keys for tokens cannot be fetched');
    onEvent('warn', location, `the keys of ${location} cannot be fetched: ${error.message}; ${rest}`);
  }
}
