/** The answers of routes that forward nothing: redirects, and answers from the configuration. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { sendOwnAnswer } from '../../../src/connections/send-own-answer.ts';
import { routeError } from '../../../src/routing/route-fault.ts';

const plugin: FastifyPluginCallback = (app, _options, done) => {
  app.addPolicy(
    ({ answer }) => answer !== null,
    ({ exchange }, reply, next) => {
      const given = exchange.route!.answer!.answerTo(exchange);
      if ('code' in given) return next(routeError(given));
      reply.hijack();
      sendOwnAnswer(exchange, given);
    },
  );
  done();
};

export default fp(plugin, { name: 'route-answer', dependencies: ['policies'] });
