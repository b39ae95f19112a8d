/**
 * One connection to a backend: writes a request, reads its answer, one exchange at a time (RFC 9112, section 9). Its
 * owner, the pool, gives it the next one when it is idle.
 */
import type { Socket } from 'node:net';
import { HttpFault } from '../core/http-fault.ts';
import { ResponseParser, type ResponseEvents } from '../core/response-parser.ts';
import type {
  BodySink,
  UpgradeListener,
  UpgradeRequest,
  UpstreamBody,
  UpstreamControl,
  UpstreamListener,
  UpstreamRequest,
} from '../../http/upstream-side.ts';
import { ReadBuffers } from './read-buffers.ts';
import { requestText } from './request-text.ts';
import { UpstreamError } from '../../http/upstream-error.ts';

export interface ConnectionSettings {
  readonly maxHeadBytes: number;
  /** From the end of the request to the head of the answer; while the body is sent, from its last progress. */
  readonly headTimeoutMs: number;
}

export interface ConnectionOwner {
  /** It can carry the next exchange. @param keepAliveSeconds the backend's hint for idle connections; −1: none */
  onIdle(connection: UpstreamConnection, keepAliveSeconds: number): void;
  onClosed(connection: UpstreamConnection): void;
}

/** Bodies up to this size are sent with their head in one write. */
const MAX_JOINED_BYTES = 16_384;
const LAST_CHUNK = '0\r\n';

export class UpstreamConnection implements ResponseEvents, BodySink, UpstreamControl {
  /** When it became idle; ms of the pool's clock. */
  idleSinceMs = 0;
  /** How long it may be reused after that, ms. */
  idleLimitMs = Infinity;
  readonly #settings: ConnectionSettings;
  readonly #owner: ConnectionOwner;
  readonly #parser: ResponseParser;
  /** Null: the socket is read as a stream. */
  #buffers: ReadBuffers | null = null;
  #socket: Socket | null = null;
  #listener: UpstreamListener | null = null;
  /** The same, if the protocol may change. */
  #upgrade: UpgradeListener | null = null;
  /** The head of a 101. */
  #switched: { readonly reason: string; readonly fields: string[] } | null = null;
  #body: UpstreamBody | null = null;
  /** Of the request. */
  #isWritten = true;
  #awaitsHead = false;
  #hasAnswered = false;
  /** Of the current answer. */
  #isAnswering = false;
  #isPaused = false;
  #isClosed = false;
  #headTimer: NodeJS.Timeout | null = null;

  constructor(settings: ConnectionSettings, owner: ConnectionOwner) {
    this.#settings = settings;
    this.#owner = owner;
    this.#parser = new ResponseParser(this, settings.maxHeadBytes);
  }

  /** For net.connect and tls.connect: called with the data read. */
  get onread(): ReadBuffers['onread'] {
    this.#buffers ??= new ReadBuffers((bytes) => this.#onBytes(bytes));
    return this.#buffers.onread;
  }

  /** Bytes of an answer have arrived on it. */
  get isReused(): boolean {
    return this.#hasAnswered;
  }

  /** @param socket connected with this connection's onread, unless its protocol may change; prepared by the caller. */
  open(socket: Socket): void {
    this.#socket = socket;
    if (this.#buffers === null) socket.on('data', this.#onData);
    else readAfterFailedWrite(socket);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onSocketError);
    socket.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
  }

  /** To be called when it is idle. */
  send(request: UpstreamRequest, listener: UpstreamListener): void {
    this.#listener = listener;
    this.#isAnswering = false;
    this.#awaitsHead = true;
    this.#parser.begin(request.method === 'HEAD', this.#upgrade !== null);
    this.#watchHead();
    const { body } = request;
    const head = requestText(request);
    const socket = this.#socket!;
    listener.onSent(this);
    if (body === null) {
      socket.write(head, 'latin1');
    } else if (!Buffer.isBuffer(body)) {
      this.#isWritten = false;
      this.#body = body;
      socket.write(head, 'latin1');
      body.start(this);
    } else if (body.length <= MAX_JOINED_BYTES) {
      socket.write(head + body.toString('latin1'), 'latin1');
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    }
  }

  /** As send(), for a request that may change the protocol of a connection without onread. */
  sendUpgrade(request: UpgradeRequest, listener: UpgradeListener): void {
    this.#upgrade = listener;
    this.send(request, listener);
  }

  /** Closes it at once; the listener of an exchange is notified. */
  destroy(error: Error): void {
    this.#fail(error);
  }

