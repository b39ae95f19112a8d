/** Finds the session in a request's sticky cookie, in pools with sticky sessions; the balancer picks its backend. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { LiveRoute } from '../../src/routing/live-snapshot.ts';
import type { SharedClock } from '../../src/runtime/shared-clock.ts';

export interface StickyOptions {
  readonly clock: SharedClock;
}

const plugin: FastifyPluginCallback<StickyOptions> = (app, { clock }, done) => {
  const concerns = ({ pools }: LiveRoute): boolean => pools.some(({ sticky }) => sticky !== null);
  app.addPolicy(concerns, ({ exchange, raw }, _reply, next) => {
    const sticky = exchange.pool?.sticky ?? null;
    const { cookie } = raw.headers;
    if (sticky !== null && cookie !== undefined) {
      exchange.session = sticky.find(cookie, clock.wallMs(exchange.startMs) / 1000);
    }
    next();
  });
  done();
};

export default fp(plugin, { name: 'sticky', dependencies: ['policies'] });
