/**
 * One request to change the protocol: makes the attempts, and then either opens the tunnel or passes the backend's
 * refusal on. The HTTP counterpart is forwarding.ts.
 */
import type { ClientRequest } from '../../http/client-side.ts';
import type { Socket } from 'node:net';
import type { Choice, Pool, PoolBackend } from '../../balancing/pool.ts';
import { GatewayError } from '../../errors.ts';
import { passedProtocols } from '../../http/fields/upgrade-protocols.ts';
import type { UpgradeRequest } from '../../http/upstream-side.ts';
import type { WaitingAnswer } from '../../routing/exchange.ts';
import type { LiveRoute } from '../../routing/live-snapshot.ts';
import { type Answer, answerOf } from '../answer.ts';
import { BodyWatchers } from '../body/body-watchers.ts';
import type { AnswerCallback, ForwardedExchange } from '../forwarded-exchange.ts';
import { forwardedHead, headFor, hostFor, targetAt } from '../forwarded-head.ts';
import { addOwnFields } from '../marked-answer.ts';
import { Relay, type RelayOwner, writeHints } from '../relay.ts';
import { overdue, Tries, type TriesListener } from '../tries.ts';
import { Tunnel } from './tunnel.ts';
import { UpgradeAttempt, type UpgradeAttemptListener } from './upgrade-attempt.ts';
import type { UpgradePorts } from './upgrade-ports.ts';

export class UpgradeForwarding implements UpgradeAttemptListener, TriesListener, RelayOwner {
  readonly #ports: UpgradePorts;
  readonly #exchange: ForwardedExchange;
  readonly #request: ClientRequest;
  readonly #client: Socket;
  readonly #callback: AnswerCallback;
  readonly #route: LiveRoute;
  readonly usesConnection = false;
  readonly #tries: Tries;
  readonly #relay: Relay;
  #deadline: NodeJS.Timeout | null = null;
  /** Of an answer that opens no tunnel; null: no policy looks at its body. */
  #watchers: BodyWatchers | null = null;
  #isDone = false;

  constructor(ports: UpgradePorts, exchange: ForwardedExchange, callback: AnswerCallback) {
    const request = exchange.response.req;
    this.#ports = ports;
    this.#exchange = exchange;
    this.#request = request;
    this.#client = request.socket;
    this.#callback = callback;
    this.#route = exchange.route!;
    this.#tries = new Tries(ports, exchange, request, this);
    this.#relay = new Relay(exchange.response, this.#pool.settings.timeouts.idleMs, this, false);
  }

