/** Sets the pool that a request's backend is picked from, and what the pool's algorithm needs to know of the request. */
import type { HashKey } from '../config/settings.ts';
import type { Pool } from '../balancing/pool.ts';
import { hashString32 } from '../core/hash.ts';
import type { FieldValues } from '../http/fields/field-values.ts';
import { cookieValue } from '../net/cookie.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import type { Exchange } from './exchange.ts';
import { pathEnd } from './request-path.ts';

type Pooled = Exchange<unknown, unknown, Pool>;

/** The pool itself, or for what it cannot take, its fallback, which is counted. */
export function usePool(pool: Pool, headers: object, exchange: Pooled, clock: Pick<SharedClock, 'wallMs'>): void {
  choosePool(pool, headers, exchange, clock);
  if (exchange.pool !== pool) pool.countFallback();
}

/** The same, for a request that is only described. */
export function choosePool(pool: Pool, headers: object, exchange: Pooled, clock: Pick<SharedClock, 'wallMs'>): void {
  setPool(pool, headers, exchange);
  if (pool.fallback === null) return;
  const { cookie } = headers as FieldValues;
  const chosen =
    (cookie === undefined ? null : boundPool(pool.fallback.chain, cookie, exchange.startMs, clock)) ??
    pool.fallback.choose(exchange.keyHash, exchange.startMs);
  if (chosen !== pool) setPool(chosen, headers, exchange);
}

/** A request of `pool` goes to another one. */
export function fallBack(pool: Pool, other: Pool, headers: object, exchange: Pooled): void {
  pool.countFallback();
  setPool(other, headers, exchange);
}

function setPool(pool: Pool, headers: object, exchange: Pooled): void {
  exchange.pool = pool;
  const { algorithm, hash } = pool.settings;
  if (algorithm === 'consistent-hash') exchange.keyHash = keyHash(hash, headers as FieldValues, exchange);
}

/** A session stays with its backend, also when the pool before could take it again. */
function boundPool(
  chain: readonly Pool[],
  cookie: string,
  nowMs: number,
  clock: Pick<SharedClock, 'wallMs'>,
): Pool | null {
  for (const pool of chain) {
    if (pool.sticky === null) continue;
    const session = pool.sticky.find(cookie, clock.wallMs(nowMs) / 1000);
    if (session !== null && pool.maySessionStay(session.backend, nowMs)) return pool;
  }
  return null;
}

/** A request without the header or cookie is hashed by its client's address. */
function keyHash(hash: HashKey, headers: FieldValues, { target, clientAddress }: Pooled): number {
  let key: string | undefined;
  if (hash.by === 'path') key = target.slice(0, pathEnd(target));
  else if (hash.by === 'header') key = headers[hash.name];
  else if (hash.by === 'cookie') key = cookieValue(headers.cookie, hash.name);
  return hashString32(key ?? clientAddress, 0);
}
