/** A bounded, even load: each connection sends a request, takes the answer, waits its turn. */
import { Agent } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { oneRequest, type RequestPlan } from './one-request.ts';
import { Tally } from './chaos-tally.ts';

export interface LoadOptions {
  readonly url: string;
  /** The client's X-Client-ID. */
  readonly clientId: string;
  readonly connections: number;
  /** From one request of a connection to its next, ms. */
  readonly everyMs: number;
}

/** Every seventh is not a GET. */
const POST_EVERY = 7;

export class BackgroundLoad {
  readonly tally = new Tally();
  readonly #options: LoadOptions;
  readonly #base: URL;
  #agent: Agent;
  #count = 0;
  #running: Promise<void>[] = [];
  #isPaused = true;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#base = new URL(options.url);
    this.#agent = this.#newAgent();
  }

  start(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    const { connections, everyMs } = this.#options;
    this.#running = Array.from({ length: connections }, (_, at) => this.#run((at / connections) * everyMs));
  }

  /** Resolves when the last answer has arrived, or was given up. Connections stay open. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    await this.pause();
    this.#agent.destroy();
    this.#agent = this.#newAgent();
  }

  async #run(offsetMs: number): Promise<void> {
    const { clientId, everyMs } = this.#options;
    let nextMs = performance.now() + offsetMs;
    while (!this.#isPaused) {
      const restMs = nextMs - performance.now();
      if (restMs > 0) await wait(restMs);
      // Requests that could not be sent in time are skipped.
      nextMs = Math.max(nextMs + everyMs, performance.now());
      const outcome = await oneRequest(this.#base, this.#agent, clientId, this.#plan());
      this.tally.add(performance.now(), outcome);
      if (outcome.kind === 'broken') await wait(everyMs);
    }
  }

  #plan(): RequestPlan {
    this.#count += 1;
    const path = `/echo?n=${this.#count}`;
    if (this.#count % POST_EVERY !== 0) return { method: 'GET', path, body: null, proof: `"url":"${path}"` };
    const body = `body ${this.#count} `.repeat(20);
    return { method: 'POST', path, body, proof: `"body":"${body}"` };
  }

  /** First in, first out: all connections are in use, so all threads. */
  #newAgent(): Agent {
    return new Agent({ keepAlive: true, maxSockets: this.#options.connections, scheduling: 'fifo' });
  }
}
