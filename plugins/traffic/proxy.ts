/** Forwards the request through @fastify/reply-from, and answers for the backends when none of them can. */
import replyFrom, { type FastifyReplyFromHooks } from '@fastify/reply-from';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { errorBody, GatewayError } from '../../src/errors.ts';

/** What forwards: see src/forwarding/dispatcher.ts. */
export interface ForwardingDispatcher {
  request(options: never, callback: never): void;
}

/** What forwards requests to change the protocol: see src/forwarding/upgrade/upgrade-dispatcher.ts. */
export interface UpgradeDispatcher {
  forward(
    exchange: FastifyRequest['exchange'],
    request: FastifyRequest['raw'],
    callback: (error: Error | null, answer: Answer | null) => void,
  ): void;
}

/** What reply-from hands on as the answer's stream: the forwarding, which writes the answer itself. */
interface Answer {
  begin(): void;
}

export interface ProxyOptions {
  readonly log: Logger;
  readonly dispatcher: ForwardingDispatcher;
  readonly upgrades: UpgradeDispatcher;
}

const plugin: FastifyPluginCallback<ProxyOptions> = (app, { log, dispatcher, upgrades }, done) => {
  void app.register(replyFrom, { undici: dispatcher as never, disableRequestLogging: true });

  const hooks: FastifyReplyFromHooks = {
    // The dispatcher knows the backend and the path: a constant keeps reply-from's URL cache at one entry.
    getUpstream: () => 'http://backend',
    rewriteRequestHeaders: (request) =>
      ({ exchange: request.exchange, request: request.raw, response: request.exchange.response }) as never,
    // Retries are the dispatcher's: on another backend, when safe, within the budget.
    retryDelay: () => null,
    onResponse: (_request, reply, answer) => {
      reply.hijack();
      (answer as unknown as { stream: Answer }).stream.begin();
    },
    onError: (reply, { error }) => {
      sendError(reply as FastifyReply, error.cause ?? error);
    },
  };

  app.route({
    method: app.supportedMethods,
    url: '/',
    handler: (request, reply) => {
      if (request.raw.upgrade === true) upgrade(request, reply);
      else reply.from('/', hooks);
    },
  });
  app.setErrorHandler((error, _request, reply) => sendError(reply, error));
  app.setNotFoundHandler((_request, reply) => sendError(reply, new GatewayError('GW_NO_ROUTE')));

  function upgrade({ exchange, raw }: FastifyRequest, reply: FastifyReply): void {
    upgrades.forward(exchange, raw, (error, answer) => {
      if (answer === null) return sendError(reply, error);
      reply.hijack();
      answer.begin();
    });
  }

  function sendError(reply: FastifyReply, thrown: unknown): void {
    const { exchange } = reply.request;
    const error = thrown instanceof GatewayError ? thrown : new GatewayError('GW_INTERNAL', { cause: thrown });
    exchange.error = error.code;
    if (error.code === 'GW_INTERNAL') log.error({ err: thrown, request_id: exchange.requestId }, 'unexpected error');
    else if (error.cause !== undefined) {
      log.debug({ err: error.cause, request_id: exchange.requestId, backend: exchange.backend?.id }, 'attempt failed');
    }
    if (error.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
    void reply
      .code(error.statusCode)
      .header('content-type', 'application/json; charset=utf-8')
      .header('x-request-id', exchange.requestId)
      .send(JSON.stringify(errorBody(error, exchange.requestId)));
  }
  done();
};

export default fp(plugin, { name: 'proxy', dependencies: ['balancer'] });
