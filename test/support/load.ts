/** Steady load on a URL over keep-alive connections, counting the outcomes. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A test that failed may not have stopped it, and its gateway is gone: without an answer for so long, it ends. */
const GIVE_UP_MS = 10_000;
const PAUSE_AFTER_ERROR_MS = 20;

export interface LoadResult {
  readonly answers: number;
  /** By status; `error` counts requests without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The first few without an answer, or with one of 500 and above. */
  readonly errors: readonly string[];
}

export interface Load {
  /** Answers so far. */
  readonly answers: number;
  /** Resolves when there have been this many. */
  reached(answers: number): Promise<void>;
  /** No further requests; resolves when running ones have ended. */
  stop(): Promise<LoadResult>;
  /** Resolves at `most` requests. */
  readonly done: Promise<LoadResult>;
}

export interface LoadOptions {
  /** Default 32. */
  readonly connections?: number;
  /** Ends by itself after this many requests. Default: stop ends it. */
  readonly max?: number;
  /** Pause of each connection between an answer and its next request: for background load. Default 0. */
  readonly pauseMs?: number;
  readonly method?: string;
  readonly body?: string;
}

export function startLoad(url: string, options: LoadOptions = {}): Load {
  const { connections = 32, max = Infinity, pauseMs = 0, method = 'GET', body } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses: Record<string, number> = {};
  const errors: string[] = [];
  const waiting: { answers: number; resolve: () => void }[] = [];
  let started = 0;
  let answers = 0;
  let isStopped = false;
  let answeredAt = performance.now();

  function count(key: string): void {
    statuses[key] = (statuses[key] ?? 0) + 1;
    answers += 1;
    for (const each of waiting) if (answers >= each.answers) each.resolve();
  }
  /** Resolves with true if there was an answer. */
  function once(): Promise<boolean> {
    return new Promise((resolve) => {
      const outgoing = request(url, { agent, method }, (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (chunk: string) => {
          if (response.statusCode! >= 500) text += chunk;
        });
        response.on('end', () => {
          if (text !== '' && errors.length < 5) errors.push(text);
          count(String(response.statusCode));
          resolve(true);
        });
        response.on('error', fail);
      });
      function fail(error: Error): void {
        if (errors.length < 5) errors.push(error.message);
        count('error');
        resolve(false);
      }
      outgoing.on('error', fail);
      outgoing.end(body);
    });
  }
  async function connection(): Promise<void> {
    while (!isStopped && started < max) {
      started += 1;
      if (await once()) answeredAt = performance.now();
      else if (performance.now() - answeredAt > GIVE_UP_MS) isStopped = true;
      else await sleep(PAUSE_AFTER_ERROR_MS);
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }
  const done = Promise.all(Array.from({ length: connections }, connection)).then((): LoadResult => {
    agent.destroy();
    return { answers, statuses, errors };
  });
  return {
    get answers() {
      return answers;
    },
    reached: async (wanted) => {
      if (answers < wanted) await new Promise<void>((resolve) => waiting.push({ answers: wanted, resolve }));
    },
    stop: () => {
      isStopped = true;
      return done;
    },
    done,
  };
}
