/** Refuses requests of lower priority while the thread or their pool is overloaded: 503. Registered only if it is on. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { Pool } from '../../../src/balancing/pool.ts';
import { sendError } from '../../../src/connections/send-own-answer.ts';
import type { Random } from '../../../src/core/random.ts';
import { GatewayError } from '../../../src/errors.ts';
import { SAMPLE_MS, type Shedder } from '../../../src/policies/shedding/shedder.ts';
import type { LiveRoute } from '../../../src/routing/live-snapshot.ts';
import { type MetricsTable, THREAD_COUNTER } from '../../../src/runtime/metrics-table.ts';
import { repeat } from '../../../src/runtime/repeat.ts';

export interface SheddingOptions {
  readonly shedder: Shedder;
  readonly metrics: MetricsTable;
  readonly thread: number;
  readonly random: Random;
}

/** Retries are spread, or all of them would come back at once. */
const RETRY_AFTER_MS = { from: 1000, to: 4000 };

const NONE: readonly Pool[] = [];

const plugin: FastifyPluginCallback<SheddingOptions> = (app, { shedder, metrics, thread, random }, done) => {
  const stop = repeat(() => {
    shedder.sample();
    metrics.setLevel(thread, THREAD_COUNTER.sheddingLevel, shedder.level);
  }, SAMPLE_MS);
  app.addHook('onClose', () => stop());

  app.addPolicy(
    () => true,
    ({ exchange }, reply, next) => {
      const route = exchange.route!;
      if (!shedder.refuses(route.priority, targetsOf(route), exchange.startMs)) return next();
      metrics.countLaterRefusal(thread, 'shedding');
      reply.hijack();
      const { from, to } = RETRY_AFTER_MS;
      sendError(exchange, new GatewayError('GW_OVERLOADED', { retryAfterMs: from + random() * (to - from) }));
    },
  );
  done();
};

function targetsOf({ target, split }: LiveRoute): readonly Pool[] {
  if (target !== null) return [target];
  return split === null ? NONE : split.shares.map(({ pool }) => pool);
}

export default fp(plugin, { name: 'shedding', dependencies: ['policies'] });
