/**
 * One request to a backend over HTTP/2, and its answer: a stream of a session (RFC 9113, section 8.1). Its owner, the
 * pool, starts it as soon as a session has room for it, and perhaps once more if the first one did not process it.
 */
import { STATUS_CODES } from 'node:http';
import { type ClientHttp2Stream, constants } from 'node:http2';
import { Duplex } from 'node:stream';
import { UpstreamError } from '../../http/upstream-error.ts';
import type {
  BodySink,
  UpstreamBody,
  UpstreamControl,
  UpstreamListener,
  UpstreamRequest,
} from '../../http/upstream-side.ts';
import { MAX_INTERIM } from '../../http1/core/response-parser.ts';
import { headBytes, trailerObject } from './message-fields.ts';
import { streamError } from './stream-error.ts';
import type { UpstreamSession } from './upstream-session.ts';

export interface StreamOwner {
  /** The backend has not processed it: true if it is sent again. */
  resend(stream: UpstreamStream): boolean;
  /** It is not to be sent any more. */
  forget(stream: UpstreamStream): void;
}

/** What the module's event handlers find their stream by. */
export interface OwnedStream extends ClientHttp2Stream {
  /** Null once it is closed: see ArrivedStream. */
  owner: UpstreamStream | null;
  /** END_STREAM has arrived. */
  isWhole: boolean;
}

/** After the answer, the rest of a body that the backend does not take is given up after this time. */
const LINGER_MS = 1000;

export class UpstreamStream implements BodySink, UpstreamControl {
  readonly request: UpstreamRequest;
  readonly listener: UpstreamListener;
  /** While it waits for a session. */
  waiting: NodeJS.Timeout | null = null;
  readonly #owner: StreamOwner;
  readonly #headTimeoutMs: number;
  #session: UpstreamSession | null = null;
  #stream: OwnedStream | null = null;
  #body: UpstreamBody | null = null;
  #requestTrailers: readonly (readonly [string, string])[] = [];
  #error: Error | null = null;
  #trailers: readonly string[] = [];
  #maxHeadBytes = Infinity;
  #awaitsHead = true;
  /** Something of the answer has arrived. */
  #isAnswered = false;
  #interimAnswers = 0;
  #isResent = false;
  #isOver = false;
  #headTimer: NodeJS.Timeout | null = null;

  /** @param headTimeoutMs see ConnectionSettings of HTTP/1; 0: none */
  constructor(request: UpstreamRequest, listener: UpstreamListener, headTimeoutMs: number, owner: StreamOwner) {
    this.request = request;
    this.listener = listener;
    this.#headTimeoutMs = headTimeoutMs;
    this.#owner = owner;
  }

  start(session: UpstreamSession): void {
    const { body } = this.request;
    const stream = session.open(this.request) as OwnedStream;
    stream.owner = this;
    stream.isWhole = false;
    stream.push = push;
    stream.on('headers', onInterim);
    stream.on('response', onResponse);
    stream.on('trailers', onTrailers);
    stream.on('end', onReset);
    stream.on('error', onError);
    stream.on('close', onClose);
    this.#session = session;
    this.#stream = stream;
    this.#maxHeadBytes = session.unacknowledgedMaxHeadBytes;
    this.#error = null;
    this.#watchHead();
    this.listener.onSent(this);
    if (Buffer.isBuffer(body)) {
      stream.end(body);
    } else if (body !== null) {
      this.#body = body;
      stream.on('drain', onDrain);
      stream.on('wantTrailers', onWantTrailers);
      body.start(this);
    }
  }

  /** Before it was started. */
  refuse(error: Error): void {
    this.#end();
    this.listener.onError(error, false);
  }

  // ---- UpstreamControl