  // ---- UpstreamControl

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket!.resume();
  }

  abort(): void {
    this.#listener = null;
    this.#close();
  }

  // ---- BodySink

  write(piece: Buffer): boolean {
    const socket = this.#socket!;
    // A chunk of no bytes would be the last one, and what follows it another request.
    if (piece.length === 0) return !socket.writableNeedDrain;
    this.#watchHead();
    if (this.#body!.hasLength) return socket.write(piece);
    socket.cork();
    socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    socket.write(piece);
    const isFine = socket.write('\r\n', 'latin1');
    socket.uncork();
    return isFine;
  }

  end(trailers: readonly (readonly [string, string])[]): void {
    const isChunked = !this.#body!.hasLength;
    this.#body = null;
    this.#isWritten = true;
    this.#watchHead();
    if (!isChunked) return;
    let text = LAST_CHUNK;
    for (const [name, value] of trailers) text += `${name}: ${value}\r\n`;
    this.#socket!.write(`${text}\r\n`, 'latin1');
  }

  fail(error: Error): void {
    this.#body = null;
    this.#fail(new UpstreamError('REQUEST_ABORTED', 'The request’s body broke off', { cause: error }));
  }

  // ---- ResponseEvents

  onInterim(status: number, fields: string[]): void {
    this.#listener?.onInterim(status, fields);
  }

  onHead(status: number, reason: string, fields: string[]): void {
    this.#awaitsHead = false;
    if (status === 101) this.#switched = { reason, fields };
    else this.#listener?.onHead(status, reason, fields);
  }

  onBody(chunk: Buffer): void {
    const listener = this.#listener;
    if (listener !== null && !listener.onBody(chunk)) this.#isPaused = true;
  }

  // ---- the socket

  /** False: pause. */
  #onBytes(bytes: Buffer): boolean {
    if (this.#isClosed) return false;
    this.#hasAnswered = true;
    this.#isAnswering = true;
    // Unsolicited: the answer to a future request must not be taken from it.
    if (this.#listener === null) {
      this.#close();
      return false;
    }
    let used: number;
    try {
      used = this.#parser.execute(bytes);
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      this.#fail(upstreamFault(error));
      return false;
    }
    if (this.#parser.isDone && !this.#isClosed) {
      if (this.#switched === null) this.#complete(used < bytes.length);
      else this.#handOver(this.#switched, bytes.subarray(used));
    }
    return !this.#isPaused && !this.#isClosed;
  }

  /** @param hasMore bytes followed the answer */
  #complete(hasMore: boolean): void {
    const { isKeptAlive, keepAliveSeconds, trailers } = this.#parser;
    const listener = this.#listener;
    this.#listener = null;
    // A request that is answered before it is sent completely is not sent to its end: the connection can carry no
    // other.
    const { writable, writableLength } = this.#socket!;
    const isReusable = isKeptAlive && this.#isWritten && writable && writableLength === 0 && !hasMore;
    this.#stopBody();
    this.#resumeReading();
    if (isReusable) this.#owner.onIdle(this, keepAliveSeconds);
    else this.#close();
    listener?.onEnd(trailers);
  }

  /** @param rest what has arrived of the new protocol */
  #handOver({ reason, fields }: { reason: string; fields: string[] }, rest: Buffer): void {
    const socket = this.#socket!;
    this.#listener = null;
    this.#isClosed = true;
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    socket.pause();
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    socket.off('drain', this.#onDrain);
    // #onSocketError stays: without a listener, an error would end the process.
    if (rest.length > 0) socket.unshift(rest);
    this.#owner.onClosed(this);
    this.#upgrade!.onSwitched(reason, fields, socket);
  }

  #resumeReading(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket!.resume();
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#onBytes(bytes);
    if (this.#isPaused) this.#socket!.pause();
  };

  readonly #onEnd = (): void => {
    if (this.#isClosed) return;
    if (this.#listener !== null && this.#parser.finish()) this.#complete(false);
    else this.#fail(new UpstreamError('UPSTREAM_CUT', 'The backend closed the connection'));
  };

  readonly #onSocketError = (error: Error): void => {
    this.#fail(error);
  };

  readonly #onClose = (): void => {
    this.#buffers?.release();
    this.#fail(new UpstreamError('UPSTREAM_CUT', 'The connection was closed'));
  };

  readonly #onDrain = (): void => {
    this.#watchHead();
    this.#body?.resume();
  };

  #fail(error: Error): void {
    const listener = this.#listener;
    const isReused = this.isReused && !this.#isAnswering;
    this.#listener = null;
    this.#close();
    listener?.onError(error, isReused);
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopBody();
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    this.#headTimer = null;
    this.#socket?.destroy();
    this.#owner.onClosed(this);
  }

  #stopBody(): void {
    this.#body?.stop();
    this.#body = null;
    this.#isWritten = true;
  }

  // ---- the time until the head

  /** One timer for all exchanges: postponing it costs less than creating another. */
  #watchHead(): void {
    const { headTimeoutMs } = this.#settings;
    if (!this.#awaitsHead || headTimeoutMs === 0) return;
    if (this.#headTimer === null) this.#headTimer = setTimeout(onHeadTimeout, headTimeoutMs, this);
    else this.#headTimer.refresh();
  }

  onHeadTimeout(): void {
    if (this.#listener === null || !this.#awaitsHead) return;
    // The backend has taken all that there is of the body, and more is to come: the client is the one that is late.
    if (this.#body !== null && !this.#socket!.writableNeedDrain) {
      this.#watchHead();
      return;
    }
    this.#fail(new UpstreamError('UPSTREAM_HEAD_TIMEOUT', 'The backend did not answer in time'));
  }
}

function onHeadTimeout(connection: UpstreamConnection): void {
  connection.onHeadTimeout();
}

function upstreamFault(fault: HttpFault): UpstreamError {
  const code = fault.kind === 'head_too_large' ? 'UPSTREAM_HEAD_TOO_LARGE' : 'UPSTREAM_INVALID';
  return new UpstreamError(code, `The answer is malformed: ${fault.message}`, { cause: fault });
}

/**
 * A backend that answers early and closes resets the connection while the body is still being sent. The write fails,
 * but the answer has arrived before the reset: it is in the kernel's buffer, and Node would drop it with the socket. So
 * after a failed write, one round of the event loop is left to read it.
 */
function readAfterFailedWrite(socket: Socket): void {
  const destroy = socket.destroy.bind(socket);
  let isLastRead = false;
  socket.destroy = (error?: NodeJS.ErrnoException): Socket => {
    if (error?.syscall !== 'write' || socket.destroyed) return destroy(error);
    // Two, so that there is a whole round of reading in between. Further writes may fail meanwhile.
    if (!isLastRead) setImmediate(() => setImmediate(() => destroy(error)));
    isLastRead = true;
    return socket;
  };
}
