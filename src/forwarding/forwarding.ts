/**
 * One request on its way: picks a backend, tries it, tries another when that is safe, and hands the answer to the
 * relay. Created by the dispatcher for each request that reply-from forwards.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { judge } from '../balancing/core/judgement.ts';
import { GatewayError } from '../errors.ts';
import { withOriginHost } from './message/origin-host.ts';
import { addLimitFields } from '../limits/rate-limit-fields.ts';
import { requestHead } from './message/request-head.ts';
import { closeAfterAnswer } from '../http/linger.ts';
import { forwardTarget } from '../routing/request-path.ts';
import { transportError } from './message/transport-error.ts';
import type { LiveRoute } from '../routing/live-snapshot.ts';
import type { Choice, Pool, PoolBackend } from '../balancing/pool.ts';
import { type Answer, answerOf } from './answer.ts';
import { Attempt, type AttemptListener, overdue } from './attempt.ts';
import type { AttemptOutcome } from '../breaker/breaker.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import type { ForwardingPorts } from './forwarding-ports.ts';
import { ForwardedBody } from './forwarded-body.ts';
import { markAnswer } from './marked-answer.ts';
import { Relay, writeHints } from './relay.ts';
import { hasBody } from './request-body.ts';
import { Retries } from './retries.ts';
import { isRepeatable, isRetriedError } from './retry-policy.ts';
import { isFromUsedConnection } from './undici/upstream-socket.ts';
import type { PickListener, Waiting } from '../balancing/balancer.ts';

/** Told once: the head is here and the answer can begin, or there will be none. */
export type AnswerCallback = (error: Error | null, forwarding: Forwarding | null) => void;

export class Forwarding implements AttemptListener, PickListener {
  readonly exchange: ForwardedExchange;
  readonly #request: IncomingMessage;
  readonly #ports: ForwardingPorts;
  readonly #route: LiveRoute;
  readonly #pool: Pool;
  readonly usesConnection = true;
  readonly #callback: AnswerCallback;
  readonly #relay: Relay;
  #head: string[] = [];
  #body: ForwardedBody | null = null;
  #attempt: Attempt | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #idle: NodeJS.Timeout | null = null;
  #answer: Answer | null = null;
  /** None until a try has failed. */
  #retries: Retries | null = null;
  /** While it waits for its first backend. */
  #waiting: Waiting | null = null;
  #isDone = false;

  constructor(
    ports: ForwardingPorts,
    exchange: ForwardedExchange,
    request: IncomingMessage,
    response: ServerResponse,
    callback: AnswerCallback,
  ) {
    this.#ports = ports;
    this.exchange = exchange;
    this.#request = request;
    this.#route = exchange.route!;
    this.#pool = this.#route.target;
    this.#callback = callback;
    this.#relay = new Relay(response, ports.flushes, this.#watchIdle);
  }

