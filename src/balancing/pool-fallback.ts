/**
 * Where the requests of a pool go that it cannot take: to its fallback, then to that one's, and so on. As with Envoy's
 * priorities, a pool that loses backends gives requests away by and by, and gets them back as its backends return, slow
 * starts included.
 */
import { mix32 } from '../core/hash.ts';
import type { Random } from '../core/random.ts';
import { type LevelCapacity, localityShares } from './core/locality.ts';

/** So that the pool of a key has nothing to do with its backend in there. */
const SALT = 0x2c_1b_3c_6d;

/** A pool as far as its fallback matters. */
export interface SharedPool {
  readonly settings: { readonly algorithm: string };
  /** Changes whenever its capacity may have. */
  refreshes(nowMs: number): number;
  capacity(nowMs: number): LevelCapacity;
}

export class PoolFallback<Pool extends SharedPool> {
  /** The pool, its fallback, the fallback of that … */
  readonly chain: readonly Pool[];
  readonly #rule: { readonly overprovisioning: number; readonly minBackends: 1; readonly trafficShare: 0 };
  readonly #random: Random;
  readonly #byKey: boolean;
  /** Of the pools in the chain, when the shares were computed. */
  readonly #seen: number[];
  #shares: readonly number[] = [];

  /** @param chain two or more, each one once. @param overprovisioning 1 or more */
  constructor(chain: readonly Pool[], overprovisioning: number, random: Random) {
    this.chain = chain;
    this.#rule = { overprovisioning, minBackends: 1, trafficShare: 0 };
    this.#random = random;
    this.#byKey = chain[0]!.settings.algorithm === 'consistent-hash';
    this.#seen = chain.map(() => -1);
  }

  /** The pool of a request; the first if none has an available backend: it says why. */
  choose(keyHash: number, nowMs: number): Pool {
    const shares = this.shares(nowMs);
    if (shares[0]! >= 1) return this.chain[0]!;
    let draw = this.#byKey ? mix32(keyHash ^ SALT) / 0x1_0000_0000 : this.#random();
    let last = 0;
    for (let at = 0; at < shares.length; at += 1) {
      if (shares[at] === 0) continue;
      draw -= shares[at]!;
      last = at;
      if (draw < 0) break;
    }
    return this.chain[last]!;
  }

  /** Part of the requests that goes to each pool of the chain; all are 0 while none has an available backend. */
  shares(nowMs: number): readonly number[] {
    let isStale = false;
    for (let at = 0; at < this.chain.length; at += 1) {
      const refreshes = this.chain[at]!.refreshes(nowMs);
      if (refreshes === this.#seen[at]) continue;
      this.#seen[at] = refreshes;
      isStale = true;
    }
    if (isStale) {
      const levels = this.chain.map((pool) => pool.capacity(nowMs));
      this.#shares = localityShares(levels, this.#rule);
    }
    return this.#shares;
  }
}