  start(): void {
    const { startMs } = this.#exchange;
    if (this.#ports.isStopping()) return this.#fail(new GatewayError('GW_STOPPING'));
    // HTTP/2 has no upgrades (RFC 9113, 8.6).
    if (this.#pool.settings.protocol !== 'http1') return this.#fail(new GatewayError('GW_UPGRADE_NOT_SUPPORTED'));
    this.#pool.retryBudget.deposit(startMs);
    this.#exchange.onClosed = this.#onClientLeft;
    this.#client.on('end', this.#onClientEnd);
    if (this.#route.timeoutMs > 0) this.#deadline = setTimeout(this.#onDeadline, this.#route.timeoutMs);
    this.#tries.first();
  }

  /** It may change between two tries. */
  get #pool(): Pool {
    return this.#exchange.pool!;
  }

  // ---- called by the tries

  onTry(choice: Choice): void {
    if (this.#exchange.tried.length === 0 && this.#ports.isStopping()) {
      this.#ports.balancer.discard(this.#pool, choice);
      return this.#fail(new GatewayError('GW_STOPPING'));
    }
    const { clock } = this.#ports;
    const { backend } = choice;
    this.#exchange.trace?.openTry(backend, this.#pool.settings, targetAt(backend, this.#exchange));
    this.#tries.start(new UpgradeAttempt(this, choice, this.#upgrade(backend), this.#pool.settings, clock.nowMs));
  }

  onRefused(error: GatewayError): void {
    this.#fail(error);
  }

  // ---- called by the attempt

  onSwitched(attempt: UpgradeAttempt, reason: string, fields: string[], socket: Socket): void {
    this.#tries.answered(attempt);
    const passed = this.#passed(attempt, 101, reason, fields);
    if (passed === null) return;
    this.#finish();
    this.#tries.switched(attempt);
    passed.head.fields.push('connection', 'Upgrade', 'upgrade', protocolsOf(fields));
    this.#answer({
      begin: () => {
        const { response } = this.#exchange;
        response.writeHead(101, passed.reason, passed.head.fields);
        response.end();
        // A tunnel may last for days: the spans end when it opens.
        const end = { status: 101, isAborted: false, endMs: this.#ports.clock.nowMs() };
        this.#exchange.trace?.end(this.#exchange, end);
        this.#openTunnel(attempt, socket);
      },
    });
  }

  onHints(_attempt: UpgradeAttempt, fields: string[]): void {
    writeHints(this.#exchange.response, fields);
  }

  onHead(attempt: UpgradeAttempt, status: number, reason: string, fields: string[]): void {
    this.#tries.answered(attempt);
    if (this.#tries.retriesAnswer(attempt, true)) {
      attempt.discard();
      return;
    }
    const page = this.#route.failurePages?.instead(status, fields, this.#exchange) ?? null;
    if (page !== null) {
      this.#tries.end(attempt, this.#tries.outcomeOf(status));
      attempt.discard();
      this.#finish();
      this.#answer({ begin: () => this.#ports.sendOwn(this.#exchange, page) });
      return;
    }
    const passed = this.#passed(attempt, status, reason, fields);
    if (passed === null) return;
    this.#stopWaiting();
    this.#watchers = BodyWatchers.of(this.#route.answerWatches, passed.head.fields, this.#exchange, null);
    this.#answer({ begin: () => this.#relay.head(passed) });
  }

  onChunk(attempt: UpgradeAttempt, chunk: Buffer): boolean {
    if (this.#watchers !== null) this.#watchers.onChunk(chunk);
    return this.#relay.chunk(chunk, attempt);
  }

  onCompleted(attempt: UpgradeAttempt, trailers: readonly string[]): void {
    this.#tries.end(attempt, this.#tries.outcomeOf(attempt.status));
    this.#watchers?.onEnd(trailers);
    this.#finish();
    this.#relay.end(trailers);
  }

  onFailed(attempt: UpgradeAttempt, error: Error): void {
    const left = this.#tries.failed(attempt, error, true, false);
    if (left === null) return;
    if (attempt.status === 0) return this.#fail(left);
    this.#finish();
    this.#relay.cut();
  }

  #upgrade(backend: PoolBackend): UpgradeRequest {
    return {
      method: this.#request.method,
      target: targetAt(backend, this.#exchange),
      host: hostFor(backend, this.#request, this.#exchange),
      fields: headFor(backend, forwardedHead(this.#request, this.#exchange, this.#ports.via), this.#exchange),
      body: null,
      upgrade: passedProtocols(this.#request) ?? '',
    };
  }

  // ---- answering

  /** The answer as the client gets it; null: it must not be passed on, and the client has already been answered. */
  #passed(attempt: UpgradeAttempt, status: number, reason: string, fields: readonly string[]): Answer | null {
    const passed = answerOf(this.#request, status, reason, fields);
    if (typeof passed === 'string') {
      const error = new GatewayError('GW_BACKEND_INVALID', { cause: new Error(passed) });
      this.#tries.abandon('failure');
      this.#fail(error);
      return null;
    }
    this.#exchange.status = passed.status;
    try {
      addOwnFields(passed.head.fields, this.#exchange, this.#request, attempt.backend, this.#ports.clock);
      return passed;
    } catch (error) {
      // A plugin refuses the answer, through no fault of the backend.
      this.#exchange.status = 0;
      this.#tries.abandon('none');
      this.#fail(error instanceof GatewayError ? error : new GatewayError('GW_INTERNAL', { cause: error }));
      return null;
    }
  }

  #answer(answer: WaitingAnswer): void {
    this.#exchange.answer = answer;
    this.#callback(null);
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
    tunnels.add(tunnel, this.#pool.settings.discover === null ? null : attempt.backend.index);
    tunnel.start();
  }

  // ---- ending

  #fail(error: GatewayError): void {
    if (this.#isDone) return;
    this.#finish();
    this.#callback(error);
  }

  /** The backend paused within its answer. */
  expire(): void {
    this.#tries.abandon('timeout');
    this.#finish();
    this.#relay.cut();
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

  /** The head of an answer is there. */
  #stopWaiting(): void {
    this.#client.off('end', this.#onClientEnd);
    if (this.#deadline !== null) clearTimeout(this.#deadline);
  }

  #finish(): void {
    this.#isDone = true;
    this.#tries.finish();
    this.#exchange.onClosed = null;
    this.#watchers?.onCut();
    this.#relay.stop();
    this.#stopWaiting();
  }
}

function protocolsOf(fields: readonly string[]): string {
  return fields.filter((_, at) => at % 2 === 1 && fields[at - 1]!.toLowerCase() === 'upgrade').join(', ');
}
