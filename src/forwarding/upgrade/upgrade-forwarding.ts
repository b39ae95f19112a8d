/**
 * One request to change the protocol: makes the attempts, and then either opens the tunnel or passes the backend's
 * refusal on. The HTTP counterpart is forwarding.ts.
 */
import type { IncomingMessage } from 'node:http';
import type { ClientRequest } from '../../http/client-side.ts';
import type { Socket } from 'node:net';
import type { Choice, Pool, PoolBackend } from '../../balancing/pool.ts';
import type { AttemptOutcome } from '../../breaker/breaker.ts';
import { GatewayError } from '../../errors.ts';
import { answerTrailers } from '../../http/trailers.ts';
import { passedProtocols } from '../../http/upgrade-protocols.ts';
import type { WaitingAnswer } from '../../routing/exchange.ts';
import type { LiveRoute } from '../../routing/live-snapshot.ts';
import { type Answer, answerOf } from '../answer.ts';
import type { AnswerCallback, ForwardedExchange } from '../forwarded-exchange.ts';
import { forwardedHead, headFor, hostFor, targetAt } from '../forwarded-head.ts';
import { addOwnFields } from '../marked-answer.ts';
import { writeHints } from '../relay.ts';
import { overdue, Tries, type TriesListener } from '../tries.ts';
import { Tunnel } from './tunnel.ts';
import { UpgradeAttempt, type UpgradeAttemptListener, type UpgradeHead } from './upgrade-attempt.ts';
import type { UpgradePorts } from './upgrade-ports.ts';

/** Methods whose requests Node's client would frame as an empty chunked body if no length is given. */
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE']);

export class UpgradeForwarding implements UpgradeAttemptListener, TriesListener {
  readonly #ports: UpgradePorts;
  readonly #exchange: ForwardedExchange;
  readonly #request: ClientRequest;
  readonly #client: Socket;
  readonly #callback: AnswerCallback;
  readonly #route: LiveRoute;
  readonly #pool: Pool;
  readonly usesConnection = false;
  readonly #tries: Tries;
  #deadline: NodeJS.Timeout | null = null;
  #isDone = false;

  constructor(ports: UpgradePorts, exchange: ForwardedExchange, callback: AnswerCallback) {
    const request = exchange.response.req;
    this.#ports = ports;
    this.#exchange = exchange;
    this.#request = request;
    this.#client = request.socket;
    this.#callback = callback;
    this.#route = exchange.route!;
    this.#pool = this.#route.target;
    this.#tries = new Tries(ports, exchange, request, this);
  }

  start(): void {
    const { startMs } = this.#exchange;
    if (this.#ports.isStopping()) return this.#fail(new GatewayError('GW_STOPPING'));
    this.#pool.retryBudget.deposit(startMs);
    this.#exchange.onClosed = this.#onClientLeft;
    this.#client.on('end', this.#onClientEnd);
    if (this.#route.timeoutMs > 0) this.#deadline = setTimeout(this.#onDeadline, this.#route.timeoutMs);
    this.#tries.first();
  }

  // ---- called by the tries

  onTry(choice: Choice): void {
    if (this.#exchange.tried.length === 0 && this.#ports.isStopping()) {
      this.#ports.balancer.discard(this.#exchange, choice);
      return this.#fail(new GatewayError('GW_STOPPING'));
    }
    const { clock } = this.#ports;
    this.#tries.start(new UpgradeAttempt(this, choice, this.#head(choice.backend), this.#pool.settings, clock.nowMs));
  }

  onRefused(error: GatewayError): void {
    this.#fail(error);
  }

  // ---- called by the attempt

  onSwitched(attempt: UpgradeAttempt, answer: IncomingMessage, socket: Socket): void {
    this.#tries.answered(attempt);
    const passed = this.#passed(attempt, answer);
    if (passed === null) return;
    this.#tries.switched(attempt);
    const { fields } = passed.head;
    fields.push('connection', 'Upgrade', 'upgrade', answer.headers.upgrade ?? '');
    this.#answer({
      begin: () => {
        const { response } = this.#exchange;
        response.writeHead(101, passed.reason, fields);
        response.end();
        this.#openTunnel(attempt, socket);
      },
    });
  }

