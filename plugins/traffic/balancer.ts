/**
 * Picks the backend of every attempt: by the pool's strategy, once its turn in the pool's queue has come, if the
 * breaker agrees.
 */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { Balancer } from '../../src/balancing/balancer.ts';
import type { SharedClock } from '../../src/runtime/shared-clock.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly balancer: Balancer;
  }
}

export interface BalancerOptions {
  readonly clock: SharedClock;
}

const plugin: FastifyPluginCallback<BalancerOptions> = (app, { clock }, done) => {
  app.decorate('balancer', new Balancer(clock, app.breaker));
  done();
};

export default fp(plugin, { name: 'balancer', dependencies: ['sticky', 'breaker'] });
