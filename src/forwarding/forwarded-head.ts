/** The head of a request for its backends: the part common to all of them, and the part specific to each. */
import type { ClientRequest } from '../http/client-side.ts';
import type { PoolBackend } from '../balancing/pool.ts';
import { forwardTarget } from '../routing/request-path.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import { withOriginHost } from './message/origin-host.ts';
import { requestHead } from './message/request-head.ts';
import type { Via } from './message/via.ts';

/** Name and value alternating, the same for all backends. */
export function forwardedHead(request: ClientRequest, exchange: ForwardedExchange, via: Via): string[] {
  const route = exchange.route!;
  const head = requestHead({
    rawHeaders: request.rawHeaders,
    peerAddress: exchange.peerAddress,
    isPeerTrusted: exchange.isPeerTrusted,
    protocol: request.scheme,
    method: request.method,
    isStreamed: request.httpVersion === '2.0' && request.hasBody && request.headers['content-length'] === undefined,
    via: via.hop(request.httpVersion),
    host: request.headers.host,
    requestId: exchange.requestId,
    traceparent: exchange.traceparent,
    traceState: exchange.traceState,
    clientCertificate: exchange.clientCertificate,
    ownCookies: route.ownCookies,
    strippedPrefix: route.strippedPrefix,
    identityFields: route.identityFields,
    geoHeader: route.geoHeader,
  });
  exchange.plugins?.changeRequest(head);
  if (route.requestRules !== null) for (const rule of route.requestRules) rule.applyTo(head, exchange);
  exchange.cacheStep?.changeRequest(head);
  return head;
}

/**
 * @param head the result of {@link forwardedHead}; if the origin is to be the backend's, or the request is traced, a
 * copy is returned.
 */
export function headFor({ url }: PoolBackend, head: string[], exchange: ForwardedExchange): string[] {
  const own = exchange.pool!.settings.originHost ? withOriginHost(head, url.host) : head;
  return exchange.trace === null ? own : exchange.trace.inHead(own);
}

/** The client's, or the backend's own. */
export function hostFor({ url }: PoolBackend, { headers }: ClientRequest, { pool }: ForwardedExchange): string {
  return (pool!.settings.preserveHost ? headers.host : undefined) ?? url.host;
}

/** Path and query. */
export function targetAt({ basePath }: PoolBackend, { target, rewrittenTarget, route }: ForwardedExchange): string {
  if (rewrittenTarget !== null) return forwardTarget(rewrittenTarget, '', basePath);
  return forwardTarget(target, route!.strippedPrefix, basePath);
}
