/** The parameters of a burst of load, its progress, and its result. */
import { LatencyCount, round, type Latency } from './statistics.ts';

export interface BurstOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** One of the two ends it; if both are set, `requests` does. */
  readonly requests?: number;
  readonly durationMs?: number;
  /** Requests per second, all connections together. Default: as many as possible. */
  readonly rate?: number;
  /** Called with each answer. */
  readonly onAnswer?: (status: number, ms: number, backend: string | null) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_DURATION_MS = 1000;

export interface Burst {
  readonly requests: number;
  readonly seconds: number;
  readonly requests_per_second: number;
  readonly latency_ms: Latency;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests without an answer: connection refused or broken, timeout. */
  readonly errors: number;
  /** Answers by backend, where they name it. */
  readonly backends: Readonly<Record<string, number>>;
}

/** The gateway's own header, with pool.expose_backend; else the sample backends'. */
const BACKEND_HEADERS = ['x-sluice-backend', 'x-backend', 'x-container-id'];

/** @param value of the header with this name in lower case. */
export function backendOf(value: (name: string) => string | undefined): string | null {
  for (const name of BACKEND_HEADERS) {
    const found = value(name);
    if (found !== undefined) return found;
  }
  return null;
}

export class Tally {
  readonly startedAt = performance.now();
  readonly #latency = new LatencyCount();
  readonly #statuses: Record<string, number> = {};
  readonly #backends: Record<string, number> = {};
  readonly #onAnswer: BurstOptions['onAnswer'];
  #answers = 0;
  #lastAt = this.startedAt;

  constructor(onAnswer: BurstOptions['onAnswer']) {
    this.#onAnswer = onAnswer;
  }

  answer(status: number, ms: number, backend: string | null): void {
    this.#answers += 1;
    this.#lastAt = performance.now();
    this.#latency.add(ms);
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    if (backend !== null) this.#backends[backend] = (this.#backends[backend] ?? 0) + 1;
    this.#onAnswer?.(status, ms, backend);
  }

  result(errors: number): Burst {
    const seconds = Math.max(0.001, (this.#lastAt - this.startedAt) / 1000);
    return {
      requests: this.#answers + errors,
      seconds: round(seconds),
      requests_per_second: round(this.#answers / seconds, 1),
      latency_ms: this.#latency.result(),
      statuses: this.#statuses,
      errors,
      backends: this.#backends,
    };
  }
}
