/** Requests by Node's HTTP/2 client, without TLS. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import type { TestContext } from 'node:test';

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
  /** Interim answers: status and fields. */
  readonly interim: readonly IncomingHttpHeaders[];
  /** With which its stream was reset; 0: it was not, or with NO_ERROR. */
  readonly rstCode: number;
}

export interface Http2Asked {
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  readonly trailers?: Record<string, string>;
}

/** Closed when the test ends. */
export function dialHttp2(t: TestContext, port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  // Tests look at what became of their streams.
  session.on('error', () => undefined);
  t.after(() => session.destroy());
  return session;
}

/** Sends a request, and waits until its stream is closed. */
export function askHttp2(session: ClientHttp2Session, path: string, asked: Http2Asked = {}): Promise<Http2Answer> {
  const { headers = {}, body, trailers } = asked;
  const hasBody = body !== undefined || trailers !== undefined;
  const options = { endStream: !hasBody, waitForTrailers: trailers !== undefined };
  const stream = session.request({ ':path': path, ':method': hasBody ? 'POST' : 'GET', ...headers }, options);
  if (trailers !== undefined) stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  if (hasBody) stream.end(body);
  return answerOn(stream);
}

/** What arrives on a stream until it is closed. */
export async function answerOn(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const pieces: Buffer[] = [];
  const interim: IncomingHttpHeaders[] = [];
  let headers: IncomingHttpHeaders & { ':status'?: number | undefined } = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('error', () => undefined);
  stream.on('headers', (fields) => interim.push(fields));
  stream.on('response', (fields) => (headers = fields));
  stream.on('trailers', (fields) => (trailers = fields));
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  // Not once(), which would reject with the error of a reset.
  await new Promise<void>((resolve) => stream.on('close', resolve));
  const { rstCode } = stream;
  const body = Buffer.concat(pieces).toString('latin1');
  return { status: headers[':status'] ?? 0, headers, body, trailers, interim, rstCode };
}
