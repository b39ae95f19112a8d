/** One burst of load by autocannon, and what came of it. */
import autocannon from 'autocannon';
import type { EventEmitter } from 'node:events';
import { LatencyCount, round, type Latency } from './statistics.ts';

export interface BurstOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** One of the two ends it; with both `requests` does. */
  readonly requests?: number;
  readonly durationMs?: number;
  /** Requests a second, all connections together. Default: as many as there can be. */
  readonly rate?: number;
  /** Called with each answer. */
  readonly onAnswer?: (status: number, ms: number, backend: string | null) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export interface Burst {
  readonly requests: number;
  readonly seconds: number;
  readonly requests_per_second: number;
  readonly latency_ms: Latency;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that got no answer: connection refused or broken, time-out. */
  readonly errors: number;
  /** Answers by the backend that gave them, where they say so. */
  readonly backends: Readonly<Record<string, number>>;
}

/** The gateway's own header, with pool.expose_backend; else the sample backends'. */
const BACKEND_HEADERS = ['x-sluice-backend', 'x-backend', 'x-container-id'];

export function runBurst(options: BurstOptions): Promise<Burst> {
  const { url, headers, connections, requests, durationMs = 1000, rate, onAnswer, signal } = options;
  const latency = new LatencyCount();
  const statuses: Record<string, number> = {};
  const backends: Record<string, number> = {};
  let answers = 0;
  let lastAt = performance.now();
  const startedAt = lastAt;

  function setupClient(client: EventEmitter): void {
    let backend: string | null = null;
    client.on('headers', (head: { headers: readonly string[] }) => (backend = backendOf(head.headers)));
    client.on('response', (status: number, _bytes: number, ms: number) => {
      answers += 1;
      lastAt = performance.now();
      latency.add(ms);
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (backend !== null) backends[backend] = (backends[backend] ?? 0) + 1;
      onAnswer?.(status, ms, backend);
    });
  }

  return new Promise((resolve, reject) => {
    const run = autocannon(
      {
        url,
        headers,
        // More connections than requests are refused by autocannon, and make no sense.
        connections: Math.min(connections, requests ?? connections),
        sampleInt: 50,
        setupClient,
        ...(requests === undefined ? { duration: durationMs / 1000 } : { amount: requests }),
        ...(rate === undefined ? {} : { overallRate: rate }),
      },
      (error, result) => {
        signal?.removeEventListener('abort', stop);
        if (error !== null) return reject(error);
        const seconds = Math.max(0.001, (lastAt - startedAt) / 1000);
        resolve({
          requests: answers + result.errors,
          seconds: round(seconds),
          requests_per_second: round(answers / seconds, 1),
          latency_ms: latency.result(),
          statuses,
          errors: result.errors,
          backends,
        });
      },
    );
    const stop = (): void => run.stop();
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
  });
}

/** Of names and values in turn. */
function backendOf(rawHeaders: readonly string[]): string | null {
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (BACKEND_HEADERS.includes(name)) found.set(name, rawHeaders[at + 1]!);
  }
  for (const name of BACKEND_HEADERS) {
    const value = found.get(name);
    if (value !== undefined) return value;
  }
  return null;
}
