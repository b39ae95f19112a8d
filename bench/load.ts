/** One burst of load against one URL, by wrk where it is installed, else by autocannon. */
import { start } from './processes.ts';

export interface LoadOptions {
  /** Whole seconds, 1 or more. */
  readonly seconds: number;
  readonly connections: number;
  readonly core: number | undefined;
  readonly hasWrk: boolean;
  /** Of the URL. Default /. */
  readonly path?: string;
  /** A file for wrk that defines the requests. */
  readonly script?: string;
  /** HTTP/2, with as many streams on each connection; takes h2load. */
  readonly streams?: number;
  /** Of HTTP/2: a file whose content is sent by POST, and `name: value` each. */
  readonly bodyFile?: string;
  readonly fields?: readonly string[];
  /** Statuses that count as an answer. Default: 2xx and 3xx. */
  readonly isRefusalFine?: boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Whole request, ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers outside 2xx and 3xx, and broken connections. */
  readonly errors: number;
}

export async function applyLoad(url: string, options: LoadOptions): Promise<LoadResult> {
  const { seconds, connections, core, hasWrk, script, streams, isRefusalFine = false } = options;
  if (streams !== undefined) return applyHttp2Load(url, options);
  if (!hasWrk && script !== undefined) throw new Error('this measurement takes wrk');
  const autocannon = new URL('../node_modules/autocannon/autocannon.js', import.meta.url).pathname;
  const running = hasWrk
    ? start(
        'wrk',
        ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...(script ? ['-s', script] : []), url],
        core,
      )
    : start('autocannon', [process.execPath, autocannon, '-j', '-c', `${connections}`, '-d', `${seconds}`, url], core);
  await running.exited;
  const result = hasWrk ? parseWrk(running.output()) : parseAutocannon(running.output());
  return isRefusalFine ? { ...result, errors: 0 } : result;
}

async function applyHttp2Load(
  url: string,
  { seconds, connections, core, streams, bodyFile, fields = [] }: LoadOptions,
): Promise<LoadResult> {
  const body = bodyFile === undefined ? [] : ['-d', bodyFile];
  const head = fields.flatMap((field) => ['-H', field]);
  const words = ['-t1', `-c${connections}`, `-m${streams}`, '-D', `${seconds}`, ...body, ...head, url];
  const running = start('h2load', ['h2load', ...words], core);
  await running.exited;
  return parseH2load(running.output());
}

export function parseH2load(text: string): LoadResult {
  const counts = /requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored/.exec(
    text,
  );
  const rate = /finished in [\d.]+\w+, ([\d.]+) req\/s/.exec(text);
  if (counts === null || rate === null) throw new Error(`h2load failed:\n${text}`);
  const [done = 0, succeeded = 0] = counts.slice(1).map(Number);
  // It reports the mean and the extremes only.
  return {
    requests: done,
    requestsPerSecond: Number(rate[1]),
    p50Ms: Number.NaN,
    p99Ms: Number.NaN,
    errors: done - succeeded,
  };
}

export function parseWrk(text: string): LoadResult {
  const number = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const requests = number(/(\d+) requests in/);
  const requestsPerSecond = number(/Requests\/sec:\s+([\d.]+)/);
  if (requests === undefined || requestsPerSecond === undefined) throw new Error(`wrk failed:\n${text}`);
  const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)?.slice(1) ?? [];
  const errors = broken.reduce((sum, count) => sum + Number(count), number(/Non-2xx or 3xx responses: (\d+)/) ?? 0);
  return { requests, requestsPerSecond, p50Ms: percentile(text, 50), p99Ms: percentile(text, 99), errors };
}

function percentile(text: string, percent: number): number {
  const found = new RegExp(`^\\s*${percent}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`, 'm').exec(text);
  const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };
  return Number(found?.[1]) * (unitMs[found?.[2] ?? ''] ?? Number.NaN);
}

export function parseAutocannon(text: string): LoadResult {
  const json = /^\{.*\}$/m.exec(text)?.[0];
  if (json === undefined) throw new Error(`autocannon failed:\n${text}`);
  const { requests, latency, errors, non2xx, duration } = JSON.parse(json) as {
    requests: { total: number };
    latency: { p50: number; p99: number };
    errors: number;
    non2xx: number;
    duration: number;
  };
  return {
    requests: requests.total,
    requestsPerSecond: requests.total / duration,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    errors: errors + non2xx,
  };
}
