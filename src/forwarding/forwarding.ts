/**
 * One request being forwarded: reads or streams its body, makes the attempts, and hands the answer to the relay.
 * Created by the dispatcher for each request that reply-from forwards.
 */
import type { Choice, Pool, PoolBackend } from '../balancing/pool.ts';
import type { AttemptOutcome } from '../breaker/breaker.ts';
import { GatewayError } from '../errors.ts';
import { GRPC } from '../grpc/core/grpc-status.ts';
import { nativeExchange } from '../grpc/traffic/grpc-web-response.ts';
import type { OwnAnswer } from '../http/own-answer-parts.ts';
import type { ClientRequest } from '../http/client-side.ts';
import { withoutField } from '../http/fields/trailers.ts';
import type { InsteadAnswer } from '../routing/cache-step.ts';
import type { LiveRoute } from '../routing/live-snapshot.ts';
import type { Deadline } from '../runtime/deadlines.ts';
import { type Answer, answerOf, arrivedAnswer } from './answer.ts';
import { Attempt, type AttemptListener } from './attempt.ts';
import { BodyWatchers } from './body/body-watchers.ts';
import { ForwardedBody } from './body/forwarded-body.ts';
import type { AnswerCallback, ForwardedExchange } from './forwarded-exchange.ts';
import { forwardedHead, headFor, hostFor, targetAt } from './forwarded-head.ts';
import { GrpcCall } from './grpc-call.ts';
import type { ForwardingPorts } from './forwarding-ports.ts';
import { addOwnFields } from './marked-answer.ts';
import { Relay, type RelayOwner, writeHints } from './relay.ts';
import { overdue, Tries, type TriesListener } from './tries.ts';

export class Forwarding implements AttemptListener, TriesListener, RelayOwner {
  readonly exchange: ForwardedExchange;
  readonly #request: ClientRequest;
  readonly #ports: ForwardingPorts;
  readonly #route: LiveRoute;
  readonly usesConnection = true;
  readonly #callback: AnswerCallback;
  readonly #relay: Relay;
  readonly #tries: Tries;
  /** Null: another protocol. */
  readonly #grpc: GrpcCall | null;
  #head: string[] = [];
  #body: ForwardedBody | null = null;
  #deadline: Pick<Deadline, 'cancel'> | null = null;
  #answer: Answer | null = null;
  /** Null: no policy looks at the body. */
  #watchers: BodyWatchers | null = null;
  #isDone = false;

