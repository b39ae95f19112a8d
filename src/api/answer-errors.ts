/** The one way in which an error becomes an answer of the admin port. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorBody, GatewayError } from '../errors.ts';
import { prefersHtml } from '../http/fields/accepts-html.ts';
import { MethodTable } from '../http/method-table.ts';
import { type ParserFault, parserError } from '../http/parser-error.ts';
import { rawAnswer } from '../http/raw-answer.ts';
import { fieldProblems } from './field-problems.ts';
import { requestError } from './request-error.ts';

type Body = (error: GatewayError, requestId: string) => object;

/**
 * Answers everything that goes wrong in this scope, 404 and 405 included. Call it first: routes that already exist are
 * not covered.
 *
 * @param body of an error: older paths have a different one.
 */
export function answerErrors(app: FastifyInstance, body: Body = errorBody): void {
  const table = new MethodTable();
  app.addHook('onRoute', (route) => table.add(route.url, route.method));
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, body));
  app.setNotFoundHandler((request, reply) => {
    const allowed = table.allowed(new URL(request.url, 'http://localhost').pathname);
    if (allowed.length === 0 || allowed.includes(request.method)) throw new GatewayError('GW_NOT_FOUND');
    reply.header('allow', allowed.join(', '));
    throw new GatewayError('GW_METHOD_NOT_ALLOWED');
  });
}

/** For people who mistyped an address. */
const NO_PAGE =
  '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">' +
  '<title>Not found · Sluice</title><h1>There is no such page</h1>' +
  '<p>This is the admin port of a Sluice gateway. It has a <a href="/">dashboard</a> and an <a href="/docs/">API</a>.</p></html>\n';
/** Addresses of programs: also for a browser, the answer is JSON. */
const PROGRAMS = /^\/(?:v1|api|ws|assets)(?:\/|$)/;

/** A browser has no token for a navigation: an unknown address is unknown with and without one. */
function isPageWanted({ method, url, headers }: FastifyRequest, { code }: GatewayError): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const isUnknown = code === 'GW_NOT_FOUND' || (code === 'GW_UNAUTHORIZED' && headers.authorization === undefined);
  return isUnknown && prefersHtml(headers.accept) && !PROGRAMS.test(url);
}

function answerError(thrown: unknown, request: FastifyRequest, reply: FastifyReply, body: Body): void {
  const error = requestError(thrown, fieldProblems);
  // The database's state is logged when it changes, not per request.
  if (error.statusCode >= 500 && error.code !== 'GW_DATABASE_UNAVAILABLE') {
    request.log.error({ err: thrown, code: error.code }, 'request failed');
  }
  if (request.is404 && isPageWanted(request, error)) {
    void reply.code(404).type('text/html; charset=utf-8').send(NO_PAGE);
    return;
  }
  if (error.retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(error.retryAfterMs / 1000));
  void reply.code(error.statusCode).send(body(error, request.id));
}

/** A path that Fastify refuses ends before routing: no hook runs, nor closes what was an upgrade. */
export function answerFrameworkError(thrown: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { headers, socket } = request.raw;
  if (headers.upgrade !== undefined) reply.raw.once('finish', () => socket.destroySoon());
  reply.headers({ connection: 'close', 'x-request-id': request.id });
  answerError(thrown, request, reply, errorBody);
}

/** Input that the parser refuses never becomes a request, so there is no reply either. */
export function answerParserError(cause: Error & ParserFault, socket: Socket, log: FastifyBaseLogger): void {
  if (!socket.writable) return void socket.destroy();
  socket.end(loggedAnswer(parserError(cause), log));
}

/** To a client that speaks HTTP where TLS is expected. */
export function plainAnswer(log: Pick<FastifyBaseLogger, 'debug'>): string {
  return loggedAnswer(new GatewayError('GW_TLS_REQUIRED'), log);
}

function loggedAnswer(error: GatewayError, log: Pick<FastifyBaseLogger, 'debug'>): string {
  const requestId = randomUUID();
  log.debug({ request_id: requestId, status: error.statusCode, reason: error.message }, 'admin request');
  return rawAnswer(error, requestId);
}
