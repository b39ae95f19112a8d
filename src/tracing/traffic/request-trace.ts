/**
 * The spans of one recorded request: one of kind SERVER for the request, and one of kind CLIENT for each try. They are
 * written when the request is over.
 *
 * Source of names: https://opentelemetry.io/docs/specs/semconv/http/http-spans/ and …/rpc/grpc/; what begins with `sluice.` is ours.
 */
import { GRPC_STATUS_NAMES } from '../../grpc/core/grpc-status.ts';
import type { ClientRequest } from '../../http/client-side.ts';
import { escapeHighBytes } from '../../http/high-bytes.ts';
import type { Outbox } from '../../otlp/outbox.ts';
import { AttributeText } from '../../otlp/core/otlp-json.ts';
import { eventText, SPAN_KIND, spanText } from '../../otlp/core/span-text.ts';
import type { SecretNames } from '../../recording/core/secret-names.ts';
import { spanIdOf, traceIdOf, traceparentOf } from '../core/trace-context.ts';
import { redactedQuery } from '../redact-query.ts';

/** What a span tells about a request: of the exchange. */
export interface TracedExchange {
  readonly requestId: string;
  /** Of the shared clock. */
  readonly startMs: number;
  readonly target: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly client: string;
  readonly verified: { readonly kind: string } | null;
  readonly route: { readonly name: string } | null;
  /** The result of a lookup before that; perhaps a fault. */
  readonly found: unknown;
  readonly pool: { readonly settings: { readonly name: string } } | null;
  readonly backend: { readonly id: string } | null;
  readonly tried: readonly unknown[];
  readonly cacheResult: string | null;
  readonly grpcStatus: number | null;
  readonly error: string | null;
  readonly refusedBy: string | null;
  readonly wouldRefuse: string | null;
  readonly response: { readonly req: ClientRequest };
}

/** The backend of a try, and how it is spoken to. */
export interface TriedBackend {
  readonly id: string;
  readonly url: URL;
}

export interface TracePorts {
  readonly spanId: () => string;
  /** Of the shared clock. */
  readonly nowMs: () => number;
  /** From the shared clock to ms since the epoch: to be added. */
  readonly wallOffsetMs: () => number;
  readonly secrets: SecretNames;
  readonly spans: Pick<Outbox, 'add' | 'isFull' | 'drop'>;
}

export interface TraceStart {
  readonly traceparent: string;
  /** Of the caller; empty: the trace begins here. */
  readonly parentSpanId: string;
  readonly traceState: string;
}

/** How the request ended. */
export interface TraceEnd {
  /** 0: the client left before there was an answer. */
  readonly status: number;
  readonly isAborted: boolean;
  /** Of the shared clock. */
  readonly endMs: number;
}

interface TryTrace {
  readonly spanId: string;
  readonly backend: TriedBackend;
  readonly pool: string;
  readonly protocol: string;
  readonly target: string;
  readonly startMs: number;
  endMs: number | null;
  status: number;
  grpcStatus: number | null;
  /** What went wrong; null: nothing. */
  errorType: string | null;
  /** For its circuit. */
  outcome: string;
}

/** Others are `_OTHER`: RFC 9110, PATCH of RFC 5789, and QUERY. */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
  'QUERY',
]);
/** The server's fault; for a client, all but OK are errors. */
const GRPC_SERVER_ERRORS: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);
const UNIMPLEMENTED = 12;
const GRPC_PATH = /^\/([\w.]+\/\w+)$/;
const MAX_USER_AGENT = 512;

export class RequestTrace {
  readonly #ports: TracePorts;
  readonly #start: TraceStart;
  readonly #tries: TryTrace[] = [];
  #wait: { readonly sinceMs: number; readonly untilMs: number; readonly queue: string } | null = null;
  /** From the shared clock to ms since the epoch: the same for all spans of the request. */
  #offsetMs = 0;
  #isEnded = false;

  constructor(ports: TracePorts, start: TraceStart) {
    this.#ports = ports;
    this.#start = start;
  }