  onHints(raw: readonly string[]): void {
    writeHints(this.#exchange.response, raw);
  }

  onAnswer(attempt: UpgradeAttempt, answer: IncomingMessage): void {
    this.#tries.answered(attempt);
    if (this.#tries.retriesAnswer(attempt, true)) {
      answer.destroy();
      return;
    }
    const passed = this.#passed(attempt, answer);
    if (passed === null) return;
    this.#answer({
      begin: () => {
        this.#passOn(attempt, passed, answer);
      },
    });
  }

  onFailed(attempt: UpgradeAttempt, error: Error): void {
    const left = this.#tries.failed(attempt, error, true, false);
    if (left !== null) this.#fail(left);
  }

  #head(backend: PoolBackend): UpgradeHead {
    const { headers } = this.#request;
    const method = this.#request.method ?? 'GET';
    const fields = headFor(backend, forwardedHead(this.#request, this.#exchange, this.#ports.via), this.#exchange);
    fields.push('host', hostFor(backend, this.#request, this.#exchange));
    if (!BODILESS.has(method) && headers['content-length'] === undefined) fields.push('content-length', '0');
    fields.push('connection', 'Upgrade', 'upgrade', passedProtocols(this.#request) ?? '');
    return { method, path: targetAt(backend, this.#exchange), fields };
  }

  // ---- answering

  /** The answer as the client gets it; null: it must not be passed on, and the client has already been answered. */
  #passed(attempt: UpgradeAttempt, answer: IncomingMessage): Answer | null {
    const passed = answerOf(this.#request, attempt.status, answer.statusMessage ?? '', answer.rawHeaders);
    if (typeof passed === 'string') {
      const error = new GatewayError('GW_BACKEND_INVALID', { cause: new Error(passed) });
      this.#tries.abandon('failure');
      this.#fail(error);
      return null;
    }
    this.#exchange.status = passed.status;
    this.#finish();
    addOwnFields(passed.head.fields, this.#exchange, this.#request, attempt.backend, this.#ports.clock);
    return passed;
  }

  #answer(answer: WaitingAnswer): void {
    this.#exchange.answer = answer;
    this.#callback(null);
  }

  /** An answer that is not a tunnel. */
  #passOn(attempt: UpgradeAttempt, passed: Answer, answer: IncomingMessage): void {
    const { response } = this.#exchange;
    let isOver = false;
    const over = (outcome: AttemptOutcome): void => {
      if (!isOver) this.#tries.end(attempt, outcome);
      isOver = true;
    };
    response.begin(passed.status, passed.reason, passed.head.fields);
    const pause = new Error('The backend paused for too long');
    answer.setTimeout(this.#pool.settings.timeouts.idleMs, () => answer.destroy(pause));
    answer.on('data', (chunk: Buffer) => {
      if (response.chunk(chunk)) return;
      answer.pause();
      response.once('drain', () => answer.resume());
    });
    answer.once('end', () => {
      response.addTrailers(answerTrailers(answer.rawTrailers));
      response.end();
      over(this.#tries.outcomeOf(passed.status));
    });
    answer.once('error', (error) => {
      over(error === pause ? 'timeout' : 'failure');
      response.cut();
    });
    response.once('close', () => {
      over('none');
      answer.destroy();
    });
  }

  #openTunnel(attempt: UpgradeAttempt, backend: Socket): void {
    const { tunnels, clock } = this.#ports;
    const tunnel = new Tunnel(this.#client, backend, this.#route.upgradeIdleTimeoutMs, (totals) => {
      tunnels.remove(tunnel);
      this.#tries.closed(attempt);
      this.#exchange.tunnel = { sinceMs, ...totals };
      this.#exchange.response.onTunnelClosed();
    });
    const sinceMs = clock.nowMs();
    tunnels.add(tunnel);
    tunnel.start();
  }

  // ---- ending

  #fail(error: GatewayError): void {
    if (this.#isDone) return;
    this.#finish();
    this.#callback(error);
  }

  readonly #onDeadline = (): void => {
    if (this.#tries.expire()) return;
    const error = new GatewayError('GW_RESPONSE_TIMEOUT');
    this.#tries.abandon(overdue(this.#tries.running));
    this.#fail(error);
  };

  /** A client that ended before there was an answer cannot be answered: it left. */
  readonly #onClientEnd = (): void => {
    this.#client.destroy();
  };

  readonly #onClientLeft = (): void => {
    this.#finish();
    this.#tries.abandon('none');
  };

  #finish(): void {
    this.#isDone = true;
    this.#tries.finish();
    this.#exchange.onClosed = null;
    this.#client.off('end', this.#onClientEnd);
    if (this.#deadline !== null) clearTimeout(this.#deadline);
  }
}
