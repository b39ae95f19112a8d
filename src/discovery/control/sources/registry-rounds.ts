/** The loop of a source that lists and then watches: it never ends by itself, and waits longer after each failure. */
import type { LookupFunction } from 'node:net';
import { equalJitterMs } from '../../../core/backoff.ts';
import type { Source, SourcePorts } from '../source.ts';

export interface RegistryPorts extends SourcePorts {
  /** Of the host names of registries. */
  readonly lookup: LookupFunction;
}

/** A failure that says when to ask again. */
export class RegistryError extends Error {
  /** 0: whenever. */
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs = 0) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

const RETRY_BASE_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** Between the starts of rounds that end well: a registry that ends each watch at once is not asked all the time. */
const MIN_ROUND_MS = 1000;
/** A round that lasted this long before it failed starts the back-off anew. */
const PROVEN_MS = 30_000;

/**
 * @param round lists, watches, and reports what it learns; resolves when it is time to list again, rejects with the
 * reason why nothing more is known
 */
export function repeatRounds(
  round: (signal: AbortSignal) => Promise<void>,
  ports: SourcePorts,
): Pick<Source, 'start' | 'stop'> {
  let running: AbortController | null = null;
  let failures = 0;
  let cancel = (): void => {};

  const run = async ({ signal }: AbortController): Promise<number | null> => {
    const startMs = ports.nowMs();
    try {
      await round(signal);
      failures = 0;
      return Math.max(0, MIN_ROUND_MS - (ports.nowMs() - startMs));
    } catch (error) {
      if (signal.aborted) return null;
      if (ports.nowMs() - startMs >= PROVEN_MS) failures = 0;
      ports.report({ kind: 'failed', reason: (error as Error).message });
      const backOffMs = equalJitterMs(failures, RETRY_BASE_MS, MAX_RETRY_MS, ports.random());
      failures += 1;
      return error instanceof RegistryError ? Math.max(error.retryAfterMs, backOffMs) : backOffMs;
    }
  };
  const loop = (own: AbortController): void => {
    void run(own).then((waitMs) => {
      if (waitMs !== null && !own.signal.aborted) cancel = ports.schedule(() => loop(own), waitMs);
    });
  };

  return {
    start: () => {
      if (running !== null) return;
      running = new AbortController();
      loop(running);
    },
    stop: () => {
      cancel();
      running?.abort();
      running = null;
    },
  };
}

/** For a status that no caller of this registry expects. @param said the registry's own words */
export function refusal(status: number, retryAfter: string | undefined, said: string): RegistryError {
  const seconds = Number(retryAfter ?? 0);
  const retryAfterMs = Number.isFinite(seconds) ? Math.min(60, Math.max(0, seconds)) * 1000 : 0;
  const words = shortened(said);
  return new RegistryError(`it answered ${status}${words === '' ? '' : `: ${words}`}`, retryAfterMs);
}

/** A registry's words, for one line of a report. */
export function shortened(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
