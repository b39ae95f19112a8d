/**
 * What the gateway adds to a backend's answer: the request's id, its limit, and which backend it came from (cookie and
 * opaque id).
 */
import type { ClientRequest } from '../http/client-side.ts';
import { makePrivate } from '../http/fields/cache-control.ts';
import { addUnlessGiven } from '../http/fields/has-field.ts';
import { clientScheme } from '../http/client-scheme.ts';
import { addLimitFields } from '../limits/rate-limit-fields.ts';
import { HSTS_FIELD } from '../routing/exchange.ts';
import { EXPLAIN_HEADER, explainedExchange } from '../routing/explained-exchange.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import type { Pool, PoolBackend } from '../balancing/pool.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';

const BACKEND_FIELD = 'x-sluice-backend';

/** Last come the rules of the route, which may change all of it. @param fields of the answer, name and value alternating; changed in place. */
export function addOwnFields(
  fields: string[],
  exchange: ForwardedExchange,
  request: ClientRequest,
  backend: PoolBackend,
  clock: SharedClock,
): void {
  fields.push('x-request-id', exchange.requestId);
  addLimitFields(fields, exchange.limitFields);
  if (exchange.hsts !== null) addUnlessGiven(fields, HSTS_FIELD, exchange.hsts);
  if (exchange.pool!.isMarking) markAnswer(fields, exchange, request, backend, clock);
  const { followed } = exchange;
  if (followed !== null) fields.push(EXPLAIN_HEADER, explainedExchange(exchange, followed, exchange.status));
  exchange.plugins?.changeAnswer(fields, exchange.status, false);
  const { answerRules } = exchange.route!;
  if (answerRules !== null) for (const rule of answerRules) rule.applyTo(fields, exchange.status, exchange);
}

function markAnswer(
  fields: string[],
  exchange: ForwardedExchange,
  request: ClientRequest,
  backend: PoolBackend,
  clock: SharedClock,
): void {
  const pool = exchange.pool!;
  if (pool.sticky !== null) setCookie(fields, exchange, request, keptBackend(pool, exchange, backend, clock), clock);
  if (!pool.settings.exposeBackend) return;
  for (let at = fields.length - 2; at >= 0; at -= 2) {
    if (fields[at]!.length === BACKEND_FIELD.length && fields[at]!.toLowerCase() === BACKEND_FIELD)
      fields.splice(at, 2);
  }
  fields.push(BACKEND_FIELD, backend.opaqueId);
}

/** The session stays with its backend if that is merely full: another one filled in for this request. */
function keptBackend(pool: Pool, exchange: ForwardedExchange, backend: PoolBackend, clock: SharedClock): PoolBackend {
  const bound = exchange.session?.backend ?? backend;
  if (bound === backend || exchange.tried.includes(bound)) return backend;
  return pool.maySessionStay(bound, clock.nowMs()) ? bound : backend;
}

function setCookie(
  fields: string[],
  exchange: ForwardedExchange,
  request: ClientRequest,
  backend: PoolBackend,
  clock: SharedClock,
): void {
  const nowS = clock.wallMs(clock.nowMs()) / 1000;
  const isSecure = clientScheme(request, exchange.isPeerTrusted) === 'https';
  const field = exchange.pool!.sticky!.fieldFor(backend, exchange.session, nowS, isSecure);
  if (field === null) return;
  makePrivate(fields);
  fields.push('set-cookie', field);
}
