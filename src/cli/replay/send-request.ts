/** Sends one request with exactly its fields, which fetch cannot, and reads the answer. */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request as requestPlain } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { isSafe } from '../../http/safe-methods.ts';
import type { ReplayedRequest } from './replayed-request.ts';

export interface ReplayedAnswer {
  readonly status: number;
  /** Undefined: it is not JSON. */
  readonly json: unknown;
}

export interface Sender {
  /** Rejects if there is no answer in time. */
  send(request: ReplayedRequest): Promise<ReplayedAnswer>;
  close(): void;
}

/** Bytes, before decoding. */
const MAX_JSON = 0x800000;

type Decoder = (bytes: Buffer) => Promise<Buffer>;

const DECODERS: Readonly<Record<string, Decoder>> = {
  gzip: promisify<Buffer, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, Buffer>(gunzip),
  deflate: promisify<Buffer, Buffer>(inflate),
  br: promisify<Buffer, Buffer>(brotliDecompress),
  zstd: promisify<Buffer, Buffer>(zstdDecompress),
};

/** @param base its path comes before each target */
export function createSender(base: URL, concurrency: number, timeoutMs: number): Sender {
  const options = { keepAlive: true, maxSockets: concurrency };
  const isSecure = base.protocol === 'https:';
  const agent = isSecure ? new SecureAgent(options) : new Agent(options);
  const prefix = base.pathname.replace(/\/+$/, '');
  const hostname = base.hostname.replace(/^\[|\]$/g, '');
  const target = {
    hostname,
    port: base.port === '' ? (isSecure ? 443 : 80) : Number(base.port),
    agent,
    // Otherwise Node takes the one in Host.
    ...(isSecure && isIP(hostname) === 0 ? { servername: hostname } : {}),
  };
  const attempt = async (request: ReplayedRequest, signal: AbortSignal): Promise<ReplayedAnswer> => {
    const { method, target: path, headers, body } = request;
    const fields = body === null ? [...headers] : [...headers, 'content-length', String(body.length)];
    const whole = { ...target, method, path: path === '*' ? path : prefix + path, headers: fields, signal };
    const sent = isSecure ? requestSecure(whole) : requestPlain(whole);
    sent.end(body ?? undefined);
    try {
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      return { status: answer.statusCode!, json: await jsonOf(answer) };
    } catch (error) {
      if (signal.aborted) throw signal.reason as Error;
      // The server closed an idle connection just then.
      const isStale = sent.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
      if (isStale && isSafe(method)) return attempt(request, signal);
      throw error;
    }
  };
  return {
    send: (request) => attempt(request, AbortSignal.timeout(timeoutMs)),
    close: () => agent.destroy(),
  };
}

/** Undefined: it is not JSON, or too large. All of it is read. */
async function jsonOf(answer: IncomingMessage): Promise<unknown> {
  const { 'content-type': type = '', 'content-encoding': coding = '' } = answer.headers;
  const isJson = /^application\/(?:[\w.-]+\+)?json\b/i.test(type);
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (isJson && bytes <= MAX_JSON) pieces.push(piece);
  }
  if (!isJson || bytes > MAX_JSON) return undefined;
  try {
    const whole = Buffer.concat(pieces);
    const decoder = DECODERS[coding.toLowerCase()];
    return JSON.parse((decoder === undefined ? whole : await decoder(whole)).toString()) as unknown;
  } catch {
    return undefined;
  }
}
