/** Sets the pool that a request's backend is picked from, and what the pool's algorithm needs to know of the request. */
import type { HashKey } from '../config/settings.ts';
import type { Pool } from '../balancing/pool.ts';
import { hashString32 } from '../core/hash.ts';
import type { FieldValues } from '../http/fields/field-values.ts';
import { cookieValue } from '../net/cookie.ts';
import type { Exchange } from './exchange.ts';
import { pathEnd } from './request-path.ts';

export function usePool(pool: Pool, headers: object, exchange: Exchange<unknown, unknown, Pool>): void {
  exchange.pool = pool;
  const { algorithm, hash } = pool.settings;
  if (algorithm === 'consistent-hash') exchange.keyHash = keyHash(hash, headers as FieldValues, exchange);
}

/** A request without the header or cookie is hashed by its client's address. */
function keyHash(hash: HashKey, headers: FieldValues, { target, clientAddress }: Exchange): number {
  let key: string | undefined;
  if (hash.by === 'path') key = target.slice(0, pathEnd(target));
  else if (hash.by === 'header') key = headers[hash.name];
  else if (hash.by === 'cookie') key = cookieValue(headers.cookie, hash.name);
  return hashString32(key ?? clientAddress, 0);
}
