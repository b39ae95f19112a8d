/**
 * One request to change the protocol on its way: picks a backend, another one while no connection can be made, and
 * then either opens the tunnel or passes the backend's refusal on. The HTTP counterpart is forwarding.ts.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { judge } from '../core/balancing/judgement.ts';
import { GatewayError } from '../errors.ts';
import { withOriginHost } from '../http/origin-host.ts';
import { addLimitFields } from '../http/rate-limit-fields.ts';
import { requestHead } from '../http/request-head.ts';
import { forwardTarget } from '../http/request-path.ts';
import { responseHead } from '../http/response-head.ts';
import { transportError } from '../http/transport-error.ts';
import { passedProtocols } from '../http/upgrade-protocols.ts';
import type { AttemptOutcome } from '../state/breaker.ts';
import type { LiveRoute } from '../state/live-snapshot.ts';
import type { Pick, Pool } from '../state/pool.ts';
import type { ForwardedExchange } from './forwarding.ts';
import { overdue } from './attempt.ts';
import { markAnswer } from './marked-answer.ts';
import { isRetriedError } from './retry-policy.ts';
import { Tunnel } from './tunnel.ts';
import { UpgradeAttempt, type UpgradeAttemptListener, type UpgradeHead } from './upgrade-attempt.ts';
import type { AnswerCallback, UpgradePorts } from './upgrade-dispatcher.ts';
import { type FirstPickListener, requestBackend, type Waiting } from './waiting.ts';

/** Methods whose requests Node's client would frame as an empty chunked body, when no length is given. */
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE']);

export class UpgradeForwarding implements UpgradeAttemptListener, FirstPickListener {
  readonly #ports: UpgradePorts;
  readonly #exchange: ForwardedExchange;
  readonly #request: IncomingMessage;
  readonly #client: Socket;
  readonly #callback: AnswerCallback;
  readonly #route: LiveRoute;
  readonly #pool: Pool;
  #attempt: UpgradeAttempt | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #retries = 0;
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
    this.#waiting = requestBackend(this.#pool, this.#exchange, this.#ports.clock, this);
  }

  // ---- called by the queue

  onPicked(pick: Pick): void {
    this.#waiting = null;
    if (!this.#ports.isStopping()) return this.#try(pick);
    this.#giveBack(pick);
    this.#fail(new GatewayError('GW_STOPPING'));
  }

  onRefused(error: GatewayError): void {
    this.#fail(error);
  }

  // ---- called by the attempt

  onSwitched(attempt: UpgradeAttempt, answer: IncomingMessage, socket: Socket): void {
    this.#answered(attempt, 101);
    // The backend's part is done as far as its circuit is concerned; it counts as busy until the tunnel closes.
    this.#settle(attempt, 'success', 101);
    const fields = this.#fields(answer, attempt);
    fields.push('connection', 'Upgrade', 'upgrade', answer.headers.upgrade ?? '');
    this.#callback(null, {
      begin: () => {
        const { response } = this.#exchange;
        response.writeHead(101, answer.statusMessage ?? '', fields);
        response.end();
        response.detachSocket(this.#client);
        this.#openTunnel(attempt, socket);
      },
    });
  }

  onAnswer(attempt: UpgradeAttempt, answer: IncomingMessage): void {
    const status = answer.statusCode ?? 0;
    if (status > 599) {
      answer.destroy();
      this.#release(attempt, 'failure');
      this.#fail(new GatewayError('GW_BACKEND_INVALID', { message: `The backend answered with status ${status}` }));
      return;
    }
    this.#answered(attempt, status);
    const fields = this.#fields(answer, attempt);
    this.#callback(null, {
      begin: () => {
        const { response } = this.#exchange;
        response.writeHead(status, answer.statusMessage ?? '', fields);
        const pause = new Error('The backend paused for too long');
        answer.setTimeout(this.#pool.settings.timeouts.idleMs, () => answer.destroy(pause));
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
    // Once it was sent, the backend may have begun what cannot be begun twice.
    const next = !attempt.isSent && isRetriedError(code) ? this.#next() : null;
    if (next === null) this.#fail(new GatewayError(code, { cause: error }));
    else this.#try(next);
  }

  // ---- trying

  #try(pick: Pick): void {
    const { tried } = this.#exchange;
    if (tried.length > 0) this.#ports.onRetry();
    tried.push(pick.backend);
    this.#exchange.backend = pick.backend;
    this.#ports.row.started(pick.backend.index);
    this.#attempt = new UpgradeAttempt(this, pick, this.#head(pick), this.#pool.settings, this.#ports.clock.nowMs);
  }

  /** Another backend, when policy, budget and pool have one. */
  #next(): Pick | null {
    const { tried, keyHash } = this.#exchange;
    if (tried.length > this.#pool.settings.retries.attempts) return null;
    const nowMs = this.#ports.clock.nowMs();
    const pick = this.#pool.pick(keyHash, nowMs, tried);
    if (pick === null) return null;
    if (!this.#pool.retryBudget.withdraw(nowMs)) {
      this.#giveBack(pick);
      return null;
    }
    this.#retries += 1;
    return pick;
  }

  /** Picked, but never tried. */
  #giveBack(pick: Pick): void {
    this.#ports.breaker.settle(pick, this.#pool, 'none');
    this.#pool.release(pick);
  }

  #head({ backend }: Pick): UpgradeHead {
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

  #fields(answer: IncomingMessage, attempt: UpgradeAttempt): string[] {
    // Trailers are not passed on here, and Node throws at an announcement that it cannot keep.
    const raw = answer.rawHeaders.filter((_, at, all) => all[at - (at % 2)]!.toLowerCase() !== 'trailer');
    const { fields } = responseHead(raw.map((text) => Buffer.from(text, 'latin1')));
    fields.push('x-request-id', this.#exchange.requestId);
    addLimitFields(fields, this.#exchange.limitFields);
    if (this.#pool.isMarking) {
      markAnswer(fields, this.#exchange, this.#request, attempt.backend, this.#ports.clock);
    }
    return fields;
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
    for (; this.#retries > 0; this.#retries -= 1) this.#pool.retryBudget.ended();
    this.#exchange.onClosed = null;
    this.#waiting?.leave();
    this.#client.off('end', this.#onClientEnd);
    if (this.#deadline !== null) clearTimeout(this.#deadline);
  }
}
