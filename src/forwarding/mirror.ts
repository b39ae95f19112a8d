/**
 * Copies of requests for another pool. A copy is sent once, after the original, with all of its body but no trailers, and
 * nothing waits for it: without a free connection, a backend or room it is dropped, and its answer is read and forgotten.
 */
import { judge } from '../balancing/core/judgement.ts';
import type { Balancer } from '../balancing/balancer.ts';
import type { Choice, Pool } from '../balancing/pool.ts';
import type { BackendRow } from '../backends/backend-row.ts';
import type { AttemptOutcome, Breaker } from '../breaker/breaker.ts';
import type { Random } from '../core/random.ts';
import type { ClientRequest } from '../http/client-side.ts';
import { unsampled } from '../tracing/core/trace-context.ts';
import { forwardTarget } from '../routing/request-path.ts';
import type { RouteMirror } from '../routing/live-snapshot.ts';
import type { Deadline, Deadlines } from '../runtime/deadlines.ts';
import type { SharedClock } from '../runtime/shared-clock.ts';
import { Attempt, type AttemptListener } from './attempt.ts';
import { BodyCopy } from './body/body-copy.ts';
import type { MirrorResult } from './core/forwarding-vocabulary.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import { withOriginHost } from './message/origin-host.ts';
import type { Upstreams } from './upstreams.ts';

/** Tells a backend that nobody waits for its answer. */
const MIRROR_FIELD = 'x-sluice-mirror';

type OnCopied = (result: MirrorResult) => void;

export interface MirrorPorts {
  readonly clock: Pick<SharedClock, 'nowMs'>;
  readonly row: BackendRow;
  readonly balancer: Balancer;
  readonly breaker: Breaker;
  readonly upstreams: Pick<Upstreams, 'to'>;
  readonly deadlines: Deadlines;
  readonly random: Random;
  readonly onMirrored: (result: MirrorResult) => void;
}

export class Mirror {
  readonly #ports: MirrorPorts;
  /** By route, so that a reload does not begin anew. */
  readonly #running = new Map<string, number>();

  constructor(ports: MirrorPorts) {
    this.#ports = ports;
  }

  /** Never throws. @param head as backends of the original get it. @param body null: none */
  copy(exchange: ForwardedExchange, request: ClientRequest, head: readonly string[], body: Buffer | null): void {
    const done = this.#begin(exchange, request, body?.length ?? 0);
    if (done !== null) this.#send(exchange, request, copiedFields(head, exchange.traceparent), body, done);
  }

  /**
   * For a body that streams to the original's backend: the copy is sent when all of it has passed. Never throws.
   *
   * @param head see copy(). Returns what is to be given the body; null: no copy is made
   */
  gather(exchange: ForwardedExchange, request: ClientRequest, head: readonly string[]): BodyCopy | null {
    const declared = request.headers['content-length'];
    const done = this.#begin(exchange, request, Number(declared ?? 0));
    if (done === null) return null;
    const fields = copiedFields(head, exchange.traceparent);
    return new BodyCopy(exchange.route!.mirror!.maxBodyBytes, (body) => {
      if (body === null) return done('dropped');
      if (declared === undefined) fields.push('content-length', String(body.length));
      this.#send(exchange, request, fields, body, done);
    });
  }

  /** Null: no copy is made. Otherwise it has a place, until what is returned is called. */
  #begin({ route }: ForwardedExchange, { method }: ClientRequest, bytes: number): OnCopied | null {
    const { mirror, name } = route!;
    if (mirror === null || !mirror.methods.includes(method)) return null;
    const { onMirrored, random } = this.#ports;
    if (mirror.sample < 1 && random() >= mirror.sample) return null;
    const running = this.#running.get(name) ?? 0;
    if (bytes > mirror.maxBodyBytes || running >= mirror.maxInFlight) {
      onMirrored('dropped');
      return null;
    }
    this.#running.set(name, running + 1);
    return (result) => {
      this.#running.set(name, this.#running.get(name)! - 1);
      onMirrored(result);
    };
  }

  #send(
    exchange: ForwardedExchange,
    request: ClientRequest,
    fields: string[],
    body: Buffer | null,
    done: OnCopied,
  ): void {
    const mirror = exchange.route!.mirror!;
    const choice = this.#pick(mirror.pool);
    if (choice === null) return done('dropped');
    new Copy(this.#ports, mirror, choice, done).send(exchange, request, fields, body);
  }

  /** Requests that wait there come first. */
  #pick(pool: Pool): Choice | null {
    if (pool.queue.length > 0) return null;
    const { balancer, clock } = this.#ports;
    return balancer.pickAgain(pool, 0, [], true, clock.nowMs());
  }
}