  resume(): void {
    if (!this.#isOver) this.#stream!.resume();
  }

  abort(): void {
    if (this.#isOver) return;
    this.#end();
    if (this.#stream === null) this.#owner.forget(this);
    else cancel(this.#stream);
  }

  // ---- BodySink

  write(piece: Buffer): boolean {
    const stream = this.#stream!;
    if (piece.length === 0) return !stream.writableNeedDrain;
    this.#watchHead();
    return stream.write(piece);
  }

  end(trailers: readonly (readonly [string, string])[]): void {
    this.#body = null;
    this.#requestTrailers = trailers;
    this.#watchHead();
    this.#stream!.end();
  }

  fail(error: Error): void {
    this.#body = null;
    this.abort();
    this.listener.onError(
      new UpstreamError('REQUEST_ABORTED', 'The request’s body broke off', { cause: error }),
      false,
    );
  }

  // ---- called by the stream

  onInterim(raw: readonly string[]): void {
    if (this.#isOver) return;
    this.#isAnswered = true;
    this.#interimAnswers += 1;
    if (this.#interimAnswers > MAX_INTERIM) {
      this.abort();
      this.listener.onError(new UpstreamError('UPSTREAM_INVALID', 'Too many interim answers'), false);
      return;
    }
    this.listener.onInterim(Number(raw[1]), raw.slice(2));
  }

  onResponse(raw: readonly string[]): void {
    if (this.#isOver) return;
    this.#awaitsHead = false;
    this.#isAnswered = true;
    this.#session!.hasAnswered = true;
    this.#clearHeadTimer();
    if (headBytes(raw) > this.#maxHeadBytes) {
      this.abort();
      this.listener.onError(new UpstreamError('UPSTREAM_HEAD_TOO_LARGE', 'The head of the answer is too large'), false);
      return;
    }
    const status = Number(raw[1]);
    this.listener.onHead(status, STATUS_CODES[status] ?? '', raw.slice(2));
    if (this.#isOver) return;
    // Not before, or data would overtake the head, whose event is deferred.
    this.#stream!.on('data', onData);
    this.#stream!.on('end', onEnd);
  }

  onTrailers(raw: readonly string[]): void {
    this.#trailers = raw;
  }

  onData(chunk: Buffer): void {
    if (!this.#isOver && !this.listener.onBody(chunk)) this.#stream!.pause();
  }

  onEnd(): void {
    const stream = this.#stream!;
    // Otherwise it was reset, and closes next.
    if (this.#isOver || !stream.isWhole) return;
    // A request that is answered before it is sent completely is not sent to its end.
    if (!stream.writableEnded) cancel(stream);
    else if (!stream.writableFinished) setTimeout(close, LINGER_MS, stream).unref();
    this.#end();
    this.listener.onEnd(this.#trailers);
  }

  onError(error: Error): void {
    this.#error = error;
  }

  onClose(): void {
    const session = this.#session!;
    const { id = 0, rstCode, isWhole } = this.#stream!;
    session.onStreamClosed(this.#stream!, isWhole);
    if (this.#isOver) return;
    const error = streamError({ id, rstCode, error: this.#error, awaitsHead: this.#awaitsHead }, session);
    const isUnprocessed = error instanceof UpstreamError && error.code === 'UPSTREAM_UNPROCESSED';
    if (isUnprocessed && this.#mayResend()) {
      this.#isResent = true;
      this.#stream = null;
      this.#clearHeadTimer();
      if (this.#owner.resend(this)) return;
    }
    this.#end();
    this.listener.onError(error, isUnprocessed || (session.hasAnswered && !this.#isAnswered));
  }

  onDrain(): void {
    this.#watchHead();
    this.#body?.resume();
  }

  onWantTrailers(): void {
    const stream = this.#stream!;
    // Always: without them, there would be no END_STREAM.
    if (!stream.closed) stream.sendTrailers(trailerObject(this.#requestTrailers));
  }

  // ---- the time until the head

  onHeadTimeout(): void {
    if (this.#isOver || !this.#awaitsHead) return;
    // The backend has taken all that there is of the body, and more is to come: the client is the one that is late.
    if (this.#body !== null && !this.#stream!.writableNeedDrain) {
      this.#watchHead();
      return;
    }
    this.abort();
    this.listener.onError(new UpstreamError('UPSTREAM_HEAD_TIMEOUT', 'The backend did not answer in time'), false);
  }

  #watchHead(): void {
    if (!this.#awaitsHead || this.#isOver || this.#headTimeoutMs === 0) return;
    if (this.#headTimer === null) this.#headTimer = setTimeout(onHeadTimeout, this.#headTimeoutMs, this);
    else this.#headTimer.refresh();
  }

  #clearHeadTimer(): void {
    if (this.#headTimer !== null) clearTimeout(this.#headTimer);
    this.#headTimer = null;
  }

  /** A body that was read from the client cannot be read again: the attempt above decides. */
  #mayResend(): boolean {
    const { body } = this.request;
    return !this.#isResent && (body === null || Buffer.isBuffer(body));
  }

  #end(): void {
    this.#isOver = true;
    this.#clearHeadTimer();
    this.#body?.stop();
    this.#body = null;
  }
}

/**
 * A stream that is reset without an error code also emits `end`. But END_STREAM arrives before the stream closes. If
 * Node's order changes, test/wire/http2/upstream.test.ts notices.
 */
function push(this: OwnedStream, chunk: unknown, encoding?: BufferEncoding): boolean {
  if (chunk === null && !this.closed) this.isWhole = true;
  return Duplex.prototype.push.call(this, chunk, encoding);
}

function onInterim(this: OwnedStream, _fields: object, _flags: number, raw: readonly string[]): void {
  this.owner?.onInterim(raw);
}

function onResponse(this: OwnedStream, _fields: object, _flags: number, raw: readonly string[]): void {
  this.owner?.onResponse(raw);
}

function onTrailers(this: OwnedStream, _fields: object, _flags: number, raw: readonly string[]): void {
  this.owner?.onTrailers(raw);
}

function onData(this: OwnedStream, chunk: Buffer): void {
  this.owner?.onData(chunk);
}

/** Reset with NO_ERROR: Node keeps it for ever if something written waits for the backend's window. */
function onReset(this: OwnedStream): void {
  if (!this.isWhole) this.destroy();
}

function onEnd(this: OwnedStream): void {
  this.owner?.onEnd();
}

function onError(this: OwnedStream, error: Error): void {
  this.owner?.onError(error);
}

function onClose(this: OwnedStream): void {
  const { owner } = this;
  this.owner = null;
  owner?.onClose();
}

function onDrain(this: OwnedStream): void {
  this.owner?.onDrain();
}

function onWantTrailers(this: OwnedStream): void {
  this.owner?.onWantTrailers();
}

function onHeadTimeout(stream: UpstreamStream): void {
  stream.onHeadTimeout();
}

/**
 * While Node handles what a session has received, it defers a CANCEL, but not the end of the body that closing a stream
 * implies: half a body would look whole.
 */
function cancel(stream: ClientHttp2Stream): void {
  if (stream.writableEnded) close(stream);
  else setImmediate(close, stream);
}

function close(stream: ClientHttp2Stream): void {
  if (stream.closed) stream.destroy();
  else stream.close(constants.NGHTTP2_CANCEL);
}
