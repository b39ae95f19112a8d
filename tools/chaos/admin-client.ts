/** The calls of the admin API that the tools need. */
import type { BackendView } from '../../src/backends/api/backend-view.ts';
import type { MetricsView } from '../../src/telemetry/api/metrics-view.ts';

const TIMEOUT_MS = 15_000;

export interface AdminAnswer {
  /** 0: no answer. */
  readonly status: number;
  readonly body: string;
}

export class AdminClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Never rejects. */
  async call(method: string, path: string, body?: object): Promise<AdminAnswer> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        method,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      return { status: 0, body: String(error) };
    }
  }

  metrics(): Promise<MetricsView> {
    return this.#read('/v1/api/metrics');
  }

  backends(): Promise<BackendView[]> {
    return this.#read('/v1/api/backends');
  }

  async #read<Value>(path: string): Promise<Value> {
    const { status, body } = await this.call('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body) as Value;
  }
}