  /** The request waited for a backend. Both of the shared clock. */
  waited(sinceMs: number, untilMs: number, queue: 'slot' | 'connection'): void {
    this.#wait = { sinceMs, untilMs, queue };
  }

  /** A try begins; the head that it sends comes after that. @param target path and query as the backend gets them */
  openTry(backend: TriedBackend, pool: { readonly name: string; readonly protocol: string }, target: string): void {
    this.#tries.push({
      spanId: this.#ports.spanId(),
      backend,
      pool: pool.name,
      protocol: pool.protocol === 'http1' ? '1.1' : '2',
      target,
      startMs: this.#ports.nowMs(),
      endMs: null,
      status: 0,
      grpcStatus: null,
      errorType: null,
      outcome: 'none',
    });
  }

  /** The head for the current try: a copy that names its span, unless a policy has put something else there. */
  inHead(head: readonly string[]): string[] {
    const { traceparent } = this.#start;
    const copy = [...head];
    const at = copy.indexOf(traceparent);
    const current = this.#tries.at(-1);
    if (at % 2 === 1 && copy[at - 1] === 'traceparent' && current !== undefined) {
      copy[at] = traceparentOf(traceIdOf(traceparent), current.spanId, true);
    }
    return copy;
  }

  /** The head of the current try's answer has arrived, or it failed with this code. */
  learn(status: number, error: string | null): void {
    const current = this.#tries.at(-1);
    if (current === undefined) return;
    current.status = status;
    current.errorType = error ?? current.errorType;
  }

  /** The current try is over. @param outcome for its circuit @param grpcStatus of gRPC; null: another protocol */
  endTry(outcome: string, grpcStatus: number | null): void {
    const current = this.#tries.at(-1);
    if (current === undefined || current.endMs !== null) return;
    current.endMs = this.#ports.nowMs();
    current.outcome = outcome;
    current.grpcStatus = grpcStatus;
    if (outcome === 'timeout') current.errorType ??= 'timeout';
  }

  /** Writes the spans, unless they would be dropped; later calls do nothing. */
  end(exchange: TracedExchange, end: TraceEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { spans, wallOffsetMs } = this.#ports;
    if (spans.isFull) return spans.drop(1 + this.#tries.length);
    this.#offsetMs = wallOffsetMs();
    const rpcMethod = exchange.grpcStatus === null ? undefined : GRPC_PATH.exec(pathOf(exchange.target))?.[1];
    spans.add(this.#serverSpan(exchange, end, rpcMethod));
    for (const [at, each] of this.#tries.entries())
      spans.add(this.#clientSpan(exchange, each, at, end.endMs, rpcMethod));
  }

  #serverSpan(exchange: TracedExchange, { status, isAborted, endMs }: TraceEnd, rpcMethod: string | undefined): string {
    const { req: request } = exchange.response;
    const { traceparent, parentSpanId, traceState } = this.#start;
    const { grpcStatus, error } = exchange;
    const route = exchange.route?.name ?? nameIn(exchange.found);
    const method = methodOf(request);
    const isServerError = grpcStatus === null ? status >= 500 : GRPC_SERVER_ERRORS.has(grpcStatus);
    const cut = isAborted ? (this.#tries.at(-1)?.errorType ?? null) : null;
    const errorType = isServerError ? (error ?? statusText(status, grpcStatus)) : cut;
    const attributes = new AttributeText();
    addMethod(attributes, request);
    attributes
      .add('url.scheme', request.scheme)
      .add('url.path', escapeHighBytes(pathOf(exchange.target), '%'))
      .add('url.query', this.#queryOf(exchange.target))
      .add('http.route', route)
      .add('http.response.status_code', status === 0 ? null : status)
      .add('error.type', errorType)
      .addAll(serverOf(request))
      .add('client.address', exchange.clientAddress === '' ? null : exchange.clientAddress)
      .add('network.peer.address', exchange.peerAddress === '' ? null : exchange.peerAddress)
      .add('network.protocol.version', versionOf(request))
      .add('user_agent.original', userAgentOf(request));
    addCall(attributes, rpcMethod, grpcStatus);
    attributes
      .add('sluice.request_id', exchange.requestId)
      .add('sluice.client.kind', kindOf(exchange.client))
      .add('sluice.auth.kind', exchange.verified?.kind)
      .add('sluice.pool', exchange.pool?.settings.name)
      .add('sluice.backend', exchange.backend?.id)
      .add('sluice.tries', exchange.tried.length)
      .add('sluice.cache', exchange.cacheResult)
      .add('sluice.error', error)
      .add('sluice.refused_by', exchange.refusedBy)
      .add('sluice.would_refuse', exchange.wouldRefuse)
      .add('sluice.aborted', isAborted ? true : null);
    const isCalled = rpcMethod !== undefined && exchange.tried.length > 0 && grpcStatus !== UNIMPLEMENTED;
    return spanText({
      traceId: traceIdOf(traceparent),
      spanId: spanIdOf(traceparent),
      parentSpanId,
      isParentRemote: parentSpanId !== '',
      traceState,
      // A method of gRPC is one only if a server knows it: callers can send any path.
      name: isCalled ? rpcMethod : route === undefined ? method : `${method} ${route}`,
      kind: SPAN_KIND.server,
      startMs: this.#wallMs(exchange.startMs),
      endMs: this.#wallMs(endMs),
      attributes: attributes.text,
      events: this.#waitEvent(),
      isError: errorType !== null,
    });
  }

  #clientSpan(
    exchange: TracedExchange,
    { backend, spanId, pool, protocol, target, startMs, endMs, status, grpcStatus, errorType: seen, outcome }: TryTrace,
    at: number,
    requestEndMs: number,
    rpcMethod: string | undefined,
  ): string {
    const { req: request } = exchange.response;
    const { traceparent, traceState } = this.#start;
    const { origin, server } = backendText(backend.url);
    const isFailed = grpcStatus === null || grpcStatus === -1 ? status >= 400 : grpcStatus !== 0;
    const errorType = seen ?? (isFailed ? statusText(status, grpcStatus) : null);
    const isCancelled = status === 0 && errorType === null;
    const attributes = new AttributeText();
    addMethod(attributes, request);
    attributes
      .add('url.full', origin + this.#shown(target))
      .addAll(server)
      .add('network.protocol.version', protocol)
      .add('http.request.resend_count', at === 0 ? null : at)
      .add('http.response.status_code', status === 0 ? null : status)
      .add('error.type', errorType);
    addCall(attributes, rpcMethod, grpcStatus);
    attributes
      .add('sluice.pool', pool)
      .add('sluice.backend', backend.id)
      .add('sluice.circuit.outcome', outcome)
      .add('sluice.cancelled', isCancelled ? true : null);
    return spanText({
      traceId: traceIdOf(traceparent),
      spanId,
      parentSpanId: spanIdOf(traceparent),
      isParentRemote: false,
      traceState,
      name: rpcMethod ?? methodOf(request),
      kind: SPAN_KIND.client,
      startMs: this.#wallMs(startMs),
      endMs: this.#wallMs(endMs ?? requestEndMs),
      attributes: attributes.text,
      events: '',
      isError: errorType !== null,
    });
  }

  #wallMs(atMs: number): number {
    return atMs + this.#offsetMs;
  }

  #waitEvent(): string {
    if (this.#wait === null) return '';
    const { sinceMs, untilMs, queue } = this.#wait;
    const attributes = new AttributeText()
      .add('sluice.queue', queue)
      .add('sluice.queue.wait_ms', Math.round((untilMs - sinceMs) * 1000) / 1000);
    return eventText('sluice.queued', this.#wallMs(sinceMs), attributes.text);
  }

  #queryOf(target: string): string | undefined {
    const at = target.indexOf('?');
    return at === -1 || at === target.length - 1 ? undefined : this.#redacted(target.slice(at + 1));
  }

  #shown(target: string): string {
    const at = target.indexOf('?');
    if (at === -1) return escapeHighBytes(target, '%');
    return `${escapeHighBytes(target.slice(0, at), '%')}?${this.#redacted(target.slice(at + 1))}`;
  }

  #redacted(query: string): string {
    return redactedQuery(escapeHighBytes(query, '%'), this.#ports.secrets);
  }
}

function addMethod(attributes: AttributeText, request: ClientRequest): void {
  const { method } = request;
  const isKnown = METHODS.has(method);
  attributes.add('http.request.method', isKnown ? method : '_OTHER');
  if (!isKnown) attributes.add('http.request.method_original', method);
}

function addCall(attributes: AttributeText, rpcMethod: string | undefined, grpcStatus: number | null): void {
  if (grpcStatus === null) return;
  attributes
    .add('rpc.system.name', 'grpc')
    .add('rpc.method', rpcMethod)
    .add('rpc.response.status_code', GRPC_STATUS_NAMES[grpcStatus]);
}

function nameIn(found: unknown): string | undefined {
  return typeof found === 'object' && found !== null && 'pools' in found && 'name' in found
    ? String(found.name)
    : undefined;
}

/** Of a span's name. */
function methodOf({ method }: ClientRequest): string {
  return METHODS.has(method) ? method : 'HTTP';
}

/** Of `error.type`. */
function statusText(status: number, grpcStatus: number | null): string {
  return (grpcStatus === null ? undefined : GRPC_STATUS_NAMES[grpcStatus]) ?? String(status);
}

function pathOf(target: string): string {
  const at = target.indexOf('?');
  return at === -1 ? target : target.slice(0, at);
}

/** By scheme and Host: clients call a gateway by few names, but may send any. */
const servers = new Map<string, AttributeText>();
const MAX_SERVERS = 256;
const MAX_HOST = 255;

/** What the client called the gateway. */
function serverOf({ headers, scheme }: ClientRequest): AttributeText {
  const { host = '' } = headers;
  const key = `${scheme}://${host}`;
  const known = servers.get(key);
  if (known !== undefined) return known;
  const server = serverIn(host, scheme);
  if (host.length > MAX_HOST) return server;
  if (servers.size === MAX_SERVERS) servers.clear();
  servers.set(key, server);
  return server;
}

function serverIn(host: string, scheme: 'http' | 'https'): AttributeText {
  const attributes = new AttributeText();
  const found = host === '' ? null : /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]{1,5}))?$/.exec(host);
  if (found === null) return attributes;
  const port = found[3] === undefined ? (scheme === 'https' ? 443 : 80) : Number(found[3]);
  return attributes.add('server.address', escapeHighBytes(found[1] ?? found[2]!, '%')).add('server.port', port);
}

/** What spans say of a backend's URL: a backend keeps it. */
const backends = new WeakMap<URL, { readonly origin: string; readonly server: AttributeText }>();

function backendText(url: URL): { readonly origin: string; readonly server: AttributeText } {
  const known = backends.get(url);
  if (known !== undefined) return known;
  const server = new AttributeText()
    .add('server.address', url.hostname.replaceAll(/[[\]]/g, ''))
    .add('server.port', portOf(url));
  const text = { origin: url.origin, server };
  backends.set(url, text);
  return text;
}

function portOf({ port, protocol }: URL): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

function versionOf({ httpVersion }: ClientRequest): string {
  return httpVersion === '2.0' ? '2' : httpVersion;
}

function userAgentOf({ headers }: ClientRequest): string | undefined {
  const value = headers['user-agent'];
  return value === undefined ? undefined : escapeHighBytes(value.slice(0, MAX_USER_AGENT), '%');
}

/** `ip`, `cidr` or `id`: never which one. */
function kindOf(client: string): string | undefined {
  const at = client.indexOf(':');
  return at === -1 ? undefined : client.slice(0, at);
}
