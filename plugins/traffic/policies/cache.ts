/** Answers from the cache of the route, and lets the cache see what goes on to a backend. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { RouteCaches } from '../../../src/policies/cache/route-caches.ts';
import { sendStoredAnswer } from '../../../src/connections/send-stored-answer.ts';

export interface CacheOptions {
  readonly caches: RouteCaches;
}

const plugin: FastifyPluginCallback<CacheOptions> = (app, { caches }, done) => {
  app.addPolicy(
    (route) => route.cache !== null,
    ({ exchange }, reply, next) => {
      const route = exchange.route!;
      caches
        .of(route, () => route.settings)
        .visit(exchange, {
          proceed: next,
          answer: (answer) => {
            reply.hijack();
            sendStoredAnswer(exchange, answer);
          },
          refuse: next,
        });
    },
  );
  done();
};

export default fp(plugin, { name: 'cache', dependencies: ['split'] });
