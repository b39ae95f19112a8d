/** A request that the gateway makes for itself, after one of a client, and whose answer nobody gets. */
import type { ClientRequest, ClientResponse } from '../http/client-side.ts';
import { fieldValues, type FieldValues } from '../http/fields/field-values.ts';
import { unsampled } from '../tracing/core/trace-context.ts';
import { Exchange } from '../routing/exchange.ts';

/** They are about what the client has. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
]);

/** GET for the same target, with the same fields, from the same client. */
export function unseenExchange<Route, Backend, Pool>(
  seen: Exchange<Route, Backend, Pool>,
  startMs: number,
): Exchange<Route, Backend, Pool> {
  const response = new UnseenResponse(new UnseenRequest(seen.response.req));
  const unseen = new Exchange<Route, Backend, Pool>(seen.requestId, startMs, seen.target, response);
  unseen.rewrittenTarget = seen.rewrittenTarget;
  unseen.clientAddress = seen.clientAddress;
  unseen.peerAddress = seen.peerAddress;
  unseen.isPeerTrusted = seen.isPeerTrusted;
  unseen.client = seen.client;
  unseen.route = seen.route;
  unseen.verified = seen.verified;
  unseen.claims = seen.claims;
  unseen.pool = seen.pool;
  unseen.clientCertificate = seen.clientCertificate;
  unseen.keyHash = seen.keyHash;
  // It is not a part of what the client waits for.
  unseen.traceparent = seen.traceparent === null ? null : unsampled(seen.traceparent);
  unseen.traceState = seen.traceState;
  unseen.session = seen.session;
  const { plugins } = seen;
  // They see the request's own answer only.
  if (plugins !== null) {
    unseen.plugins = { changeRequest: (fields) => plugins.changeRequest(fields), changeAnswer: () => undefined };
  }
  return unseen;
}

class UnseenRequest implements ClientRequest {
  readonly socket: ClientRequest['socket'];
  readonly scheme: ClientRequest['scheme'];
  readonly method = 'GET';
  readonly httpVersion: ClientRequest['httpVersion'];
  readonly rawHeaders: readonly string[];
  readonly headers: FieldValues;
  readonly hasBody = false;
  readonly complete = true;
  readonly isRead = true;
  readonly upgrade = false;

  constructor({ socket, scheme, httpVersion, rawHeaders, headers }: ClientRequest) {
    this.socket = socket;
    this.scheme = scheme;
    this.httpVersion = httpVersion;
    this.rawHeaders = rawHeaders.filter((_, at) => !CONDITIONS.has(rawHeaders[at - (at % 2)]!.toLowerCase()));
    this.headers = fieldValues(this.rawHeaders);
    // Of an absolute target, if it was one (RFC 9112, 3.2.2): the Host field then names any host.
    if (headers.host !== undefined) this.headers.host = headers.host;
  }

  read(): void {
    // It has no body.
  }

  pause(): void {
    // It has no body.
  }

  resume(): void {
    // It has no body.
  }

  unread(): void {
    // It has no body.
  }

  drop(): void {
    // It has no body.
  }
}

/** Of a request whose answer nobody gets. */
export class UnseenResponse implements ClientResponse {
  readonly req: ClientRequest;
  statusCode = 0;
  headersSent = false;
  writableEnded = false;
  writableFinished = false;
  destroyed = false;
  shouldKeepAlive = true;
  onHeadSent: (() => void) | null = null;
  onClosed: ((response: ClientResponse) => void) | null = null;

  constructor(request: ClientRequest) {
    this.req = request;
  }

  begin(status: number): void {
    this.statusCode = status;
    this.headersSent = true;
    // From now on, the backend may pause for a limited time.
    this.onHeadSent?.();
  }

  writeHead(status: number): void {
    this.begin(status);
  }

  chunk(): boolean {
    return true;
  }

  endWith(): void {
    this.end();
  }

  end(): void {
    this.writableEnded = true;
    this.writableFinished = true;
  }

  cut(): void {
    this.destroyed = true;
  }

  addTrailers(): void {
    // Nobody gets them.
  }

  writeContinue(): void {
    // Nobody gets it.
  }

  writeInformation(): void {
    // Nobody gets it.
  }

  onTunnelClosed(): void {
    // There is none.
  }

  once(): void {
    // It never waits, and nobody closes it.
  }
}
