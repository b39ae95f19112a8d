/**
 * Refuses requests that the parser accepts but a gateway must not forward, and answers those meant for the gateway
 * itself.
 */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import { sendOwnAnswer } from '../../src/connections/send-own-answer.ts';
import { ownAnswer } from '../../src/forwarding/message/own-answer.ts';
import { requestFault } from '../../src/forwarding/message/request-fault.ts';
import { GatewayError } from '../../src/errors.ts';
import { isPathTarget, takeTarget } from '../../src/routing/request-target.ts';
import type { Via } from '../../src/forwarding/message/via.ts';

export interface MessageRulesOptions {
  readonly via: Via;
}

const plugin: FastifyPluginCallback<MessageRulesOptions> = (app, { via }, done) => {
  app.addHook('onRequest', (request, reply, next) => {
    const { raw, exchange } = request;
    const fault = requestFault(raw) ?? (isPathTarget(exchange.target) ? undefined : takeTarget(raw, exchange));
    if (fault !== undefined) {
      exchange.response.shouldKeepAlive = false;
      return next(fault);
    }
    if (via.isLoop(raw.headers.via)) return next(new GatewayError('GW_LOOP'));
    if (raw.method !== 'OPTIONS' && raw.method !== 'TRACE') return next();
    const own = ownAnswer(raw, exchange.target);
    if (own === undefined) return next();
    reply.hijack();
    sendOwnAnswer(exchange, own);
  });
  done();
};

export default fp(plugin, { name: 'message-rules', dependencies: ['ratelimit'] });
