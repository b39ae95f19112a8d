/**
 * One request and its answer, shared by the plugins of the traffic app: each fills in its part, and the access log and
 * the metrics read it at the end.
 */
import type { ClientResponse } from '../http/client-side.ts';
import type { GeoLocation } from '../geo/client-geo.ts';
import type { CacheStep } from './cache-step.ts';
import type { AnswerCharge } from '../limits/answer-charge.ts';
import { type ErrorCode, ERRORS, type GatewayError } from '../errors.ts';
import type { RouteFault } from './route-fault.ts';
import type { BoundSession } from '../net/session-cookie.ts';
import type { RequestSample } from '../recording/traffic/request-sample.ts';
import type { RequestTrace } from '../tracing/traffic/request-trace.ts';
import type { VerifiedCaller } from '../auth/verified-caller.ts';

/** Of RFC 6797. */
export const HSTS_FIELD = 'strict-transport-security';

/** Data about a WebSocket or other tunnel, reported when it is over. */
export interface ClosedTunnel {
  /** When it began; of the shared clock. */
  readonly sinceMs: number;
  /** From the client. */
  readonly receivedBytes: number;
  /** To the client. */
  readonly sentBytes: number;
}

/** How a request ended. */
export interface ExchangeEnd {
  /** 0: the client left before there was an answer. */
  readonly status: number;
  readonly durationMs: number;
  readonly isAborted: boolean;
}

/** The user's own code, while it sees this request. */
export interface RunningPlugins {
  /** @param fields of the request for a backend, name and value alternating; changed in place */
  changeRequest(fields: string[]): void;
  /**
   * Throws a GatewayError if a plugin fails without which the answer must not be given.
   *
   * @param fields of the answer, name and value alternating; changed in place
   * @param isOwn the gateway gives it: then it throws nothing
   */
  changeAnswer(fields: string[], status: number, isOwn: boolean): void;
}

/** One attempt of a request that is followed. */
export interface FollowedTry {
  /** Id. */
  readonly backend: string;
  /** Of the shared clock. */
  readonly startMs: number;
  /** When the head of its answer came, or it failed; null: not yet. */
  endMs: number | null;
  /** 0: none came. */
  status: number;
  /** Code of the failure; null: none. */
  error: string | null;
}

/** A request whose client may see how it is handled. */
export interface Followed {
  readonly tries: FollowedTry[];
  readonly nowMs: () => number;
}

/** A backend's answer whose head has arrived, but was not written yet. */
export interface WaitingAnswer {
  begin(): void;
}

export class Exchange<Route = unknown, Backend = unknown, Pool = unknown> {
  readonly requestId: string;
  readonly response: ClientResponse;
  /** Of the shared clock. */
  readonly startMs: number;
  /** Path and query as received; `*` for the server as a whole. */
  target: string;
  /** What backends get instead, before prefix and base path; null: the target. */
  rewrittenTarget: string | null = null;
  /** Address of the caller, behind trusted proxies; for the log and for hashing. */
  clientAddress = '';
  /** Where the client is; null: unknown, or off. */
  geo: GeoLocation | null = null;
  /** Address of the peer. */
  peerAddress = '';
  /** The peer of the connection is a trusted proxy. */
  isPeerTrusted = false;
  /** Bucket key; empty until the limiter has identified the client. */
  client = '';
  /** Limits apply to it: they are on, and its address is not in the allowlist. */
  isLimited = false;
  route: Route | null = null;
  /** Who it is from; null: its route does not ask. */
  verified: VerifiedCaller | null = null;
  /** In the metrics table, where the request is counted; -1: it is not yet. */
  row = -1;
  /** Of a verified JSON Web Token; null: none. */
  claims: Readonly<Record<string, unknown>> | null = null;
  /** Where its backend is picked from: the route's, or the one that a policy chose; null: none yet. */
  pool: Pool | null = null;
  /** Set when a plugin before the router needed the route: the result of the lookup. */
  found: Route | RouteFault | null = null;
  /** Name of the limit that would have refused it outside of a dry run. */
  wouldRefuse: string | null = null;
  /** Name of the limit that refused it; null: none did. */
  refusedBy: string | null = null;
  /** What backends get instead of the client's; null: tracing is off, and they get what the client sent. */
  traceparent: string | null = null;
  /** The same; empty: none. */
  traceState = '';
  /** Null: its spans are not recorded. */
  trace: RequestTrace | null = null;
  /** Names and values, alternating, of the fields that tell the client about its limit; null: no limit applies. */
  limitFields: readonly string[] | null = null;
  /** X-Forwarded-Client-Cert for the backend; null: none is sent; undefined: what a trusted proxy sent. */
  clientCertificate: string | null | undefined = undefined;
  /** The value of Strict-Transport-Security (RFC 6797); null: not sent. */
  hsts: string | null = null;
  /** The key for consistent hashing. */
  keyHash = 0;
  /** The backend its sticky cookie binds it to; null: none. */
  session: BoundSession<Backend> | null = null;
  /** The backend that answered, or the last that was tried. */
  backend: Backend | null = null;
  /** Backends tried so far. */
  readonly tried: Backend[] = [];
  /** Between this request and its backend; null: no cache. */
  cacheStep: CacheStep | null = null;
  /** For the log: `hit`, `stale`, `revalidated` or `miss`; null: no cache was asked. */
  cacheResult: string | null = null;
  /** Settled when the answer has said its cost; null: the cost is known, or nothing is taken for it. */
  charge: AnswerCharge | null = null;
  /** Name, lower case, of a trailer that the client does not get; null: none. */
  hiddenTrailer: string | null = null;
  /** What a backend answers, once there is something. */
  answer: WaitingAnswer | null = null;
  /** Status of the answer; 0 until there is one. */
  status = 0;
  /** Of gRPC, from the head or the trailers; null: another protocol, or none came. */
  grpcStatus: number | null = null;
  /** Why the gateway answered itself; null if a backend did. */
  error: ErrorCode | null = null;
  /** The message of that error, for the log; null: it says no more than the code. */
  reason: string | null = null;
  /** Set when the answer was a tunnel, and that has closed. */
  tunnel: ClosedTunnel | null = null;
  /** The client's connection is done with this exchange, one way or the other. */
  isClosed = false;
  /** Null: nobody asks how it is handled. */
  followed: Followed | null = null;
  /** Plugins of users that see this request; null: none. */
  plugins: RunningPlugins | null = null;
  /** Called once, when all is over; null: nobody waits for that. */
  afterClose: ((end: ExchangeEnd) => void) | null = null;
  /** Null: it is not recorded. */
  recording: RequestSample | null = null;
  /** Set while a backend works on it: ends that work when the client leaves. */
  onClosed: (() => void) | null = null;

  #closing: (() => void)[] | null = null;

  constructor(requestId: string, startMs: number, target: string, response: ClientResponse) {
    this.requestId = requestId;
    this.response = response;
    this.startMs = startMs;
    this.target = target;
  }

  /** The gateway answers with this error. */
  failed({ code, message }: GatewayError): void {
    this.error = code;
    this.reason = message === ERRORS[code][1] ? null : message;
  }

  /** Called once, when the client's connection is done with this exchange: an aborted one and a tunnel, too. */
  whenClosed(callback: () => void): void {
    if (this.isClosed) callback();
    else (this.#closing ??= []).push(callback);
  }

  /** The client's connection is done with it. */
  close(): void {
    this.isClosed = true;
    this.onClosed?.();
    if (this.#closing !== null) for (const callback of this.#closing) callback();
  }
}
