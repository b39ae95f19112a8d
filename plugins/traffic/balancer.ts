/** Finds the route of a request, and with it the pool that the proxy picks backends from. */
import type { IncomingMessage } from 'node:http';
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { HashKey } from '../../src/config/settings.ts';
import { hashString32 } from '../../src/core/hash.ts';
import { GatewayError } from '../../src/errors.ts';
import { cookieValue } from '../../src/http/cookie.ts';
import type { Exchange } from '../../src/http/exchange.ts';
import { canonicalPath, pathEnd, staysInside } from '../../src/http/request-path.ts';
import type { LiveRoute, SnapshotHolder } from '../../src/state/live-snapshot.ts';
import type { MetricsTable } from '../../src/state/metrics-table.ts';

export interface BalancerOptions {
  readonly live: SnapshotHolder;
  readonly metrics: MetricsTable;
  readonly thread: number;
  readonly maxHeaders: number;
}

const plugin: FastifyPluginCallback<BalancerOptions> = (app, options, done) => {
  const { live, metrics, thread, maxHeaders } = options;
  app.addHook('onRequest', (request, _reply, next) => {
    const { exchange, raw } = request;
    if (raw.rawHeaders.length > 2 * maxHeaders) {
      return next(new GatewayError('GW_HEAD_TOO_LARGE', { message: `More than ${maxHeaders} header fields` }));
    }
    const { routes } = live.current;
    const path = exchange.target.slice(0, pathEnd(exchange.target));
    const canonical = canonicalPath(path);
    if (canonical === undefined) return next(new GatewayError('GW_BAD_PATH'));

    const { host } = raw.headers;
    const route = routes.find(host, path, raw.method!);
    if (canonical !== path && routes.find(host, canonical, raw.method!) !== route) {
      return next(new GatewayError('GW_BAD_PATH', { message: 'The path leads elsewhere when it is resolved' }));
    }
    if (route === undefined) return next(new GatewayError('GW_NO_ROUTE'));
    if (
      canonical !== path &&
      !route.target.backends.every(({ basePath }) => isInside(path, canonical, route, basePath))
    ) {
      return next(new GatewayError('GW_BAD_PATH', { message: 'The path leads out of its route when it is resolved' }));
    }
    exchange.route = route;
    metrics.started(thread, route.index);
    const { algorithm, hash } = route.target.settings;
    if (algorithm === 'consistent-hash') exchange.keyHash = keyHash(hash, raw, exchange, path);
    next();
  });
  done();
};

function isInside(path: string, canonical: string, route: LiveRoute, basePath: string): boolean {
  return staysInside(path, canonical, route.stripPrefix ? route.pathPrefix : '', basePath);
}

/** A request without the header or cookie is hashed by its client's address. */
function keyHash(hash: HashKey, raw: IncomingMessage, exchange: Exchange, path: string): number {
  let key: string | undefined;
  if (hash.by === 'path') {
    key = path;
  } else if (hash.by === 'header') {
    const value = raw.headers[hash.name];
    key = typeof value === 'string' ? value : value?.[0];
  } else if (hash.by === 'cookie') {
    key = cookieValue(raw.headers.cookie, hash.name);
  }
  return hashString32(key ?? exchange.clientAddress, 0);
}

export default fp(plugin, { name: 'balancer', dependencies: ['message-rules'] });
