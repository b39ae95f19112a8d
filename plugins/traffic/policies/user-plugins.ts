/** Runs the plugins that a route uses, which are the user's own code (docs/plugins.md). */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { sendOwnAnswer } from '../../../src/connections/send-own-answer.ts';
import { GatewayError } from '../../../src/errors.ts';

const plugin: FastifyPluginCallback = (app, _options, done) => {
  app.addPolicy(
    ({ userPlugins }) => userPlugins !== null,
    ({ exchange }, reply, next) => {
      exchange.route!.userPlugins!.start(exchange, (outcome) => {
        if (outcome === null) return next();
        if (outcome instanceof GatewayError) return next(outcome);
        reply.hijack();
        sendOwnAnswer(exchange, outcome);
      });
    },
  );
  done();
};

export default fp(plugin, { name: 'user-plugins', dependencies: ['policies'] });
