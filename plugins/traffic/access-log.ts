/** First of all plugins: gives every request its exchange, and at its end counts it and writes the access log. */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { ClientResponse } from '../../src/http/client-side.ts';
import { Exchange } from '../../src/routing/exchange.ts';
import { traceIdFor } from '../../src/routing/trace-id.ts';
import { escapeHighBytes } from '../../src/http/high-bytes.ts';
import type { RefusedInput, ReportRefused } from '../../src/http/raw-answer.ts';
import { isRequestId, requestIdSource } from '../../src/http/request-id.ts';
import type { LiveRoute, SnapshotHolder } from '../../src/routing/live-snapshot.ts';
import { DURATION_OF, type MetricsTable, NO_ROUTE } from '../../src/runtime/metrics-table.ts';
import type { Pool, PoolBackend } from '../../src/balancing/pool.ts';
import { spanIdOf } from '../../src/tracing/core/trace-context.ts';
import type { Tracer } from '../../src/tracing/traffic/tracer.ts';
import type { SharedClock } from '../../src/runtime/shared-clock.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The data that the plugins share about this request. */
    exchange: Exchange<LiveRoute, PoolBackend, Pool>;
  }
  interface FastifyInstance {
    /** Counts and logs connections that never became a request. */
    readonly reportRefused: ReportRefused;
  }
}

export interface AccessLogOptions {
  readonly log: Logger;
  readonly live: SnapshotHolder;
  readonly clock: SharedClock;
  readonly metrics: MetricsTable;
  readonly tracer: Tracer;
  readonly thread: number;
  /** Distinguishes the request ids of this thread from all others. */
  readonly idPrefix: string;
  readonly random: () => number;
}

const plugin: FastifyPluginCallback<AccessLogOptions> = (app, options, done) => {
  const { log, live, clock, metrics, tracer, thread, random } = options;
  const nextId = requestIdSource(options.idPrefix);
  app.decorateRequest('exchange');
  app.decorate('reportRefused', reportRefused);

  app.addHook('onRequest', (request, reply, next) => {
    const given = request.raw.headers['x-request-id'];
    // Of our engine: Fastify's types know Node's only.
    const response = reply.raw as unknown as ClientResponse;
    const exchange = new Exchange<LiveRoute, PoolBackend, Pool>(
      isRequestId(given) ? given : nextId(),
      clock.nowMs(),
      request.originalUrl,
      response,
    );
    request.exchange = exchange;
    // The only event that is always emitted, whatever happens to request and answer; a shared listener costs no
    // closure.
    response.sluiceExchange = exchange;
    response.onClosed = onClosed;
    if (tracer.isOn) tracer.begin(exchange);
    next();
  });

  function reportRefused({ error, client, reason, method, target, host, isAborted, ...given }: RefusedInput): string {
    const requestId = nextId();
    const status = isAborted ? 0 : given.status;
    metrics.started(thread, NO_ROUTE);
    metrics.ended(thread, NO_ROUTE, status, 0, DURATION_OF.own);
    if (!isLogged(status)) return requestId;
    log.info(
      {
        request_id: requestId,
        method,
        path: pathOf(target),
        host: escaped(host),
        client,
        tries: 0,
        status,
        error,
        reason,
        aborted: isAborted || undefined,
      },
      'request',
    );
    return requestId;
  }

  function onClosed(response: ClientResponse): void {
    const exchange = response.sluiceExchange!;
    if (exchange.isClosed) return;
    const isAborted = !response.writableFinished;
    exchange.close();
    const status = response.headersSent ? response.statusCode : 0;
    const durationMs = clock.nowMs() - exchange.startMs;
    const row = exchange.row === -1 ? (exchange.route?.index ?? NO_ROUTE) : exchange.row;
    if (exchange.row === -1) metrics.started(thread, row);
    // A tunnel may last for days: the request's duration ends when the tunnel opens.
    const { tunnel } = exchange;
    const answeredMs = tunnel === null ? durationMs : tunnel.sinceMs - exchange.startMs;
    const of = exchange.tried.length === 0 ? DURATION_OF.own : DURATION_OF.forwarded;
    metrics.ended(thread, row, isAborted ? 0 : status, answeredMs, of);
    if (exchange.grpcStatus !== null && !isAborted) metrics.endedCall(thread, row, exchange.grpcStatus);
    exchange.trace?.end(exchange, { status, isAborted, endMs: exchange.startMs + durationMs });
    exchange.recording?.end({ status, error: exchange.error, durationMs, isAborted });
    exchange.afterClose?.({ status, durationMs, isAborted });

    if (!isLogged(status)) return;
    const { charge } = exchange;
    const write = (): void => writeLine(exchange, status, isAborted, durationMs);
    // The end of an encoded answer is decoded while the client already has it.
    if (charge !== null && charge.cost === null) charge.onSettled = write;
    else write();
  }

  function writeLine(
    exchange: Exchange<LiveRoute, PoolBackend, Pool>,
    status: number,
    isAborted: boolean,
    durationMs: number,
  ): void {
    const { response, tunnel } = exchange;
    const { traceparent } = exchange;
    log.info(
      {
        request_id: exchange.requestId,
        trace_id: traceIdFor(exchange),
        span_id: traceparent === null ? undefined : spanIdOf(traceparent),
        method: response.req.method,
        path: pathOf(exchange.target),
        host: escaped(response.req.headers['host']),
        client: exchange.client === '' ? exchange.clientAddress : exchange.client,
        geo: exchange.geo?.name,
        auth: exchange.verified?.kind,
        user: exchange.verified?.user,
        route: exchange.route?.name,
        // Otherwise the route says so.
        pool: (exchange.route?.split ?? null) === null ? undefined : exchange.pool?.settings.name,
        backend: exchange.backend?.id,
        cache: exchange.cacheResult ?? undefined,
        tries: exchange.tried.length,
        status,
        grpc_status: exchange.grpcStatus ?? undefined,
        error: exchange.error ?? undefined,
        reason: exchange.reason ?? undefined,
        cost: exchange.charge?.cost ?? undefined,
        would_refuse: exchange.wouldRefuse ?? undefined,
        aborted: isAborted || undefined,
        duration_ms: Math.round(durationMs * 1000) / 1000,
        received_bytes: tunnel?.receivedBytes,
        sent_bytes: tunnel?.sentBytes,
      },
      'request',
    );
  }

  function isLogged(status: number): boolean {
    const { enabled, sample } = live.current.access;
    return enabled && (status >= 500 || sample >= 1 || random() < sample);
  }
  done();
};

/** Without the query, which may contain secrets. */
function pathOf(target: string | undefined): string | undefined {
  return escaped(target?.split('?', 1)[0]);
}

/** The encoding of bytes above 0x7f is unknown: shown as nginx shows them. */
function escaped(text: string | undefined): string | undefined {
  return text === undefined || !/[\x80-\xff]/.test(text) ? text : escapeHighBytes(text, '\\x');
}

export default fp(plugin, { name: 'access-log' });
