/** Answers preflights of routes with CORS: 204 if the origin may use the route, otherwise 403. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { sendOwnAnswer } from '../../../src/connections/send-own-answer.ts';
import { GatewayError } from '../../../src/errors.ts';
import { isPreflight } from '../../../src/http/preflight.ts';

const plugin: FastifyPluginCallback = (app, _options, done) => {
  app.addPolicy(
    ({ pages }) => pages !== null,
    ({ exchange, raw }, reply, next) => {
      if (!isPreflight(raw)) return next();
      if (!exchange.route!.pages!.allows(String(raw.headers.origin)))
        return next(new GatewayError('GW_ORIGIN_REFUSED'));
      reply.hijack();
      // What it permits is added to its fields as to those of every answer.
      sendOwnAnswer(exchange, { status: 204, fields: {}, body: '' });
    },
  );
  done();
};

export default fp(plugin, { name: 'cors', dependencies: ['policies'] });
