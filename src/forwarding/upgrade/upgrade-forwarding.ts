/**
 * One request to change the protocol on its way: picks a backend, another one while no connection can be made, and
 * then either opens the tunnel or passes the backend's refusal on. The HTTP counterpart is forwarding.ts.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { judge } from '../../balancing/core/judgement.ts';
import { GatewayError } from '../../errors.ts';
import { withOriginHost } from '../message/origin-host.ts';
import { addLimitFields } from '../../limits/rate-limit-fields.ts';
import { requestHead } from '../message/request-head.ts';
import { forwardTarget } from '../../routing/request-path.ts';
import { answerTrailers } from '../../http/trailers.ts';
import { transportError } from '../message/transport-error.ts';
import { passedProtocols } from '../../http/upgrade-protocols.ts';
import type { AttemptOutcome } from '../../breaker/breaker.ts';
import type { LiveRoute } from '../../routing/live-snapshot.ts';
import type { Choice, Pool } from '../../balancing/pool.ts';
import { type Answer, answerOf } from '../answer.ts';
import type { ForwardedExchange } from '../forwarded-exchange.ts';
import { overdue } from '../attempt.ts';
import { markAnswer } from '../marked-answer.ts';
import { writeHints } from '../relay.ts';
import { Retries } from '../retries.ts';
import { isRepeatable, isRetriedError } from '../retry-policy.ts';
import { Tunnel } from './tunnel.ts';
import { UpgradeAttempt, type UpgradeAttemptListener, type UpgradeHead } from './upgrade-attempt.ts';
import type { AnswerCallback, UpgradePorts } from './upgrade-ports.ts';
import type { PickListener, Waiting } from '../../balancing/balancer.ts';

/** Methods whose requests Node's client would frame as an empty chunked body, when no length is given. */
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE']);

export class UpgradeForwarding implements UpgradeAttemptListener, PickListener {
  readonly #ports: UpgradePorts;
  readonly #exchange: ForwardedExchange;
  readonly #request: IncomingMessage;
  readonly #client: Socket;
  readonly #callback: AnswerCallback;
  readonly #route: LiveRoute;
  readonly #pool: Pool;
  readonly usesConnection = false;
  #attempt: UpgradeAttempt | null = null;
  #deadline: NodeJS.Timeout | null = null;
  /** None until a try has failed. */
  #retries: Retries | null = null;
  /** While it waits for its first backend. */
  #waiting: Waiting | null = null;
  #isDone = false;

  constructor(ports: UpgradePorts, exchange: ForwardedExchange, request: IncomingMessage, callback: AnswerCallback) {
    this.#ports = ports;
    this.#exchange = exchange;
    this.#request = request;
    this.#client = request.socket;
    this.#callback = callback;
    this.#route = exchange.route!;
    this.#pool = this.#route.target;
  }

