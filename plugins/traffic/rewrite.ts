/** The target that backends get, on routes that rewrite it: 400 if the result must not be sent. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { routeError } from '../../src/routing/route-fault.ts';

const plugin: FastifyPluginCallback = (app, _options, done) => {
  app.addHook('onRequest', ({ exchange }, _reply, next) => {
    const { targetRewrite, pools } = exchange.route!;
    if (targetRewrite === null) return next();
    const basePaths = pools.flatMap(({ backends }) => backends.map(({ basePath }) => basePath));
    const rewritten = targetRewrite.rewrittenFor(exchange, basePaths);
    if (typeof rewritten !== 'string') return next(routeError(rewritten));
    exchange.rewrittenTarget = rewritten;
    next();
  });
  done();
};

export default fp(plugin, { name: 'rewrite', dependencies: ['router'] });
