/** Finds the route of a request, and with it the pool that its backend is picked from. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { GatewayError } from '../../src/errors.ts';
import { routeError } from '../../src/routing/route-fault.ts';
import type { SnapshotHolder } from '../../src/routing/live-snapshot.ts';
import type { MetricsTable } from '../../src/runtime/metrics-table.ts';
import { isRoute, lookUpRoute } from '../../src/routing/route-lookup.ts';
import { usePool } from '../../src/routing/use-pool.ts';

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
    // With several pools, the chosen one has its own row.
    if (route.split === null) {
      exchange.row = route.index;
      metrics.started(thread, route.index);
    }
    if (route.target !== null) usePool(route.target, raw.headers, exchange);
    next();
  });
  done();
};

export default fp(plugin, { name: 'router', dependencies: ['message-rules'] });
