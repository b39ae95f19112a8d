/**
 * Load at a steady rate: each request is sent when it is due, whether or not the earlier ones are answered. Its latency
 * counts from then, so that a stalling gateway cannot hide it by being asked less (G. Tene, "How NOT to Measure
 * Latency": coordinated omission).
 */
import { Pool } from 'undici';
import { backendOf, type Burst, type BurstOptions, DEFAULT_DURATION_MS, Tally } from './tally.ts';

/** How often it checks for due requests. */
const TICK_MS = 2;
/** A request without an answer by then is an error. */
const TIMEOUT_MS = 10_000;

export async function runPaced(options: BurstOptions & { readonly rate: number }): Promise<Burst> {
  const { url, connections, rate, durationMs = DEFAULT_DURATION_MS, onAnswer, signal } = options;
  const total = options.requests ?? Math.max(1, Math.round((rate * durationMs) / 1000));
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { connections, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  const tally = new Tally(onAnswer);
  let errors = 0;

  const dueMs = (number: number): number => (number * 1000) / rate;
  async function send(number: number): Promise<void> {
    try {
      const { statusCode, headers, body } = await pool.request({
        path: pathname + search,
        method: 'GET',
        headers: options.headers,
        ...(signal === undefined ? {} : { signal }),
      });
      await body.dump();
      const ms = performance.now() - tally.startedAt - dueMs(number);
      tally.answer(
        statusCode,
        ms,
        backendOf((name) => [headers[name]].flat()[0]),
      );
    } catch {
      // A run that the caller stopped is not an error of the gateway.
      if (signal?.aborted !== true) errors += 1;
    }
  }

  await new Promise<void>((resolve) => {
    let sent = 0;
    let open = 0;
    const timer = setInterval(tick, TICK_MS);
    tick();
    function tick(): void {
      const elapsedMs = performance.now() - tally.startedAt;
      const isStopped = signal?.aborted === true;
      for (; !isStopped && sent < total && dueMs(sent) <= elapsedMs; sent += 1) {
        open += 1;
        void send(sent).finally(() => (open -= 1));
      }
      if (open > 0 || (!isStopped && sent < total)) return;
      clearInterval(timer);
      resolve();
    }
  });
  await pool.close();
  return tally.result(errors);
}