  start(): void {
    this.#pool.retryBudget.deposit(this.exchange.startMs);
    this.exchange.onClosed = this.#onClientClosed;
    if (this.#route.timeoutMs > 0) this.#deadline = setTimeout(onExpired, this.#route.timeoutMs, this);
    if (!hasBody(this.#request)) {
      this.#tryFirst();
      return;
    }
    const maxBytes = this.#route.maxBodyBytes ?? Infinity;
    const onTooLarge = (): void => {
      this.#end(new GatewayError('GW_BODY_TOO_LARGE', { message: `The body is larger than ${maxBytes} bytes` }));
    };
    const body = new ForwardedBody(this.#request, maxBytes, onTooLarge);
    this.#body = body;
    if (body.declaredBytes > maxBytes) {
      onTooLarge();
      return;
    }
    body.prepare(this.#relay.response, this.#pool.settings.retries.maxReplayBytes, () => {
      if (!this.#isDone) this.#tryFirst();
    });
  }

  /** Called when reply-from has let go of the reply: the answer begins. */
  begin(): void {
    this.#relay.head(this.#answer!);
  }

  /** Too late, see exchange.onClosed: reply-from calls it for a client that left before the head came. */
  destroy(): void {
    this.#onClientClosed();
  }

  /** The time is up. While the client is still sending its body, it is the one that took too long. */
  expire(): void {
    if (this.#waiting !== null) return this.#waiting.expire();
    const isClients = this.#answer === null && this.#body !== null && this.#body.isComing;
    this.#end(new GatewayError(isClients ? 'GW_REQUEST_TIMEOUT' : 'GW_RESPONSE_TIMEOUT'));
  }

  get #isReplayable(): boolean {
    return this.#body === null || this.#body.isReplayable;
  }

  // ---- called by the attempt

  onHints(_attempt: Attempt, fields: readonly Buffer[]): void {
    writeHints(this.#relay.response, fields);
  }

  onHead(attempt: Attempt, status: number, reason: string, fields: readonly Buffer[]): boolean {
    const nowMs = this.#ports.clock.nowMs();
    this.#ports.row.answered(attempt.backend.index, nowMs - attempt.startMs, nowMs, status);
    const { retries } = this.#pool.settings;
    if (retries.statuses.includes(status) && isRepeatable(this.#request, retries) && this.#isReplayable) {
      const next = this.#next(this.exchange.tried);
      if (next !== null) {
        this.#release(attempt, this.#outcomeOf(status));
        this.#tryLater(next);
        return false;
      }
    }
    const answer = answerOf(this.#request, status, reason, fields);
    if (typeof answer === 'string') {
      const error = new GatewayError('GW_BACKEND_INVALID', { cause: new Error(answer) });
      this.#abandon(error, 'failure');
      this.#fail(error);
      return false;
    }
    this.#answer = answer;
    const toClient = answer.head.fields;
    toClient.push('x-request-id', this.exchange.requestId);
    addLimitFields(toClient, this.exchange.limitFields);
    if (this.#pool.isMarking) markAnswer(toClient, this.exchange, this.#request, attempt.backend, this.#ports.clock);
    const isEarly = this.#body !== null && this.#body.isComing;
    if (isEarly || this.#ports.isStopping()) toClient.push('connection', 'close');
    if (isEarly) closeAfterAnswer(this.#request.socket);
    this.exchange.status = status;
    this.exchange.backend = attempt.backend;
    this.#clearDeadline();
    this.#callback(null, this);
    return true;
  }

  onChunk(attempt: Attempt, chunk: Buffer): boolean {
    if (this.#relay.chunk(chunk)) return true;
    // It is the client that is slow now, not the backend.
    this.#clearIdle();
    this.#relay.response.once('drain', () => {
      this.#watchIdle();
      attempt.resume();
    });
    return false;
  }

  onCompleted(attempt: Attempt, trailers: readonly Buffer[]): void {
    this.#release(attempt, this.#outcomeOf(attempt.status));
    this.#finish();
    this.#relay.end(trailers);
  }

  #outcomeOf(status: number): AttemptOutcome {
    const isFailure = status >= 502 ? status <= 504 : status === 500 && this.#pool.settings.circuitBreaker.count500;
    return isFailure ? 'failure' : 'success';
  }

  onFailed(attempt: Attempt, error: Error): void {
    const mapped = transportError(error);
    this.#release(attempt, mapped.outcome);
    if (attempt.status !== 0) {
      this.#finish();
      this.#relay.cut();
      return;
    }
    const isSafe = !attempt.isSent || isRepeatable(this.#request, this.#pool.settings.retries);
    let next: Choice | null = null;
    if (isRetriedError(mapped.code) && isSafe && this.#isReplayable) {
      next = this.#next(this.exchange.tried);
      // Closed by the backend just when it was used again: a new connection to it will do, if there is no other.
      if (next === null && isFromUsedConnection(error)) next = this.#next([]);
    }
    if (next === null) this.#fail(new GatewayError(mapped.code, { cause: error }));
    else if (attempt.isSent) this.#tryLater(next);
    else this.#try(next);
  }

  /** Between the parts of a body, the backend may take only so long; an event stream may take for ever. */
  readonly #watchIdle = (): void => {
    if (this.#isDone || this.#answer!.head.isEventStream) return;
    if (this.#idle === null) this.#idle = setTimeout(onExpired, this.#pool.settings.timeouts.idleMs, this);
    else this.#idle.refresh();
  };

  #clearIdle(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
  }

  // ---- trying

  #tryFirst(): void {
    this.#waiting = this.#ports.balancer.pick(this.exchange, this);
  }

  onRefused(error: GatewayError): void {
    this.#fail(error);
  }

  onPicked(choice: Choice): void {
    this.#waiting = null;
    const request = this.#request;
    this.#head = requestHead({
      rawHeaders: request.rawHeaders,
      peerAddress: this.exchange.peerAddress,
      isPeerTrusted: this.exchange.isPeerTrusted,
      protocol: 'http',
      method: request.method!,
      via: this.#ports.via.hop(request.httpVersion),
      host: request.headers.host,
      requestId: this.exchange.requestId,
      preserveHost: this.#pool.settings.preserveHost,
      ownCookies: this.#route.ownCookies,
      strippedPrefix: this.#route.strippedPrefix,
      identityFields: this.#route.identityFields,
    });
    this.#try(choice);
  }

  #next(avoided: readonly PoolBackend[]): Choice | null {
    this.#retries ??= new Retries(this.#ports, this.#pool, this.exchange, this.usesConnection);
    return this.#retries.next(avoided);
  }

  #tryLater(choice: Choice): void {
    this.#retries!.later(choice, (held) => this.#try(held));
  }

  #try(choice: Choice): void {
    const exchange = this.exchange;
    const pool = this.#pool;
    if (exchange.tried.length > 0) {
      this.#ports.onRetry();
      this.#body?.renew();
    }
    exchange.tried.push(choice.backend);
    exchange.backend = choice.backend;
    const attempt = new Attempt(this, pool, choice, this.#ports.clock.nowMs());
    this.#attempt = attempt;
    this.#ports.row.started(choice.backend.index);
    attempt.send(this.#ports.upstreams.to(choice.backend, pool.settings), {
      path: forwardTarget(
        exchange.target,
        this.#route.stripPrefix ? this.#route.pathPrefix : '',
        choice.backend.basePath,
      ),
      method: this.#request.method as 'GET',
      headers: pool.settings.originHost ? withOriginHost(this.#head, choice.backend.url.host) : this.#head,
      // undici would take it from the Host field, and reconnect whenever that changes. Upstreams says what is sent.
      ...(choice.backend.isTls ? { servername: choice.backend.id } : undefined),
      body: this.#body === null ? null : this.#body.payload,
    });
  }

  // ---- ending

  /** The backend's books: exactly once for each attempt. */
  #release(attempt: Attempt, outcome: AttemptOutcome): void {
    const { backend, status, startMs } = attempt;
    if (this.#attempt === attempt) this.#attempt = null;
    this.#ports.row.ended(backend.index);
    if (outcome !== 'none') {
      const nowMs = this.#ports.clock.nowMs();
      this.#pool.judge(backend, judge(status, outcome !== 'success'), nowMs - startMs, nowMs);
    }
    this.#pool.release(attempt);
    this.#ports.breaker.settle(attempt, this.#pool, outcome);
  }

  /** No answer will come from a backend: the gateway answers. */
  #fail(error: GatewayError): void {
    if (this.#isDone) return;
    this.#finish();
    this.#callback(error, null);
  }

  /** Ends a running attempt for a reason of the gateway's own. */
  #end(error: GatewayError): void {
    if (this.#isDone) return;
    const attempt = this.#attempt;
    // A time-out counts against the backend; a body that is too large does not.
    this.#abandon(error, error.code === 'GW_RESPONSE_TIMEOUT' ? overdue(attempt) : 'none');
    if (attempt !== null && attempt.status !== 0) {
      this.#finish();
      this.#relay.cut();
    } else {
      this.#fail(error);
    }
  }

  #abandon(reason: GatewayError, outcome: AttemptOutcome): void {
    const attempt = this.#attempt;
    if (attempt === null) return;
    this.#release(attempt, outcome);
    attempt.discard(reason);
  }

  /** A client that left is neither success nor failure. */
  readonly #onClientClosed = (): void => {
    if (this.#isDone) return;
    this.#finish();
    this.#abandon(new GatewayError('GW_REQUEST_TIMEOUT', { message: 'The client left' }), 'none');
  };

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#retries?.end();
    this.exchange.onClosed = null;
    this.#waiting?.leave();
    this.#body?.release();
    this.#clearDeadline();
    this.#clearIdle();
  }

  #clearDeadline(): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
  }
}

function onExpired(forwarding: Forwarding): void {
  forwarding.expire();
}
