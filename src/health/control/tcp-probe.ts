/** One health probe that only connects; over TLS, with its certificate verified, if the backend uses it. */
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { PoolSettings } from '../../config/settings.ts';
import { backendTls } from '../../backends/backend-tls.ts';
import { failed, failedWith, type ProbeResult } from './probe-failure.ts';

export interface TcpProbe {
  readonly url: URL;
  /** Where the connection goes. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly pool: Pick<PoolSettings, 'tls' | 'insecureSkipTlsVerify'>;
}

/** It never rejects; failures are results. */
export function probeTcp({ url, address, timeoutMs, pool }: TcpProbe, signal: AbortSignal): Promise<ProbeResult> {
  const startedAt = performance.now();
  const isTls = url.protocol === 'https:';
  const at = { host: address, port: Number(url.port || (isTls ? 443 : 80)) };
  return new Promise((resolve) => {
    const socket = isTls ? connectTls({ ...at, ...backendTls(url, pool) }) : connect(at);
    const timer = setTimeout(() => settle(failed(`timeout after ${timeoutMs} ms`)), timeoutMs);
    const stop = (): void => settle(failed('aborted'));
    function settle(result: ProbeResult): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      // The first result counts.
      resolve(result);
      socket.destroy();
    }
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    socket.on('error', (error) => settle(failedWith(error)));
    socket.once('close', () => settle(failed('connection reset')));
    socket.once(isTls ? 'secureConnect' : 'connect', () =>
      settle({ ok: true, status: null, latencyMs: performance.now() - startedAt }),
    );
  });
}
