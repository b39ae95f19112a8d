/** Finds the route of a request, and with it the pool that its backend is picked from. */
import type { IncomingMessage } from 'node:http';
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { GatewayError } from '../../src/errors.ts';
import type { ClientRequest } from '../../src/http/client-side.ts';
import type { Recorder } from '../../src/recording/traffic/recorder.ts';
import { RequestSample } from '../../src/recording/traffic/request-sample.ts';
import type { Exchange } from '../../src/routing/exchange.ts';
import { routeError } from '../../src/routing/route-fault.ts';
import type { SnapshotHolder } from '../../src/routing/live-snapshot.ts';
import type { MetricsTable } from '../../src/runtime/metrics-table.ts';
import { isRoute, lookUpRoute } from '../../src/routing/route-lookup.ts';
import type { SharedClock } from '../../src/runtime/shared-clock.ts';
import { usePool } from '../../src/routing/use-pool.ts';

export interface RouterOptions {
  readonly live: SnapshotHolder;
  readonly clock: SharedClock;
  readonly metrics: MetricsTable;
  readonly thread: number;
  readonly maxHeaders: number;
  readonly recorder: Recorder;
}

const plugin: FastifyPluginCallback<RouterOptions> = (app, options, done) => {
  const { live, clock, metrics, thread, maxHeaders, recorder } = options;
  app.addHook('onRequest', (request, _reply, next) => {
    const { exchange, raw } = request;
    if (raw.rawHeaders.length > 2 * maxHeaders) {
      return next(new GatewayError('GW_HEAD_TOO_LARGE', { message: `More than ${maxHeaders} header fields` }));
    }
    const found = exchange.found ?? lookUpRoute(raw, exchange.target, live.current, exchange.geo);
    if (!isRoute(found)) return next(routeError(found));
    const route = found;
    exchange.route = route;
    // With several pools, the chosen one has its own row.
    if (route.split === null) {
      exchange.row = route.index;
      metrics.started(thread, route.index);
    }
    if (recorder.active !== null && !raw.upgrade) exchange.recording = sampleOf(recorder, raw, exchange, route.name);
    if (route.target !== null) usePool(route.target, raw.headers, exchange, clock);
    next();
  });
  done();
};

/** Null: this one is not recorded. */
function sampleOf(recorder: Recorder, raw: IncomingMessage, exchange: Exchange, route: string): RequestSample | null {
  const recording = recorder.chooses(route);
  if (recording === null) return null;
  const { requestId, target, startMs } = exchange;
  const request = raw as unknown as ClientRequest;
  return new RequestSample(recorder, recording, { request, requestId, target, route, startMs });
}

export default fp(plugin, { name: 'router', dependencies: ['message-rules'] });
