/**
 * Backends to try a gateway with.
 *
 *   node src/tools/sample-backends.ts --count 3 --port 8081 [--first 1] [--delay 20ms] [--jitter 10ms] [--error-rate 0.1]
 *     [--slow 2:300ms] [--flaky 3:0.5]
 */
import { parseArgs } from 'node:util';
import { parseDuration } from '../config/duration.ts';
import { startSampleBackend, type Behaviour, type SampleBackend } from './sample-backend.ts';

export interface SampleBackendsOptions {
  /** 1..100. */
  readonly count: number;
  /** Number of the first, for its name. Default 1. */
  readonly first?: number;
  /** Of the first; the next ones follow. Default 0: any free ones. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Of all. */
  readonly behaviour?: Partial<Behaviour>;
  /** Of some, by number from 1; goes before that of all. */
  readonly each?: ReadonlyMap<number, Partial<Behaviour>>;
  /** For jitter and errors, in 0..1. Default Math.random. */
  readonly random?: () => number;
}

export interface SampleBackends {
  readonly backends: readonly SampleBackend[];
  close(): Promise<void>;
}

export async function startSampleBackends(options: SampleBackendsOptions): Promise<SampleBackends> {
  const { count, first = 1, port = 0, host = '127.0.0.1', behaviour = {}, each, random = Math.random } = options;
  const backends: SampleBackend[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(backends.map((backend) => backend.close()));
  };
  try {
    for (let replica = 1; replica <= count; replica += 1) {
      const own = { ...behaviour, ...each?.get(replica) };
      const at = port === 0 ? 0 : port + replica - 1;
      backends.push(await startSampleBackend({ replica: first + replica - 1, host, port: at, behaviour: own, random }));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { backends, close };
}

/** Command line to options. Throws an Error whose message says what is wrong. */
export function readSampleArguments(words: readonly string[]): SampleBackendsOptions & { readonly port: number } {
  const { values } = parseArgs({
    args: [...words],
    options: {
      count: { type: 'string', default: '3' },
      first: { type: 'string', default: '1' },
      port: { type: 'string', default: '8081' },
      host: { type: 'string', default: '127.0.0.1' },
      delay: { type: 'string', default: '0' },
      jitter: { type: 'string', default: '0' },
      'error-rate': { type: 'string', default: '0' },
      slow: { type: 'string', multiple: true, default: [] },
      flaky: { type: 'string', multiple: true, default: [] },
    },
  });
  const count = wholeNumber('--count', values.count, 1, 100);
  const first = wholeNumber('--first', values.first, 1, 100);
  const port = wholeNumber('--port', values.port, 0, 65_535);
  const each = new Map<number, Partial<Behaviour>>();
  const add = (name: string, text: string, read: (value: string) => Partial<Behaviour>): void => {
    const [index = '', value = ''] = text.split(/:(.*)/s);
    const replica = wholeNumber(`${name} INDEX`, index, 1, count);
    each.set(replica, { ...each.get(replica), ...read(value) });
  };
  for (const text of values.slow) add('--slow', text, (value) => ({ delayMs: duration('--slow', value) }));
  for (const text of values.flaky) add('--flaky', text, (value) => ({ errorRate: share('--flaky', value) }));
  const behaviour = {
    delayMs: duration('--delay', values.delay),
    jitterMs: duration('--jitter', values.jitter),
    errorRate: share('--error-rate', values['error-rate']),
  };
  return { count, first, port, host: values.host, behaviour, each };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${name}: found '${text}', allowed is a whole number from ${least} to ${most}`);
}

function duration(name: string, text: string): number {
  const value = parseDuration(text);
  if (value !== undefined) return value;
  throw new Error(`${name}: found '${text}', allowed is a duration such as 250ms or 1.5s`);
}

function share(name: string, text: string): number {
  const value = Number(text);
  if (text !== '' && value >= 0 && value <= 1) return value;
  throw new Error(`${name}: found '${text}', allowed is a share from 0 to 1`);
}

async function main(): Promise<void> {
  const { backends, close } = await startSampleBackends(readSampleArguments(process.argv.slice(2)));
  for (const { id, url } of backends) console.log(`${id} ${url}`);
  process.once('SIGTERM', () => void close());
  if (process.send === undefined) {
    process.once('SIGINT', () => void close());
  } else {
    // Started by a program (the demo, chaos): it is told the addresses, and its end is ours. Ctrl-C is its business.
    process.send({ urls: backends.map(({ url }) => url) });
    process.on('message', ({ behaviour }: { behaviour: Partial<Behaviour> }) => {
      void Promise.all(backends.map((backend) => backend.set(behaviour))).then(() => process.send?.({ done: true }));
    });
    process.on('SIGINT', () => undefined);
    process.once('disconnect', () => void close());
    process.once('SIGTERM', () => process.disconnect());
  }
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
