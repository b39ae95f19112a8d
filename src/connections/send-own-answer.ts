/** Writes an answer of the gateway itself, an error above all, to a request of the traffic port. */
import type { GatewayError } from '../errors.ts';
import { grpcAnswer } from '../grpc/grpc-answer.ts';
import { errorAnswer } from '../http/error-answer.ts';
import { addUnlessGiven } from '../http/fields/has-field.ts';
import type { OwnAnswer } from '../http/own-answer-parts.ts';
import { hasLargeRest } from '../http/unread-body.ts';
import { addLimitFields } from '../limits/rate-limit-fields.ts';
import { answerRulesOf, failurePagesOf } from '../routing/route-policies.ts';
import { EXPLAIN_HEADER, explainedExchange } from '../routing/explained-exchange.ts';
import { type Exchange, HSTS_FIELD } from '../routing/exchange.ts';

/**
 * The one way in which an error becomes an answer here. It bypasses Fastify's reply, which would be a third of the cost
 * of refusing a request (bench: refused): take the reply over first, with `hijack`.
 */
export function sendError(exchange: Exchange, error: GatewayError): void {
  // Another answer is already being sent.
  if (exchange.response.headersSent) return;
  exchange.failed(error);
  const grpc = grpcAnswer(
    error,
    exchange.response.req.headers['content-type'],
    exchange.requestId,
    exchange.limitFields,
  );
  if (grpc !== null) {
    exchange.grpcStatus = grpc.grpcStatus;
    send(exchange, 200, grpc.fields, grpc.body, 'latin1');
    return;
  }
  if (failurePagesOf(exchange)?.has(error.statusCode) === true) return sendErrorPage(exchange, error);
  const { status, fields, body, encoding } = errorAnswer(error, exchange.requestId);
  send(exchange, status, fields, body, encoding);
}

function sendErrorPage(exchange: Exchange, error: GatewayError): void {
  const { status, fields, body, encoding } = errorAnswer(error, exchange.requestId, ['vary', 'accept']);
  const page = failurePagesOf(exchange)!.bodyFor(status, error.message, exchange);
  if (page === null) return send(exchange, status, fields, body, encoding);
  fields[fields.indexOf('content-type') + 1] = 'text/html; charset=utf-8';
  fields[fields.indexOf('content-length') + 1] = String(page.length);
  send(exchange, status, fields, page, 'utf8');
}

/** As {@link sendError}, for answers that are not errors. */
export function sendOwnAnswer(exchange: Exchange, { status, fields, body }: OwnAnswer): void {
  const all = Object.entries(fields).flatMap(([name, value]) =>
    typeof value === 'string' ? [name, value] : value.flatMap((each) => [name, each]),
  );
  all.push('x-request-id', exchange.requestId);
  // Without it, an empty body would be sent in chunks; 204 and 304 have none (RFC 9110, 8.6).
  if (status !== 204 && status !== 304) all.push('content-length', String(Buffer.byteLength(body)));
  send(exchange, status, all, body, 'utf8');
}

/** An answer of another service, for this request. @param fields fit for this connection, name and value alternating */
export function sendPassedAnswer(exchange: Exchange, status: number, fields: readonly string[], body: Buffer): void {
  const all = [...fields, 'x-request-id', exchange.requestId];
  if (status !== 204 && status !== 304) all.push('content-length', String(body.length));
  send(exchange, status, all, body, 'latin1');
}

function send(
  exchange: Exchange,
  status: number,
  fields: string[],
  body: string | Buffer,
  encoding: BufferEncoding,
): void {
  const { response, limitFields, hsts } = exchange;
  const { req: request } = response;
  addLimitFields(fields, limitFields);
  if (hsts !== null) addUnlessGiven(fields, HSTS_FIELD, hsts);
  if (exchange.followed !== null) fields.push(EXPLAIN_HEADER, explainedExchange(exchange, exchange.followed, status));
  exchange.plugins?.changeAnswer(fields, status, true);
  const rules = answerRulesOf(exchange);
  if (rules !== null) for (const rule of rules) rule.applyTo(fields, status, exchange);
  // The body was not read, and a large one is not worth reading.
  if (hasLargeRest(request)) response.shouldKeepAlive = false;
  response.writeHead(status, fields);
  response.end(body, encoding);
}