  start(): void {
    const { startMs } = this.#exchange;
    if (this.#ports.isStopping()) return this.#fail(new GatewayError('GW_STOPPING'));
    this.#pool.retryBudget.deposit(startMs);
    this.#exchange.onClosed = this.#onClientLeft;
    this.#client.on('end', this.#onClientEnd);
    if (this.#route.timeoutMs > 0) this.#deadline = setTimeout(this.#onDeadline, this.#route.timeoutMs);
    this.#waiting = this.#ports.balancer.pick(this.#exchange, this);
  }

  // ---- called by the queue

  onPicked(choice: Choice): void {
    this.#waiting = null;
    if (!this.#ports.isStopping()) return this.#try(choice);
    this.#ports.balancer.giveBack(this.#exchange, choice);
    this.#fail(new GatewayError('GW_STOPPING'));
  }

  onRefused(error: GatewayError): void {
    this.#fail(error);
  }

  // ---- called by the attempt

  onSwitched(attempt: UpgradeAttempt, answer: IncomingMessage, socket: Socket): void {
    const passed = this.#passed(attempt, answer);
    if (passed === null) return;
    // The backend's part is done as far as its circuit is concerned; it counts as busy until the tunnel closes.
    this.#ports.breaker.settle(attempt, this.#pool, 'success');
    const { fields } = passed.head;
    fields.push('connection', 'Upgrade', 'upgrade', answer.headers.upgrade ?? '');
    this.#callback(null, {
      begin: () => {
        const { response } = this.#exchange;
        response.writeHead(101, passed.reason, fields);
        response.end();
        response.detachSocket(this.#client);
        this.#openTunnel(attempt, socket);
      },
    });
  }

  onHints(raw: readonly string[]): void {
    writeHints(this.#exchange.response, raw.map(latin1Bytes));
  }

  onAnswer(attempt: UpgradeAttempt, answer: IncomingMessage): void {
    const status = answer.statusCode ?? 0;
    const { retries } = this.#pool.settings;
    if (retries.statuses.includes(status) && isRepeatable(this.#request, retries)) {
      const next = this.#next();
      if (next !== null) {
        answer.destroy();
        this.#release(attempt, this.#isFailure(status) ? 'failure' : 'success', status);
        this.#retries!.later(next, (held) => this.#try(held));
        return;
      }
    }
    const passed = this.#passed(attempt, answer);
    if (passed === null) return;
    this.#callback(null, {
      begin: () => {
        const { response } = this.#exchange;
        response.writeHead(status, passed.reason, passed.head.fields);
        const pause = new Error('The backend paused for too long');
        answer.setTimeout(this.#pool.settings.timeouts.idleMs, () => answer.destroy(pause));
        answer.once('end', () => {
          const trailers = answerTrailers(answer.rawTrailers);
          if (response.chunkedEncoding && trailers.length > 0) response.addTrailers(trailers);
        });
        pipeline(answer, response, (error) => {
          // What broke off on the backend's side comes with an error of its own.
          const isClientGone = (error as NodeJS.ErrnoException | undefined)?.code === 'ERR_STREAM_PREMATURE_CLOSE';
          const isFailure = (error ?? null) !== null || this.#isFailure(status);
          const outcome = error === pause ? 'timeout' : isFailure ? 'failure' : 'success';
          this.#release(attempt, isClientGone ? 'none' : outcome, status);
        });
      },
    });
  }

  onFailed(attempt: UpgradeAttempt, error: Error): void {
    const { code, outcome } = transportError(error);
    this.#release(attempt, outcome);
    const isSafe = !attempt.isSent || isRepeatable(this.#request, this.#pool.settings.retries);
    const next = isSafe && isRetriedError(code) ? this.#next() : null;
    if (next === null) this.#fail(new GatewayError(code, { cause: error }));
    else if (attempt.isSent) this.#retries!.later(next, (held) => this.#try(held));
    else this.#try(next);
  }

  // ---- trying

  #try(choice: Choice): void {
    const { tried } = this.#exchange;
    if (tried.length > 0) this.#ports.onRetry();
    tried.push(choice.backend);
    this.#exchange.backend = choice.backend;
    this.#ports.row.started(choice.backend.index);
    this.#attempt = new UpgradeAttempt(this, choice, this.#head(choice), this.#pool.settings, this.#ports.clock.nowMs);
  }

  #next(): Choice | null {
    this.#retries ??= new Retries(this.#ports, this.#pool, this.#exchange, this.usesConnection);
    return this.#retries.next(this.#exchange.tried);
  }

  #head({ backend }: Choice): UpgradeHead {
    const { peerAddress, isPeerTrusted, requestId, target } = this.#exchange;
    const { rawHeaders, httpVersion, headers } = this.#request;
    const method = this.#request.method ?? 'GET';
    const { preserveHost, originHost } = this.#pool.settings;
    const head = requestHead({
      method,
      rawHeaders,
      peerAddress,
      isPeerTrusted,
      protocol: 'http',
      via: this.#ports.via.hop(httpVersion),
      host: headers.host,
      requestId,
      preserveHost,
      ownCookies: this.#route.ownCookies,
      strippedPrefix: this.#route.strippedPrefix,
      identityFields: this.#route.identityFields,
    });
    const fields = originHost ? withOriginHost(head, backend.url.host) : head;
    if (!preserveHost) fields.push('host', backend.url.host);
    if (!BODILESS.has(method) && headers['content-length'] === undefined) fields.push('content-length', '0');
    fields.push('connection', 'Upgrade', 'upgrade', passedProtocols(this.#request) ?? '');
    const prefix = this.#route.stripPrefix ? this.#route.pathPrefix : '';
    return { method, path: forwardTarget(target, prefix, backend.basePath), fields };
  }

  // ---- answering

  #answered(attempt: UpgradeAttempt, status: number): void {
    const nowMs = this.#ports.clock.nowMs();
    this.#ports.row.answered(attempt.backend.index, nowMs - attempt.startMs, nowMs, status);
    this.#exchange.status = status;
    this.#finish();
  }

  /** The answer as the client gets it; null: it must not be passed on, and the client has been told. */
  #passed(attempt: UpgradeAttempt, answer: IncomingMessage): Answer | null {
    const status = answer.statusCode ?? 0;
    const reason = latin1Bytes(answer.statusMessage ?? '').toString('utf8');
    const passed = answerOf(this.#request, status, reason, answer.rawHeaders.map(latin1Bytes));
    if (typeof passed === 'string') {
      this.#release(attempt, 'failure', status);
      attempt.discard();
      this.#fail(new GatewayError('GW_BACKEND_INVALID', { cause: new Error(passed) }));
      return null;
    }
    this.#answered(attempt, status);
    passed.head.fields.push('x-request-id', this.#exchange.requestId);
    addLimitFields(passed.head.fields, this.#exchange.limitFields);
    if (this.#pool.isMarking) {
      markAnswer(passed.head.fields, this.#exchange, this.#request, attempt.backend, this.#ports.clock);
    }
    return passed;
  }

  #openTunnel(attempt: UpgradeAttempt, backend: Socket): void {
    const { tunnels, clock, row } = this.#ports;
    const tunnel = new Tunnel(this.#client, backend, this.#route.upgradeIdleTimeoutMs, (totals) => {
      tunnels.remove(tunnel);
      row.ended(attempt.backend.index);
      this.#pool.release(attempt);
      this.#exchange.tunnel = { sinceMs, ...totals };
      // Whoever waits for the end of the answer waits for this.
      this.#exchange.response.emit('close');
    });
    const sinceMs = clock.nowMs();
    tunnels.add(tunnel);
    tunnel.start();
  }

  #isFailure(status: number): boolean {
    return status >= 502 ? status <= 504 : status === 500 && this.#pool.settings.circuitBreaker.count500;
  }

  // ---- ending

  #fail(error: GatewayError): void {
    if (this.#isDone) return;
    this.#finish();
    this.#callback(error, null);
  }

  /** The backend's books: exactly once for each attempt that opened no tunnel. */
  #release(attempt: UpgradeAttempt, outcome: AttemptOutcome, status = 0): void {
    this.#attempt = null;
    this.#ports.row.ended(attempt.backend.index);
    this.#pool.release(attempt);
    this.#settle(attempt, outcome, status);
  }

  #settle(attempt: UpgradeAttempt, outcome: AttemptOutcome, status: number): void {
    if (outcome !== 'none') {
      const nowMs = this.#ports.clock.nowMs();
      this.#pool.judge(attempt.backend, judge(status, outcome !== 'success'), nowMs - attempt.startMs, nowMs);
    }
    this.#ports.breaker.settle(attempt, this.#pool, outcome);
  }

  #abandon(outcome: AttemptOutcome): void {
    const attempt = this.#attempt;
    if (attempt === null) return;
    this.#release(attempt, outcome);
    attempt.discard();
  }

  readonly #onDeadline = (): void => {
    if (this.#waiting !== null) return this.#waiting.expire();
    this.#abandon(overdue(this.#attempt));
    this.#fail(new GatewayError('GW_RESPONSE_TIMEOUT'));
  };

  /** Nothing can be said to a client that has ended before there was an answer: it left. */
  readonly #onClientEnd = (): void => {
    this.#client.destroy();
  };

  readonly #onClientLeft = (): void => {
    this.#finish();
    this.#abandon('none');
  };

  #finish(): void {
    this.#isDone = true;
    this.#retries?.end();
    this.#exchange.onClosed = null;
    this.#waiting?.leave();
    this.#client.off('end', this.#onClientEnd);
    if (this.#deadline !== null) clearTimeout(this.#deadline);
  }
}

/** Node's client reads heads as latin1. */
function latin1Bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
