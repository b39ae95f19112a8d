/** Finds the route of a request, and with it the pool that its backend is picked from. */
import type { IncomingMessage } from 'node:http';
import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { HashKey } from '../../src/config/settings.ts';
import type { Pool } from '../../src/balancing/pool.ts';
import { hashString32 } from '../../src/core/hash.ts';
import { GatewayError } from '../../src/errors.ts';
import { cookieValue } from '../../src/net/cookie.ts';
import type { Exchange } from '../../src/routing/exchange.ts';
import { pathEnd } from '../../src/routing/request-path.ts';
import { routeError } from '../../src/routing/route-fault.ts';
import type { SnapshotHolder } from '../../src/routing/live-snapshot.ts';
import type { MetricsTable } from '../../src/runtime/metrics-table.ts';
import { isRoute, lookUpRoute } from '../../src/routing/route-lookup.ts';

export interface RouterOptions {
  readonly live: SnapshotHolder;
  readonly metrics: MetricsTable;
  readonly thread: number;
  readonly maxHeaders: number;
}

const plugin: FastifyPluginCallback<RouterOptions> = (app, options, done) => {
  const { live, metrics, thread, maxHeaders } = options;
  app.addHook('onRequest', (request, _reply, next) => {
    const { exchange, raw } = request;
    if (raw.rawHeaders.length > 2 * maxHeaders) {
      return next(new GatewayError('GW_HEAD_TOO_LARGE', { message: `More than ${maxHeaders} header fields` }));
    }
    const found = exchange.found ?? lookUpRoute(raw, exchange.target, live.current);
    if (!isRoute(found)) return next(routeError(found));
    const route = found;
    exchange.route = route;
    metrics.started(thread, route.index);
    if (route.target !== null) usePool(route.target, raw, exchange);
    next();
  });
  done();
};

function usePool(pool: Pool, raw: IncomingMessage, exchange: FastifyRequest['exchange']): void {
  exchange.pool = pool;
  const { algorithm, hash } = pool.settings;
  if (algorithm === 'consistent-hash') exchange.keyHash = keyHash(hash, raw, exchange);
}

/** A request without the header or cookie is hashed by its client's address. */
function keyHash(hash: HashKey, raw: IncomingMessage, exchange: Exchange): number {
  let key: string | undefined;
  if (hash.by === 'path') {
    key = exchange.target.slice(0, pathEnd(exchange.target));
  } else if (hash.by === 'header') {
    const value = raw.headers[hash.name];
    key = typeof value === 'string' ? value : value?.[0];
  } else if (hash.by === 'cookie') {
    key = cookieValue(raw.headers.cookie, hash.name);
  }
  return hashString32(key ?? exchange.clientAddress, 0);
}

export default fp(plugin, { name: 'router', dependencies: ['message-rules'] });
