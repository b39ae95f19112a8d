/** Asks another service about a request: HTTP/1.1 on connections that are kept, a bounded number of them. */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface ServiceAnswer {
  readonly status: number;
  /** Name and value alternating. */
  readonly fields: readonly string[];
  readonly body: Buffer;
}

/** From one thread. */
const MAX_SOCKETS = 64;
const MAX_FREE_SOCKETS = 16;
const IDLE_MS = 10_000;
const MAX_BODY_BYTES = 65_536;

export class AuthService {
  readonly #url: URL;
  readonly #agent: HttpAgent;
  readonly #timeoutMs: number;

  /** @param timeoutMs for the whole answer */
  constructor(url: string, timeoutMs: number) {
    this.#url = new URL(url);
    this.#timeoutMs = timeoutMs;
    const options = { keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_FREE_SOCKETS, timeout: IDLE_MS };
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** A GET without a body. Rejects with an Error that has the reason. @param fields by name */
  ask(fields: Readonly<Record<string, string>>): Promise<ServiceAnswer> {
    return this.#ask(fields, AbortSignal.timeout(this.#timeoutMs), true).catch((error: unknown) => {
      const { name } = error as Error;
      throw name === 'AbortError' || name === 'TimeoutError' ? new Error('no answer in time', { cause: error }) : error;
    });
  }

  #ask(fields: Readonly<Record<string, string>>, signal: AbortSignal, mayRepeat: boolean): Promise<ServiceAnswer> {
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(this.#url, { method: 'GET', agent: this.#agent, headers: fields, signal });
      request.on('error', (error: NodeJS.ErrnoException) => {
        // The service closed a connection that it had kept, at the same moment.
        const isStale = request.reusedSocket && error.code === 'ECONNRESET' && mayRepeat;
        if (isStale) resolve(this.#ask(fields, signal, false));
        else reject(error);
      });
      request.on('response', (answer) => {
        bodyOf(answer).then((body) => resolve({ status: answer.statusCode!, fields: answer.rawHeaders, body }), reject);
      });
      request.end();
    });
  }
}

/** Rejects if it is too large, or cut. */
async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    // Leaving the loop closes the connection.
    if (bytes > MAX_BODY_BYTES) throw new Error(`its answer is larger than ${MAX_BODY_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
