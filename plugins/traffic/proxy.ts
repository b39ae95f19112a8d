/** Forwards the request through @fastify/reply-from, and answers if no backend can. */
import replyFrom, { type FastifyReplyFromHooks } from '@fastify/reply-from';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { sendError, sendOwnAnswer } from '../../src/connections/send-own-answer.ts';
import { GatewayError } from '../../src/errors.ts';
import type { ForwardedExchange } from '../../src/forwarding/forwarded-exchange.ts';
import { Forwarding } from '../../src/forwarding/forwarding.ts';
import { carrying, Dispatcher } from '../../src/forwarding/dispatcher.ts';
import type { MirrorResult } from '../../src/forwarding/core/forwarding-vocabulary.ts';
import { Mirror } from '../../src/forwarding/mirror.ts';
import type { ForwardingPorts } from '../../src/forwarding/forwarding-ports.ts';
import { traceIdFor } from '../../src/routing/trace-id.ts';
import { UpgradeForwarding } from '../../src/forwarding/upgrade/upgrade-forwarding.ts';
import type { UpgradePorts } from '../../src/forwarding/upgrade/upgrade-ports.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Sends a request of the gateway's own to a backend; nobody gets the answer. See unseenExchange. */
    readonly forwardUnseen: (unseen: ForwardedExchange) => void;
  }
}

/** Of Fastify's only route, whatever a request's own is. */
export const ROUTED_METHOD = 'GET';

export interface ProxyOptions extends Omit<
  ForwardingPorts & UpgradePorts,
  'balancer' | 'breaker' | 'mirror' | 'sendOwn'
> {
  readonly log: Logger;
  readonly onMirrored: (result: MirrorResult) => void;
}

const plugin: FastifyPluginCallback<ProxyOptions> = (app, { log, onMirrored, ...given }, done) => {
  const { balancer, breaker } = app;
  const mirror = new Mirror({ ...given, balancer, breaker, onMirrored });
  const ports = { ...given, balancer, breaker, mirror, sendOwn: sendOwnAnswer };
  void app.register(replyFrom, { undici: new Dispatcher(ports), disableRequestLogging: true });

  app.decorate('forwardUnseen', (unseen) => {
    const forwarding = new Forwarding(ports, unseen, (error) => {
      if (error === null) unseen.answer!.begin();
    });
    forwarding.start();
  });

  const hooks: FastifyReplyFromHooks = {
    // The balancer knows the backend, and Forwarding the path: a constant keeps reply-from's URL cache at one entry.
    getUpstream: () => 'http://backend',
    rewriteRequestHeaders: ({ exchange }) => carrying(exchange),
    // Retries are ours: on another backend, when safe, within the budget.
    retryDelay: () => null,
    onResponse: ({ exchange }, reply) => {
      reply.hijack();
      exchange.answer!.begin();
    },
    onError: (reply, { error }) => {
      fail(reply as FastifyReply, error.cause ?? error);
    },
  };

  app.route({
    method: ROUTED_METHOD,
    url: '/',
    handler: (request, reply) => {
      if (request.raw.upgrade === true) upgrade(request, reply);
      else reply.from('/', hooks);
    },
  });
  app.setErrorHandler((error, _request, reply) => fail(reply, error));
  app.setNotFoundHandler((_request, reply) => fail(reply, new GatewayError('GW_NO_ROUTE')));

  function upgrade({ exchange }: FastifyRequest, reply: FastifyReply): void {
    const forwarding = new UpgradeForwarding(ports, exchange, (error) => {
      if (error !== null) return fail(reply, error);
      reply.hijack();
      exchange.answer!.begin();
    });
    forwarding.start();
  }

  function fail(reply: FastifyReply, thrown: unknown): void {
    const { exchange } = reply.request;
    const error = thrown instanceof GatewayError ? thrown : new GatewayError('GW_INTERNAL', { cause: thrown });
    const ids = { request_id: exchange.requestId, trace_id: traceIdFor(exchange) };
    if (error.code === 'GW_INTERNAL') log.error({ err: thrown, ...ids }, 'unexpected error');
    else if (error.cause !== undefined) {
      log.debug({ err: error.cause, ...ids, backend: exchange.backend?.id }, 'attempt failed');
    }
    reply.hijack();
    sendError(exchange, error);
  }
  done();
};

export default fp(plugin, { name: 'proxy', dependencies: ['balancer'] });
