/** Chooses the pool of a request on a route with several. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { FieldValues } from '../../../src/http/fields/field-values.ts';
import { usePool } from '../../../src/routing/use-pool.ts';
import type { MetricsTable } from '../../../src/runtime/metrics-table.ts';
import type { SharedClock } from '../../../src/runtime/shared-clock.ts';

export interface SplitOptions {
  readonly clock: SharedClock;
  readonly metrics: MetricsTable;
  readonly thread: number;
}

const plugin: FastifyPluginCallback<SplitOptions> = (app, { clock, metrics, thread }, done) => {
  app.addPolicy(
    ({ split }) => split !== null,
    ({ exchange, raw }, _reply, next) => {
      const { client, clientAddress, startMs } = exchange;
      const share = exchange.route!.split!.choose({
        headers: raw.headers as FieldValues,
        client: client === '' ? clientAddress : client.slice(client.indexOf(':') + 1),
        nowMs: startMs,
        wallS: clock.wallMs(startMs) / 1000,
      });
      usePool(share.pool, raw.headers, exchange, clock);
      exchange.row = share.row;
      metrics.started(thread, share.row);
      next();
    },
  );
  done();
};

export default fp(plugin, { name: 'split', dependencies: ['policies'] });
