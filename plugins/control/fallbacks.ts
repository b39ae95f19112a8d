/** Watches the pools with a fallback, for the event log. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { FallbackWatch } from '../../src/balancing/control/fallback-watch.ts';
import { repeat } from '../../src/runtime/repeat.ts';

/** Interval between looks, ms. */
const LOOK_MS = 500;

async function fallbacks(app: FastifyInstance): Promise<void> {
  const { events, live, tables } = app;
  const watch = new FallbackWatch({ events, nowMs: tables.clock.nowMs });
  app.addHook('onReady', async () => {
    app.addHook(
      'onClose',
      repeat(() => watch.round(live.compiled.pools.values()), LOOK_MS),
    );
  });
}

export default fp(fallbacks, { name: 'fallbacks', dependencies: ['event-log', 'snapshots', 'tables'] });
