/** One burst of load and its result: at full speed by autocannon, or at a steady rate. */
import autocannon from 'autocannon';
import type { EventEmitter } from 'node:events';
import { runPaced } from './paced-burst.ts';
import { backendOf, type Burst, type BurstOptions, DEFAULT_DURATION_MS, Tally } from './tally.ts';

export type { Burst, BurstOptions } from './tally.ts';

export function runBurst(options: BurstOptions): Promise<Burst> {
  return options.rate === undefined ? runUnpaced(options) : runPaced({ ...options, rate: options.rate });
}

function runUnpaced(options: BurstOptions): Promise<Burst> {
  const { url, headers, connections, requests, durationMs = DEFAULT_DURATION_MS, onAnswer, signal } = options;
  const tally = new Tally(onAnswer);

  function setupClient(client: EventEmitter): void {
    let backend: string | null = null;
    client.on('headers', (head: { headers: readonly string[] }) => {
      const found = fieldsOf(head.headers);
      backend = backendOf((name) => found.get(name));
    });
    client.on('response', (status: number, _bytes: number, ms: number) => tally.answer(status, ms, backend));
  }

  return new Promise((resolve, reject) => {
    const run = autocannon(
      {
        url,
        headers,
        // autocannon refuses more connections than requests, and they make no sense.
        connections: Math.min(connections, requests ?? connections),
        sampleInt: 50,
        setupClient,
        ...(requests === undefined ? { duration: durationMs / 1000 } : { amount: requests }),
      },
      (error, result) => {
        signal?.removeEventListener('abort', stop);
        if (error === null) resolve(tally.result(result.errors));
        else reject(error);
      },
    );
    const stop = (): void => run.stop();
    signal?.addEventListener('abort', stop);
    if (signal?.aborted === true) stop();
  });
}

/** Of alternating names and values. */
function fieldsOf(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) found.set(rawHeaders[at]!.toLowerCase(), rawHeaders[at + 1]!);
  return found;
}