class Copy implements AttemptListener {
  readonly #ports: MirrorPorts;
  readonly #mirror: RouteMirror;
  readonly #attempt: Attempt;
  readonly #onDone: OnCopied;
  #deadline: Deadline | null = null;
  #isDone = false;

  constructor(ports: MirrorPorts, mirror: RouteMirror, choice: Choice, onDone: OnCopied) {
    this.#ports = ports;
    this.#mirror = mirror;
    this.#attempt = new Attempt(this, mirror.pool, choice, ports.clock.nowMs());
    this.#onDone = onDone;
  }

  send(exchange: ForwardedExchange, request: ClientRequest, fields: string[], body: Buffer | null): void {
    const { pool, timeoutMs } = this.#mirror;
    const { backend } = this.#attempt;
    const { settings } = pool;
    this.#ports.row.started(backend.index);
    this.#deadline = this.#ports.deadlines.start(timeoutMs, this);
    const { target, rewrittenTarget, route } = exchange;
    this.#attempt.send(this.#ports.upstreams.to(backend, settings), {
      method: request.method,
      target: forwardTarget(
        rewrittenTarget ?? target,
        rewrittenTarget === null ? route!.strippedPrefix : '',
        backend.basePath,
      ),
      host: (settings.preserveHost ? request.headers.host : undefined) ?? backend.url.host,
      fields: settings.originHost ? withOriginHost(fields, backend.url.host) : fields,
      body,
      isUntimed: false,
    });
  }

  /** Called by the deadline. */
  expire(): void {
    this.#deadline = null;
    this.#end(this.#attempt.isSent ? 'timeout' : 'failure', 'failed');
    this.#attempt.discard();
  }

  onHints(): void {
    // For the client of the original.
  }

  onHead(attempt: Attempt, status: number): boolean {
    const nowMs = this.#ports.clock.nowMs();
    this.#ports.row.answered(attempt.backend.index, nowMs - attempt.startMs, nowMs, status);
    return true;
  }

  onChunk(): boolean {
    return true;
  }

  onCompleted({ status }: Attempt): void {
    const isFailure =
      status >= 502 ? status <= 504 : status === 500 && this.#mirror.pool.settings.circuitBreaker.count500;
    this.#end(isFailure ? 'failure' : 'success', 'answered');
  }

  onFailed(): void {
    this.#end('failure', 'failed');
  }

  #end(outcome: AttemptOutcome, result: MirrorResult): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#deadline?.cancel();
    const { row, breaker, clock } = this.#ports;
    const { pool } = this.#mirror;
    const attempt = this.#attempt;
    const nowMs = clock.nowMs();
    row.ended(attempt.backend.index);
    pool.judge(attempt.backend, judge(attempt.status, outcome !== 'success'), nowMs - attempt.startMs, nowMs);
    pool.release(attempt);
    breaker.settle(attempt, pool, outcome);
    this.#onDone(result);
  }
}

/**
 * Of a traced request, copies have the trace id, and ask for no recording: nobody waits for them.
 *
 * @param head name and value alternating @param traceparent in it; null: tracing is off
 */
function copiedFields(head: readonly string[], traceparent: string | null): string[] {
  const fields: string[] = [];
  for (let at = 0; at < head.length; at += 2) {
    const name = head[at]!.toLowerCase();
    const value = head[at + 1]!;
    if (name === MIRROR_FIELD || name === 'trailer') continue;
    fields.push(head[at]!, value === traceparent ? unsampled(value) : value);
  }
  fields.push(MIRROR_FIELD, '1');
  return fields;
}