  constructor(ports: ForwardingPorts, exchange: ForwardedExchange, callback: AnswerCallback) {
    this.#ports = ports;
    this.exchange = exchange;
    this.#route = exchange.route!;
    // A backend of HTTP/1.1 may speak gRPC-Web itself.
    const isHttp2 = this.#pool.settings.protocol !== 'http1';
    const response = isHttp2 ? nativeExchange(exchange.response, (error) => this.#end(error)) : exchange.response;
    const request = response.req;
    this.#request = request;
    this.#callback = callback;
    this.#tries = new Tries(ports, exchange, request, this);
    this.#grpc = GrpcCall.of(request, this.#route.timeoutMs, exchange.startMs);
    this.#relay = new Relay(response, this.#pool.settings.timeouts.idleMs, this, isHttp2);
  }

  start(): void {
    this.#pool.retryBudget.deposit(this.exchange.startMs);
    this.exchange.onClosed = this.#onClientClosed;
    this.#startDeadline();
    if (!this.#request.hasBody) {
      this.#tries.first();
      return;
    }
    const maxBytes = this.#route.maxBodyBytes ?? Infinity;
    const onTooLarge = (): void => {
      this.#end(new GatewayError('GW_BODY_TOO_LARGE', { message: `The body is larger than ${maxBytes} bytes` }));
    };
    const { maxReplayBytes } = this.#pool.settings.retries;
    const isStream = this.#grpc !== null && this.#pool.settings.protocol !== 'http1';
    // A stream may be silent, and one with a single message can be sent again.
    if (isStream) this.#request.mayPause = true;
    const { verified } = this.exchange;
    const { assertedFields } = this.#route;
    const refusedTrailers = verified === null ? [assertedFields] : [assertedFields, verified.removed];
    const limits = { maxBytes, keptBytes: isStream ? maxReplayBytes : 0, refusedTrailers };
    const body = new ForwardedBody(this.#request, limits, onTooLarge, this.exchange.recording);
    this.#body = body;
    if (body.declaredBytes > maxBytes) {
      onTooLarge();
      return;
    }
    body.prepare(this.#relay.response, maxReplayBytes, () => {
      if (!this.#isDone) this.#tries.first();
    });
  }

  /** Called once reply-from has released the reply: the answer begins. */
  begin(): void {
    this.#relay.head(this.#answer!);
  }

  /** Too late, see exchange.onClosed: reply-from calls it for a client that left before the head arrived. */
  destroy(): void {
    this.#onClientClosed();
  }

  /** The time is up. If the client is still sending its body, the client is the one that took too long. */
  expire(): void {
    this.#deadline = null;
    if (this.#tries.expire()) return;
    const isClients = this.#answer === null && this.#body !== null && this.#body.isComing;
    this.#end(new GatewayError(isClients ? 'GW_REQUEST_TIMEOUT' : 'GW_RESPONSE_TIMEOUT'));
  }

  /** It may change between two tries. */
  get #pool(): Pool {
    return this.exchange.pool!;
  }

  get #isReplayable(): boolean {
    return this.#body === null || this.#body.isReplayable;
  }

  // ---- called by the attempt

  onHints(_attempt: Attempt, fields: string[]): void {
    writeHints(this.#relay.response, fields);
  }

  onHead(attempt: Attempt, status: number, reason: string, fields: string[]): boolean {
    this.#tries.answered(attempt);
    if (this.#tries.retriesAnswer(attempt, this.#isReplayable, this.#retriedAs(status, fields))) return false;
    const answer = answerOf(this.#request, status, reason, fields);
    if (typeof answer === 'string') {
      const error = new GatewayError('GW_BACKEND_INVALID', { cause: new Error(answer) });
      this.#tries.abandon('failure');
      this.#fail(error);
      return false;
    }
    const page =
      this.#grpc === null ? (this.#route.failurePages?.instead(status, fields, this.exchange) ?? null) : null;
    const { cacheStep } = this.exchange;
    const arrived = cacheStep === null ? null : arrivedAnswer(answer, fields, this.#pool.settings.protocol);
    const stored = arrived === null ? null : cacheStep!.instead(arrived);
    const instead = stored ?? (page === null ? null : this.#ownAnswer(page));
    if (instead !== null) {
      this.exchange.backend = attempt.backend;
      this.#tries.end(attempt, this.#tries.outcomeOf(status));
      this.#answerWith(instead);
      return false;
    }
    const keeper = arrived === null ? null : cacheStep!.keep(arrived);
    this.#answer = answer;
    this.#body?.keepNoMore();
    if (this.#grpc !== null) answer.head.isEventStream = true;
    const toClient = answer.head.fields;
    this.exchange.status = status;
    try {
      addOwnFields(toClient, this.exchange, this.#request, attempt.backend, this.#ports.clock);
    } catch (error) {
      // A plugin refuses the answer, through no fault of the backend.
      this.exchange.status = 0;
      this.#tries.abandon('none');
      this.#fail(error instanceof GatewayError ? error : new GatewayError('GW_INTERNAL', { cause: error }));
      return false;
    }
    cacheStep?.mark(toClient);
    // The rest of the body is not read as a request.
    if (this.#body !== null && this.#body.isComing) this.#relay.response.shouldKeepAlive = false;
    this.exchange.backend = attempt.backend;
    this.#watchers = BodyWatchers.of(this.#route.answerWatches, toClient, this.exchange, keeper);
    const { answerCompression } = this.#route;
    if (answerCompression !== null && this.#grpc === null) {
      this.#relay.output = answerCompression.outputFor({ status, ...answer.head }, this.#relay.response);
    }
    this.#clearDeadline();
    this.exchange.answer = this;
    this.#callback(null);
    return true;
  }

  onChunk(attempt: Attempt, chunk: Buffer): boolean {
    if (this.#watchers !== null) this.#watchers.onChunk(chunk);
    return this.#relay.chunk(chunk, attempt);
  }

  onCompleted(attempt: Attempt, trailers: readonly string[]): void {
    this.#tries.end(attempt, this.#outcomeOf(attempt, trailers));
    this.#watchers?.onEnd(trailers);
    this.#finish();
    const { hiddenTrailer } = this.exchange;
    this.#relay.end(hiddenTrailer === null ? trailers : withoutField(trailers, hiddenTrailer));
  }

  onFailed(attempt: Attempt, error: Error, isReused: boolean): void {
    const left = this.#tries.failed(attempt, error, this.#isReplayable, isReused);
    if (left === null) return;
    if (attempt.status === 0) return this.#fail(left);
    this.#finish();
    this.#relay.cut();
  }

  // ---- called by the tries

  onRefused(error: GatewayError): void {
    this.#fail(error);
  }

  onTry(choice: Choice): void {
    const { exchange } = this;
    const { backend } = choice;
    if (exchange.tried.length === 0) this.#head = forwardedHead(this.#request, exchange, this.#ports.via);
    const target = targetAt(backend, exchange);
    exchange.trace?.openTry(backend, this.#pool.settings, target);
    const attempt = new Attempt(this, this.#pool, choice, this.#ports.clock.nowMs());
    this.#tries.start(attempt);
    const isCopied = this.#route.mirror !== null && exchange.tried.length === 1;
    const stream = this.#body === null ? null : this.#body.stream;
    if (isCopied && stream !== null) stream.copy = this.#ports.mirror.gather(exchange, this.#request, this.#head);
    attempt.send(this.#ports.upstreams.to(backend, this.#pool.settings), {
      method: this.#request.method,
      target,
      host: hostFor(backend, this.#request, exchange),
      fields: this.#headFor(backend),
      body: this.#body === null ? null : this.#body.payload,
      // A stream whose first message may come at any time: grpc-js and others send no head before it.
      isUntimed: this.#grpc !== null && this.#route.timeoutMs === 0,
    });
    if (isCopied && stream === null) {
      const body = this.#body === null ? null : (this.#body.payload as Buffer);
      this.#ports.mirror.copy(exchange, this.#request, this.#head, body);
    }
  }

  #headFor(backend: PoolBackend): string[] {
    const head = headFor(backend, this.#head, this.exchange);
    return this.#grpc === null ? head : this.#grpc.headAt(this.#ports.clock.nowMs(), head, this.#request);
  }

  /** An answer of gRPC that is nothing but UNAVAILABLE is retried as the 503 that it is. */
  #retriedAs(status: number, fields: readonly string[]): number {
    this.#grpc?.learn(fields);
    return status === 200 && this.#grpc?.status === GRPC.unavailable ? 503 : status;
  }

  #outcomeOf({ status }: Attempt, trailers: readonly string[]): AttemptOutcome {
    const grpc = this.#grpc;
    if (grpc === null) return this.#tries.outcomeOf(status);
    grpc.learn(trailers);
    if (grpc.status !== -1) this.exchange.grpcStatus = grpc.status;
    return status === 200 ? grpc.outcome : this.#tries.outcomeOf(status);
  }

  // ---- ending

  /** No backend will answer: the gateway does. */
  #fail(error: GatewayError): void {
    if (this.#isDone) return;
    const instead = error.statusCode < 500 ? null : (this.exchange.cacheStep?.insteadOfError() ?? null);
    if (instead !== null) return this.#answerWith(instead);
    this.#finish();
    this.#callback(error);
  }

  #ownAnswer(answer: OwnAnswer): InsteadAnswer {
    return { status: answer.status, begin: () => this.#ports.sendOwn(this.exchange, answer) };
  }

  /** Something stored or a page, whatever the backends have or have not said. */
  #answerWith(instead: InsteadAnswer): void {
    this.#finish();
    this.exchange.status = instead.status;
    this.exchange.answer = instead;
    this.#callback(null);
  }

  /** Ends a running attempt for a reason of the gateway's own. */
  #end(error: GatewayError): void {
    if (this.#isDone) return;
    const attempt = this.#tries.running;
    // A timeout counts against the backend; a body that is too large does not.
    const isTelling = error.code === 'GW_RESPONSE_TIMEOUT' && this.#grpc?.isDeadlineTelling !== false;
    this.#tries.abandon(isTelling ? overdue(attempt) : 'none');
    if (attempt !== null && attempt.status !== 0) {
      this.#finish();
      this.#relay.cut();
    } else {
      this.#fail(error);
    }
  }

  /** A client that left is neither success nor failure. */
  readonly #onClientClosed = (): void => {
    if (this.#isDone) return;
    this.#finish();
    this.#tries.abandon('none');
  };

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#tries.finish();
    this.exchange.onClosed = null;
    this.#body?.release();
    this.#watchers?.onCut();
    this.exchange.cacheStep?.finished();
    this.#clearDeadline();
    this.#relay.stop();
  }

  #startDeadline(): void {
    const timeoutMs = this.#grpc?.timeoutMs ?? this.#route.timeoutMs;
    if (timeoutMs === 0) return;
    if (this.#grpc?.isClients !== true) this.#deadline = this.#ports.deadlines.start(timeoutMs, this);
    else {
      // Of any length: a list for each would stay.
      const timer = setTimeout(() => this.expire(), timeoutMs);
      this.#deadline = { cancel: () => clearTimeout(timer) };
    }
  }

  #clearDeadline(): void {
    this.#deadline?.cancel();
    this.#deadline = null;
  }
}
