/**
 * A pool as one traffic thread sees it: which of its backends are available now, and which of them the strategy picks.
 *
 * The list of available backends is kept until the shared table says that something changed, or until a circuit or an
 * ejection runs out: a pick costs the same with three backends and with a thousand.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PoolSettings } from '../config/settings.ts';
import type { SnapshotBackend, SnapshotPool } from '../config/snapshot.ts';
import { createStrategy } from '../core/balancing/create-strategy.ts';
import type { Candidate, Strategy } from '../core/balancing/strategy.ts';
import { REFUSED } from '../core/circuit-breaker.ts';
import { hashString32 } from '../core/hash.ts';
import type { Random } from '../core/random.ts';
import { parseAddress } from '../http/ip-address.ts';
import { RetryBudget } from '../core/retry-budget.ts';
import { unavailableReason } from './availability.ts';
import type { BackendTable } from './backend-table.ts';
import type { Circuits } from './circuits.ts';

export interface PoolBackend extends Candidate {
  readonly id: string;
  readonly url: URL;
  /** Path of the URL without its last slash: goes in front of every request's path. */
  readonly basePath: string;
  /** What TLS asks for, whatever Host the client sent; null: no TLS, or an address, which has no server name. */
  readonly serverName: string | null;
  /** What its connections depend on: with another key, other connections. */
  readonly connectionKey: string;
}

/** A backend that may get this request, and the circuit's pass for it. */
export interface Pick {
  readonly backend: PoolBackend;
  readonly pass: number;
}

export interface PoolPorts {
  readonly table: BackendTable;
  readonly circuits: Circuits;
  readonly random: Random;
  readonly turns: Int32Array;
}

export class Pool {
  readonly settings: PoolSettings;
  readonly backends: readonly PoolBackend[];
  /** Of this thread: the share holds for each thread, and so for all. */
  readonly retryBudget: RetryBudget;

  readonly #table: BackendTable;
  readonly #circuits: Circuits;
  readonly #madeOf: readonly SnapshotBackend[];
  readonly #strategy: Strategy;
  #available: readonly PoolBackend[] = [];
  #version = -1;
  #staleAtMs = 0;
  /** When the current pick is made, for the strategy's view of the load. */
  #pickMs = 0;

  constructor(pool: SnapshotPool, ports: PoolPorts) {
    this.settings = pool.settings;
    this.retryBudget = new RetryBudget(pool.settings.retries);
    this.#table = ports.table;
    this.#circuits = ports.circuits;
    this.#madeOf = pool.backends;
    this.backends = pool.backends.map((backend) => {
      const url = new URL(backend.url);
      return {
        index: backend.index,
        id: backend.id,
        idHash: hashString32(backend.id, 0),
        weight: ports.table.weight(backend.index),
        url,
        basePath: url.pathname.replace(/\/+$/, ''),
        serverName: url.protocol === 'https:' && !isAddress(url.hostname) ? url.hostname : null,
        connectionKey: connectionKey(backend, pool.settings),
      };
    });
    this.#strategy = createStrategy(pool.settings.algorithm, {
      random: ports.random,
      load: {
        inFlight: (index) => ports.table.inFlight(index),
        latencyMs: (index) => ports.table.latencyMs(index, this.#pickMs),
      },
      nextTurn: () => Atomics.add(ports.turns, pool.index, 1) >>> 0,
    });
  }

  /** True when this pool would come out again. Weights and `enabled` are in the shared table: they may differ. */
  isMadeOf(pool: SnapshotPool): boolean {
    return (
      isDeepStrictEqual(this.#madeOf, pool.backends) &&
      isDeepStrictEqual({ ...this.settings, backends: [] }, { ...pool.settings, backends: [] })
    );
  }

  /** Null when no backend is available, or none but those that were tried. */
  pick(keyHash: number, nowMs: number, tried: readonly PoolBackend[]): Pick | null {
    this.#pickMs = nowMs;
    const available = this.available(nowMs);
    let candidates = without(tried, available);
    for (;;) {
      const at = this.#strategy.pick(candidates, keyHash);
      if (at === -1) break;
      const backend = candidates[at]!;
      const pass = this.#circuits.admit(backend.index, this.settings.circuitBreaker, nowMs);
      if (pass !== REFUSED) return { backend, pass };
      // Another thread took the last trial of a half-open circuit.
      candidates = candidates.filter((each) => each !== backend);
    }
    const isPanic = this.settings.panic && !available.some((backend) => tried.includes(backend));
    return isPanic ? this.#pickAny(keyHash, tried) : null;
  }

  /** Panic: rather a backend that is down, ejected or behind an open circuit than none; never what an operator shut. */
  #pickAny(keyHash: number, tried: readonly PoolBackend[]): Pick | null {
    const open = this.backends.filter(
      ({ index }) =>
        this.#table.isEnabled(index) &&
        !this.#table.isDraining(index) &&
        !this.#circuits.isForcedOpen(index, this.#pickMs),
    );
    const candidates = without(tried, open);
    const at = this.#strategy.pick(candidates, keyHash);
    if (at === -1) return null;
    const backend = candidates[at]!;
    return { backend, pass: this.#circuits.bypass(backend.index) };
  }

  available(nowMs: number): readonly PoolBackend[] {
    const version = this.#table.availabilityVersion;
    if (version !== this.#version || nowMs >= this.#staleAtMs) this.#refresh(version, nowMs);
    return this.#available;
  }

  /** Until a circuit or an ejection runs out, at least a second; undefined when none is what keeps backends away. */
  retryAfterMs(nowMs: number): number | undefined {
    this.available(nowMs);
    return this.#staleAtMs === Infinity ? undefined : Math.max(1000, this.#staleAtMs - nowMs);
  }

  #refresh(version: number, nowMs: number): void {
    const { circuitBreaker, healthCheck } = this.settings;
    const open: PoolBackend[] = [];
    let staleAtMs = Infinity;
    for (const backend of this.backends) {
      const { index } = backend;
      if (unavailableReason(this.#table, index, circuitBreaker, nowMs) === null) {
        const weight = this.#table.weight(index);
        open.push(weight === backend.weight ? backend : Object.assign(backend, { weight }));
      }
      for (const at of [this.#table.ejectedUntil(index), this.#table.openUntil(index)]) {
        if (at > nowMs && at < staleAtMs) staleAtMs = at;
      }
    }
    // A backend that no probe has answered for yet gets traffic only when no other does.
    const known = healthCheck.enabled ? open.filter(({ index }) => this.#table.health(index) === 'up') : open;
    this.#available = known.length > 0 ? known : open;
    this.#version = version;
    this.#staleAtMs = staleAtMs;
  }
}

function without(tried: readonly PoolBackend[], backends: readonly PoolBackend[]): readonly PoolBackend[] {
  return tried.length === 0 ? backends : backends.filter((backend) => !tried.includes(backend));
}

function connectionKey({ id, url }: SnapshotBackend, pool: PoolSettings): string {
  const { maxConnections, keepAliveMs, insecureSkipTlsVerify, timeouts } = pool;
  return [id, url, maxConnections, keepAliveMs, insecureSkipTlsVerify, timeouts.connectMs, timeouts.responseMs].join(
    ' ',
  );
}

/** @param hostname of a URL: an IPv6 address in brackets. */
function isAddress(hostname: string): boolean {
  return parseAddress(hostname.replace(/^\[|\]$/g, '')) !== undefined;
}
