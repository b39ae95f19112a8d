/** Writes an answer from a cache: as a backend's, but without anything about a backend. */
import { GatewayError } from '../errors.ts';
import { addUnlessGiven } from '../http/fields/has-field.ts';
import { addLimitFields } from '../limits/rate-limit-fields.ts';
import type { StoredAnswer } from '../policies/cache/stored-answer.ts';
import { EXPLAIN_HEADER, explainedExchange } from '../routing/explained-exchange.ts';
import { type Exchange, HSTS_FIELD } from '../routing/exchange.ts';
import { answerRulesOf, type RoutePolicies } from '../routing/route-policies.ts';
import { sendError } from './send-own-answer.ts';

export function sendStoredAnswer(
  exchange: Exchange<RoutePolicies>,
  { status, reason, fields, body }: StoredAnswer,
): void {
  const { response, hsts, followed } = exchange;
  // The client has left.
  if (response.headersSent || response.destroyed) return;
  exchange.status = status;
  fields.push('x-request-id', exchange.requestId);
  addLimitFields(fields, exchange.limitFields);
  if (hsts !== null) addUnlessGiven(fields, HSTS_FIELD, hsts);
  if (followed !== null) fields.push(EXPLAIN_HEADER, explainedExchange(exchange, followed, status));
  if (exchange.plugins !== null) {
    try {
      exchange.plugins.changeAnswer(fields, status, false);
    } catch (error) {
      // A plugin refuses the answer.
      return sendError(
        exchange,
        error instanceof GatewayError ? error : new GatewayError('GW_INTERNAL', { cause: error }),
      );
    }
  }
  const rules = answerRulesOf(exchange);
  if (rules !== null) for (const rule of rules) rule.applyTo(fields, status, exchange);
  const compression = exchange.route?.answerCompression ?? null;
  const contentLength = body?.length ?? lengthIn(fields);
  const output = compression === null ? response : compression.outputFor({ status, fields, contentLength }, response);
  output.begin(status, reason, fields);
  if (body !== null) output.chunk(body);
  output.end();
}

/** To HEAD, an answer has the length of the body that it does not have. */
function lengthIn(fields: readonly string[]): number {
  const at = fields.findIndex((name, index) => index % 2 === 0 && name === 'content-length');
  return at === -1 ? 0 : Number(fields[at + 1]);
}
