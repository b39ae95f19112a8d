/** What a sample backend answers, path by path. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Sender {
  readonly id: string;
  /** From 1. */
  readonly replica: number;
  readonly port: number;
}

const CHUNK = Buffer.alloc(64 * 1024, 'sluice ');

/** The largest `/bytes/N`. */
const MAX_BYTES = 16 * 2 ** 30;

export async function answer(sender: Sender, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0]!;
  const bytes = /^\/bytes\/(\d{1,11})$/.exec(path);
  if (path === '/health') sendJson(response, 200, { status: 'ok' });
  else if (path === '/ping') sendText(response, `pong from replica ${sender.replica}`);
  else if (path === '/echo') await echo(request, response);
  else if (path === '/sse') sendEvents(sender, response);
  else if (bytes !== null && Number(bytes[1]) <= MAX_BYTES) await sendBytes(response, Number(bytes[1]));
  else {
    const message = path === '/api/hello' ? 'Hello from Sluice' : `${request.method} ${path}`;
    const requestId = request.headers['x-request-id'] ?? null;
    sendJson(response, 200, { message, backend: sender.id, port: sender.port, request_id: requestId });
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** The connection ends where the second half should begin. */
export function sendHalf(response: ServerResponse): void {
  const half = CHUNK.subarray(0, 512);
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 * half.length });
  response.write(half, () => response.destroy());
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** The request as received: `headers` joined as Node does, `raw_headers` in order and with duplicates. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, headers, rawHeaders } = request;
  const body = (await request.toArray()).map((chunk: Buffer) => chunk.toString('utf8')).join('');
  sendJson(response, 200, { method, url, headers, raw_headers: rawHeaders, body });
}

/** One event at once and then one per second, until the client leaves. */
function sendEvents({ id }: Sender, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  let count = 0;
  const send = (): void => {
    count += 1;
    response.write(`id: ${count}\ndata: ${JSON.stringify({ backend: id, count })}\n\n`);
  };
  send();
  const timer = setInterval(send, 1000);
  response.once('close', () => clearInterval(timer));
}

async function sendBytes(response: ServerResponse, length: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': length });
  await pipeline(Readable.from(chunks(length)), response);
}

function* chunks(length: number): Generator<Buffer> {
  for (let left = length; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}
