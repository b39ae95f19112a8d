/** First of all plugins: gives every request its exchange, and when it is over, counts it and writes the access log. */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { Exchange } from '../../src/http/exchange.ts';
import { isRequestId, requestIdSource } from '../../src/http/request-id.ts';
import type { LiveRoute, SnapshotHolder } from '../../src/state/live-snapshot.ts';
import { DURATION_OF, type MetricsTable, NO_ROUTE } from '../../src/state/metrics-table.ts';
import type { PoolBackend } from '../../src/state/pool.ts';
import type { SharedClock } from '../../src/state/shared-clock.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the plugins share of this request. */
    exchange: Exchange<LiveRoute, PoolBackend>;
  }
}

declare module 'node:http' {
  interface ServerResponse {
    sluiceExchange?: Exchange<LiveRoute, PoolBackend>;
  }
}

declare module 'node:net' {
  interface Socket {
    /** Answers whose turn has not come. */
    sluiceQueued?: Set<ServerResponse>;
  }
}

export interface AccessLogOptions {
  readonly log: Logger;
  readonly live: SnapshotHolder;
  readonly clock: SharedClock;
  readonly metrics: MetricsTable;
  readonly thread: number;
  /** Distinguishes the request ids of this thread from all others. */
  readonly idPrefix: string;
  readonly random: () => number;
}

const plugin: FastifyPluginCallback<AccessLogOptions> = (app, options, done) => {
  const { log, live, clock, metrics, thread, random } = options;
  const nextId = requestIdSource(options.idPrefix);
  app.decorateRequest('exchange');

  app.addHook('onRequest', (request, reply, next) => {
    const given = request.raw.headers['x-request-id'];
    const exchange = new Exchange<LiveRoute, PoolBackend>(
      isRequestId(given) ? given : nextId(),
      clock.nowMs(),
      request.originalUrl,
      reply.raw,
    );
    request.exchange = exchange;
    // The one event that always comes, whatever becomes of request and answer; a shared listener costs no closure.
    reply.raw.sluiceExchange = exchange;
    reply.raw.on('close', onClose);
    // Behind another request of its connection: Node tells it nothing when the connection goes.
    if (reply.raw.socket === null) closeWithConnection(reply.raw, request.raw.socket);
    next();
  });

  function closeWithConnection(response: ServerResponse, socket: Socket): void {
    if (socket.sluiceQueued === undefined) {
      const queued = new Set<ServerResponse>();
      socket.sluiceQueued = queued;
      socket.on('close', () => {
        for (const each of queued) onClose.call(each);
      });
    }
    socket.sluiceQueued.add(response);
    response.on('close', () => socket.sluiceQueued!.delete(response));
  }

  function onClose(this: ServerResponse): void {
    const exchange = this.sluiceExchange!;
    if (exchange.isClosed) return;
    exchange.isClosed = true;
    const isAborted = !this.writableFinished;
    exchange.onClosed?.();
    const status = this.headersSent ? this.statusCode : 0;
    const durationMs = clock.nowMs() - exchange.startMs;
    const route = exchange.route?.index ?? NO_ROUTE;
    if (exchange.route === null) metrics.started(thread, route);
    // A tunnel may last for days: what took a request's time was opening it.
    const { tunnel } = exchange;
    const answeredMs = tunnel === null ? durationMs : tunnel.sinceMs - exchange.startMs;
    const of = exchange.tried.length === 0 ? DURATION_OF.own : DURATION_OF.forwarded;
    metrics.ended(thread, route, isAborted ? 0 : status, answeredMs, of);

    const { enabled, sample } = live.current.access;
    if (!enabled || (status < 500 && sample < 1 && random() >= sample)) return;
    log.info(
      {
        request_id: exchange.requestId,
        method: this.req.method,
        // The query may carry secrets.
        path: exchange.target.split('?', 1)[0],
        host: this.req.headers.host,
        client: exchange.client === '' ? exchange.clientAddress : exchange.client,
        route: exchange.route?.name,
        backend: exchange.backend?.id,
        tries: exchange.tried.length,
        status,
        error: exchange.error ?? undefined,
        would_refuse: exchange.wouldRefuse ?? undefined,
        aborted: isAborted || undefined,
        duration_ms: Math.round(durationMs * 1000) / 1000,
        received_bytes: tunnel?.receivedBytes,
        sent_bytes: tunnel?.sentBytes,
      },
      'request',
    );
  }
  done();
};

export default fp(plugin, { name: 'access-log' });
