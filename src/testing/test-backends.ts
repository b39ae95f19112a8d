/** Backends that are functions: what a test gateway forwards to in place of connections. */
import type { PoolBackend } from '../balancing/pool.ts';
import type { PoolSettings } from '../config/settings.ts';
import { fieldValues } from '../http/fields/field-values.ts';
import { UpstreamError } from '../http/upstream-error.ts';
import type { UpstreamConnections, UpstreamControl, UpstreamListener, UpstreamRequest } from '../http/upstream-side.ts';
import type { BackendAnswer, BackendRequest, TestBackend } from './test-gateway.ts';

export class TestBackends {
  /** What the backends received, in order. */
  readonly requests: BackendRequest[] = [];
  readonly #backends: Readonly<Record<string, TestBackend>>;

  /** @param backends by the name of their pool */
  constructor(backends: Readonly<Record<string, TestBackend>>) {
    this.#backends = backends;
  }

  to(backend: PoolBackend, { name: pool }: PoolSettings): UpstreamConnections {
    const cancelled = new Set<UpstreamListener>();
    return {
      size: 0,
      send: (request, listener) => {
        void this.#send(pool, backend.id, request, listener, () => cancelled.has(listener));
      },
      cancel: (listener) => void cancelled.add(listener),
      close: () => {},
      destroy: () => {},
    };
  }

  retain(): void {}

  destroy(): void {}

  async #send(
    pool: string,
    backend: string,
    sent: UpstreamRequest,
    listener: UpstreamListener,
    isCancelled: () => boolean,
  ): Promise<void> {
    let isAborted = false;
    const control: UpstreamControl = { resume: () => {}, abort: () => void (isAborted = true) };
    const isOver = (): boolean => isAborted || isCancelled();
    try {
      listener.onSent(control);
      const request: BackendRequest = {
        pool,
        backend,
        method: sent.method,
        target: sent.target,
        headers: { ...fieldValues(sent.fields), host: sent.host },
        body: await bodyOf(sent),
      };
      this.requests.push(request);
      const answer = await this.#backends[pool]!(request);
      if (isOver()) return;
      const body = Buffer.from(answer.body ?? '');
      listener.onHead(answer.status ?? 200, '', fieldsOf(answer, body));
      if (!isOver() && body.length > 0 && sent.method !== 'HEAD') listener.onBody(body);
      if (!isOver()) listener.onEnd([]);
    } catch (error) {
      if (!isOver()) listener.onError(new UpstreamError('UPSTREAM_CUT', String(error)), false);
    }
  }
}

function bodyOf({ body }: UpstreamRequest): Promise<string> {
  if (body === null) return Promise.resolve('');
  if (Buffer.isBuffer(body)) return Promise.resolve(body.toString());
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    body.start({
      write: (piece) => {
        pieces.push(piece);
        return true;
      },
      end: () => resolve(Buffer.concat(pieces).toString()),
      fail: reject,
    });
  });
}

function fieldsOf({ headers = {} }: BackendAnswer, body: Buffer): string[] {
  const given = Object.entries(headers).flatMap(([name, value]) => [value].flat().flatMap((each) => [name, each]));
  return [...given, 'content-length', String(body.length)];
}
