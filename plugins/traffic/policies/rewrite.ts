/** The target that backends get, on routes that rewrite it: 400 if the result must not be sent. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { Pool } from '../../../src/balancing/pool.ts';
import { routeError } from '../../../src/routing/route-fault.ts';

const plugin: FastifyPluginCallback = (app, _options, done) => {
  app.addPolicy(
    ({ targetRewrite }) => targetRewrite !== null,
    ({ exchange }, _reply, next) => {
      const { targetRewrite, pools } = exchange.route!;
      const rewritten = targetRewrite!.rewrittenFor(exchange, () => basePathsOf(pools));
      if (typeof rewritten !== 'string') return next(routeError(rewritten));
      exchange.rewrittenTarget = rewritten;
      next();
    },
  );
  done();
};

function basePathsOf(pools: readonly Pool[]): readonly string[] {
  return [...new Set(pools.flatMap(({ backends }) => backends.map(({ basePath }) => basePath)))];
}

export default fp(plugin, { name: 'rewrite', dependencies: ['policies'] });
