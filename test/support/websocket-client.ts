/**
 * A small WebSocket client on a bare socket: the built-in one cannot set headers, stop reading, or leave pings
 * unanswered. Frames up to 64 KiB, no fragments: more than the admin app sends in a test.
 */
import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Upgraded {
  readonly status: number;
  /** The response head as text. */
  readonly head: string;
  readonly client: WebSocketClient;
}

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Sends the upgrade request and resolves with the answer's head, 101 or not. */
export async function upgrade(port: number, path: string, headers: Record<string, string> = {}): Promise<Upgraded> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const fields = {
    host: `127.0.0.1:${port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  let received = Buffer.alloc(0);
  while (!received.includes('\r\n\r\n')) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received = Buffer.concat([received, chunk]);
  }
  const end = received.indexOf('\r\n\r\n');
  const head = received.subarray(0, end).toString();
  return { status: Number(head.split(' ')[1]), head, client: new WebSocketClient(socket, received.subarray(end + 4)) };
}

export class WebSocketClient {
  readonly socket: Socket;
  /** The code of the server's close frame. */
  closeCode: number | undefined;
  pings = 0;
  answersPings = true;
  readonly #messages: string[] = [];
  readonly #events = new EventEmitter();
  #received: Buffer;

  constructor(socket: Socket, received: Buffer) {
    this.socket = socket;
    this.#received = received;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#takeFrames();
    });
    socket.on('error', () => {});
    socket.on('close', () => this.#events.emit('change'));
    this.#takeFrames();
  }

  /** The next message, parsed; rejects if the connection ends before. */
  async next(): Promise<{ type: string; interval_s: number; total: { requests_total: number } }> {
    while (this.#messages.length === 0) {
      if (this.socket.closed) throw new Error('the connection ended');
      await once(this.#events, 'change');
    }
    return JSON.parse(this.#messages.shift()!);
  }

  /** Resolves at the next ping. */
  async pinged(): Promise<void> {
    const before = this.pings;
    while (this.pings === before) await once(this.#events, 'change');
  }

  /** Resolves when the connection is gone. */
  async closed(): Promise<void> {
    while (!this.socket.closed) await once(this.#events, 'change');
  }

  sendText(text: string): void {
    this.#send(TEXT, Buffer.from(text));
  }

  #takeFrames(): void {
    for (;;) {
      const bytes = this.#received;
      if (bytes.length < 2) return;
      const short = bytes[1]! & 127;
      const start = short === 126 ? 4 : 2;
      if (bytes.length < start) return;
      const end = start + (short === 126 ? bytes.readUInt16BE(2) : short);
      if (bytes.length < end) return;
      this.#received = bytes.subarray(end);
      this.#handle(bytes[0]! & 15, bytes.subarray(start, end));
    }
  }

  #handle(opcode: number, payload: Buffer): void {
    if (opcode === TEXT) this.#messages.push(payload.toString());
    if (opcode === PING) {
      this.pings += 1;
      if (this.answersPings) this.#send(PONG, payload);
    }
    if (opcode === CLOSE) {
      this.closeCode = payload.readUInt16BE(0);
      this.#send(CLOSE, payload.subarray(0, 2));
    }
    this.#events.emit('change');
  }

  /** Masked, as a client must; the mask of zeros leaves the payload as it is. */
  #send(opcode: number, payload: Buffer): void {
    const head = payload.length < 126 ? Buffer.from([128 | opcode, 128 | payload.length]) : Buffer.alloc(4);
    if (payload.length >= 126) {
      head.set([128 | opcode, 128 | 126]);
      head.writeUInt16BE(payload.length, 2);
    }
    this.socket.write(Buffer.concat([head, Buffer.alloc(4), payload]));
  }
}
