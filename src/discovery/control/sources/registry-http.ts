/**
 * HTTP to a registry, each request on a connection of its own: a whole answer, or lines for as long as they come.
 * Everything has a limit of time and size, and every failure is an Error with a reason for operators.
 */
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { VERSION } from '../../../version.ts';
import type { SourcePorts } from '../source.ts';

export interface RegistryCall {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; null: none. */
  readonly body: string | null;
  /** For `https`; empty: what Node trusts. */
  readonly tls: TlsOptions;
}

/** As Node takes them; PEM. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

export interface CallPorts {
  /** Ends the call. */
  readonly signal: AbortSignal;
  readonly schedule: SourcePorts['schedule'];
  /** Of host names: Node's own would delay others while a server is silent. */
  readonly lookup: LookupFunction;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface OpenAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What is there at once, in batches; ends with the answer or, without an error, at the wall. */
  readonly batches: () => AsyncGenerator<readonly string[], void, undefined>;
  /** All of it, for an answer that turns out to be an error. */
  readonly text: () => Promise<string>;
}

/** The cause of a failed call. */
export class AnswerTooLarge extends Error {}

/** Of a whole answer: a service of 4096 endpoints takes two of them. Bytes. */
const MAX_ANSWER = 16 * 1024 * 1024;
/** The largest value of etcd is 1.5 MiB, which base64 makes 2 MiB. Bytes. */
const MAX_LINE = 4 * 1024 * 1024;
/** Of an error. Bytes. */
const MAX_ERROR = 64 * 1024;
const CALL_MS = 10_000;
/** Then a dead peer is noticed within 25 s: libuv probes ten times, a second apart. */
const KEEP_ALIVE_MS = 15_000;

/** @param timeoutMs for all of it. Default: 10 s */
export async function callRegistry(
  call: RegistryCall,
  ports: CallPorts,
  timeoutMs: number = CALL_MS,
): Promise<RegistryAnswer> {
  const limit = new Limit(ports, timeoutMs, noAnswer(timeoutMs));
  try {
    const response = await send(call, limit.signal, ports.lookup);
    return { status: response.statusCode ?? 0, headers: response.headers, text: await readAll(response, MAX_ANSWER) };
  } catch (error) {
    throw reasoned(call.url, limit.fault(error));
  } finally {
    limit.end();
  }
}

/**
 * An answer without an end. Its head comes within 10 s.
 * @param wallMs the lines end by then
 */
export async function openRegistry(call: RegistryCall, ports: CallPorts, wallMs: number): Promise<OpenAnswer> {
  const head = new Limit(ports, CALL_MS, noAnswer(CALL_MS));
  const response = await send(call, head.signal, ports.lookup)
    .catch((error: unknown) => {
      throw reasoned(call.url, head.fault(error));
    })
    .finally(() => head.end());
  const wall = new Limit(ports, wallMs, WALL);
  const stop = (): void => void response.destroy();
  wall.signal.addEventListener('abort', stop);
  if (wall.signal.aborted) stop();
  const over = (error: unknown): unknown => wall.fault(error);
  const end = (): void => {
    wall.end();
    response.destroy();
  };
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    batches: async function* () {
      try {
        yield* linesOf(response);
      } catch (error) {
        const fault = over(error);
        if (fault !== WALL) throw reasoned(call.url, fault);
      } finally {
        end();
      }
    },
    text: async () => {
      try {
        return await readAll(response, MAX_ERROR);
      } catch (error) {
        throw reasoned(call.url, over(error));
      } finally {
        end();
      }
    },
  };
}

const WALL = new Error('wall');
const noAnswer = (ms: number): Error => new Error(`no answer within ${ms / 1000} s`);

/** A signal that follows another one, and ends after a time. */
class Limit {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #cancel: () => void;
  readonly #onOuter = (): void => this.#controller.abort(this.#outer.reason);

  constructor({ signal, schedule }: Pick<CallPorts, 'signal' | 'schedule'>, ms: number, reason: Error) {
    this.#outer = signal;
    this.#cancel = schedule(() => this.#controller.abort(reason), ms);
    signal.addEventListener('abort', this.#onOuter);
    if (signal.aborted) this.#onOuter();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why it ended, if that is the cause of the error. */
  fault(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  end(): void {
    this.#cancel();
    this.#outer.removeEventListener('abort', this.#onOuter);
  }
}

function send(
  { method, url, headers, body, tls }: RegistryCall,
  signal: AbortSignal,
  lookup: LookupFunction,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const sent = (isSecure ? requestHttps : requestHttp)(url, {
      method,
      agent: false,
      signal,
      lookup,
      ...(isSecure && tls),
      headers: {
        'user-agent': `sluice/${VERSION}`,
        accept: 'application/json',
        ...headers,
        ...(body !== null && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        }),
      },
    });
    sent.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    sent.on('error', reject);
    sent.on('upgrade', () => {
      sent.destroy();
      reject(new Error('it answered 101'));
    });
    sent.on('response', (response) => {
      // A reader meets errors itself; between readers they end nothing.
      response.on('error', () => undefined);
      resolve(response);
    });
    sent.end(body ?? undefined);
  });
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the rest.
    if (bytes > maxBytes) throw new AnswerTooLarge(`its answer is larger than ${maxBytes / 1024} KiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<readonly string[], void, undefined> {
  let started: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const lines: string[] = [];
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...started, chunk.subarray(from, at)]).toString('utf8');
      started = [];
      bytes = 0;
      from = at + 1;
      if (line.trim() !== '') lines.push(line);
    }
    if (from < chunk.length) started.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > MAX_LINE) throw new Error(`it sent a line of more than ${MAX_LINE / 1024} KiB`);
    if (lines.length > 0) yield lines;
  }
  const last = Buffer.concat(started).toString('utf8');
  if (last.trim() !== '') yield [last];
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host name lookup failed',
  ETIMEDOUT: 'connect timeout',
  EMFILE: 'no file descriptor left',
  ENFILE: 'no file descriptor left',
};

function reasoned(url: URL, error: unknown): Error {
  // Of an error of OpenSSL, the message is a page of places.
  const { code = '', message, reason = message } = error as NodeJS.ErrnoException & { readonly reason?: string };
  const words = code.startsWith('HPE_') ? 'it does not answer with HTTP' : WORDS[code];
  // What follows the semicolon is advice for programmers.
  return new Error(`${url.host}: ${words ?? reason.replace(/; if the root CA.*/, '')}`, { cause: error });
}
