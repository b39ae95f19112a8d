/**
 * One client's connection: reads its requests, a bounded number at a time, passes each to the application, and sends
 * the answers in the order of the requests (RFC 9112, section 9.3).
 */
import type { Socket } from 'node:net';
import type { WatchedConnection } from '../../http/client-side.ts';
import { GatewayError } from '../../errors.ts';
import { lingeringClose } from '../../http/linger.ts';
import { HttpFault } from '../core/http-fault.ts';
import { HTTP2_PREFACE, type RequestHead, type RequestEvents, RequestParser } from '../core/request-parser.ts';
import { type BodySource, Http1Request } from './http1-request.ts';
import { type AnswerSink, Http1Response } from './http1-response.ts';
import { faultError } from './fault-error.ts';
import type { Turns } from './turns.ts';

export interface ClientConnectionSettings {
  readonly maxHeadBytes: number;
  readonly headTimeoutMs: number;
  /** For a whole request with its body; 0: unlimited. */
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  /** Requests in work at a time, at least 1. */
  readonly maxPipelinedRequests: number;
  /** Total for the connection; 0: unlimited. */
  readonly maxRequestsPerConnection: number;
}

export interface ClientConnectionPorts {
  readonly settings: ClientConnectionSettings;
  readonly turns: Turns;
  readonly onRequest: (request: Http1Request, response: Http1Response) => void;
  /** Whether it asks for a protocol that it may get. */
  readonly asksForUpgrade: (request: Http1Request) => boolean;
  /** A running request's own body is refused: ends the work on it, and answers unless there is an answer already. */
  readonly refuse: (response: Http1Response, error: GatewayError) => void;
  /** Refuses data that is not a request of the application: the text of an answer that closes the connection. */
  readonly refusal: (socket: Socket, refused: Refused) => string;
  /** Takes over a connection that begins with HTTP/2, whose data is in the socket again. Null: that is refused. */
  readonly onHttp2: ((socket: Socket) => void) | null;
}

/** Data that is refused. */
export interface Refused {
  readonly error: GatewayError;
  /** Undefined: it did not become one. */
  readonly request: Http1Request | undefined;
  /** The connection ended before its turn. */
  isAborted: boolean;
}

/** What the time limit applies to. */
type Phase = 'head' | 'body' | 'idle' | 'work';

export class ClientConnection implements RequestEvents, BodySource, AnswerSink, WatchedConnection {
  readonly socket: Socket;
  /** Its counters say: connection-watch.ts. */
  readonly isSlowReader = false;
  readonly keepAliveSeconds: number;
  readonly #ports: ClientConnectionPorts;
  readonly #parser: RequestParser;
  /** In the order of their requests; the first one has its turn. */
  readonly #work: Http1Response[] = [];
  /** Data read but not parsed yet. */
  #held: Buffer | null = null;
  /** The request being read. */
  #request: Http1Request | null = null;
  #count = 0;
  #isReading = false;
  #isStopped = false;
  /** Its client sends requests before it has the answers to earlier ones. */
  #isPipelined = false;
  /** The server is closing: it ends with the last request that has begun to arrive. */
  #isEnding = false;
  /** Written once running requests are answered; then the connection ends. */
  #refused: Refused | null = null;
  #phase: Phase = 'head';
  /** NaN: since the last round. */
  #sinceMs = NaN;
  /** Of the last round. */
  #lookedMs = 0;

  constructor(socket: Socket, ports: ClientConnectionPorts) {
    this.socket = socket;
    this.#ports = ports;
    this.keepAliveSeconds = Math.floor(ports.settings.keepAliveMs / 1000);
    this.#parser = new RequestParser(this, ports.settings.maxHeadBytes);
    socket.sluiceConnection = this;
    socket.on('data', onData);
    socket.on('end', onEnd);
    socket.on('drain', onDrain);
    socket.on('error', ignore);
    socket.on('close', onClose);
  }

  /** The answer that has its turn; null: none is in work. */
  get running(): Http1Response | null {
    return this.#work[0] ?? null;
  }

  /** The request whose body is still to come, and is read; null: none. */
  get arriving(): Http1Request | null {
    return this.#isStopped ? null : this.#request;
  }

  /** It now carries another protocol. */
  isDetached = false;

  /** Nothing is in work, and nothing of a request has arrived. */
  get isIdle(): boolean {
    return this.#work.length === 0 && this.#parser.isBetween && !this.#isStopped;
  }

  // ---- RequestEvents

  onHead(head: RequestHead): void {
    if (this.#work.some(endsConnection)) {
      this.#stopReading();
      return;
    }
    const { socket } = this;
    const request = new Http1Request(socket, this, head);
    const response = new Http1Response(request, this);
    this.#count += 1;
    const { maxRequestsPerConnection: most } = this.#ports.settings;
    const isLast = (most > 0 && this.#count >= most) || !head.isKeptAlive || head.isUnframed;
    if (isLast) response.shouldKeepAlive = false;
    if (head.method === 'CONNECT') {
      // This is not a forward proxy: CONNECT gets no tunnel.
      this.refuse(new GatewayError('GW_METHOD_NOT_ALLOWED'), request);
      return;
    }
    if (this.#work.length === 0 && this.#ports.asksForUpgrade(request)) {
      request.upgrade = true;
      response.shouldKeepAlive = false;
    }
    if (this.#work.length > 0) this.#isPipelined = true;
    this.#work.push(response);
    if (this.#work.length === 1) response.onTurn();
    this.#request = request;
    this.#enter(head.bodyBytes === 0 ? 'work' : 'body');
    this.#ports.onRequest(request, response);
    if (isLast && head.isUnframed) this.#stopReading();
  }

  onBody(chunk: Buffer): void {
    this.#request?.onBody(chunk);
  }

  // ---- BodySource

  onDemand(): void {
    if (!this.#isReading) this.#readOn();
  }

  // ---- AnswerSink

  mayGoOn(response: Http1Response): boolean {
    return response.shouldKeepAlive && !(this.#isEnding && this.#work.at(-1) === response);
  }

  onHeld(response: Http1Response): void {
    this.#ports.turns.addHead(response);
  }

  onEnded(response: Http1Response): void {
    if (this.#work[0] !== response) return;
    this.#work.shift();
    const { shouldKeepAlive, req } = response;
    if (req.upgrade && response.statusCode === 101) {
      this.isDetached = true;
      // A tunnel follows: the code that opens it reports when it is closed.
      response.writableFinished = true;
      return;
    }
    this.#afterWrite(response);
    if (!shouldKeepAlive) {
      this.#close();
      return;
    }
    // If nobody reads a request to its end, the connection reads the rest.
    if (!req.complete && !req.isRead) req.drop();
    const next = this.#work[0];
    if (next !== undefined) next.onTurn();
    // After the previous answer has been counted and logged.
    else if (this.#refused !== null) queueMicrotask(this.#sendRefusal);
    else if (req.complete) this.#enter(this.#parser.isInHead ? 'head' : 'idle');
    if (this.#isEnding && this.isIdle) this.#close();
    else if (!this.#isReading) this.#readOn();
  }

  onCut(_response: Http1Response, isReset: boolean): void {
    if (isReset) (this.socket.sluiceRaw ?? this.socket).resetAndDestroy();
    else this.socket.destroy();
  }

  // ---- what its keeper may do

  /** Ends it as soon as nothing is in work, and nothing of a request has arrived. */
  endWhenIdle(): void {
    this.#isEnding = true;
    if (!this.isIdle) return;
    const mayBeReading = this.#isPipelined || this.#held !== null || this.socket.writableLength > 0;
    if (mayBeReading) this.#close();
    else this.socket.destroy();
  }

  /** Refuses incoming data: now, or once earlier requests are answered; then the connection ends. */
  refuse(error: GatewayError, request?: Http1Request): void {
    if (this.#isStopped) return;
    this.#stopReading();
    if (this.#request !== null && request === undefined) {
      const response = this.#work.at(-1);
      if (response?.req === this.#request) this.#refuseRunning(response, error);
      // It has its answer already.
      else lingeringClose(this.socket, this.#isEnding);
      return;
    }
    this.#refused = { error, request, isAborted: false };
    if (this.#work.length === 0) this.#sendRefusal();
  }

  /** Takes the connection out of HTTP: data that was read and belongs to no request is put back into the socket. */
  detach(): Socket {
    const { socket } = this;
    this.#isStopped = true;
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.pause();
    if (this.#held !== null) socket.unshift(this.#held);
    this.#held = null;
    return socket;
  }

  /** Checks the time limits. */
  look(nowMs: number): void {
    // Only answers are left, and those have limits of their own.
    if (this.#isStopped) return;
    if (Number.isNaN(this.#sinceMs)) this.#sinceMs = nowMs;
    const { headTimeoutMs, requestTimeoutMs, keepAliveMs } = this.#ports.settings;
    // The backend takes no more of the body for now: that is not the client's time.
    if (this.#phase === 'body' && this.#request?.isHeldBack === true) this.#sinceMs += nowMs - this.#lookedMs;
    this.#lookedMs = nowMs;
    const elapsedMs = nowMs - this.#sinceMs;
    switch (this.#phase) {
      case 'idle':
        // While the client still takes its last answer, it is not idle.
        if (this.socket.writableLength > 0) this.#sinceMs = nowMs;
        else if (elapsedMs >= keepAliveMs) this.socket.destroy();
        break;
      case 'head':
        if (elapsedMs >= headTimeoutMs) this.refuse(new GatewayError('GW_REQUEST_TIMEOUT'));
        break;
      case 'body':
        if (requestTimeoutMs > 0 && elapsedMs >= requestTimeoutMs) this.refuse(new GatewayError('GW_REQUEST_TIMEOUT'));
        break;
      default:
    }
  }

  // ---- called by the socket

  onData(bytes: Buffer): void {
    if (this.#isStopped) return;
    this.#held = this.#held === null ? bytes : Buffer.concat([this.#held, bytes]);
    this.#readOn();
  }

  #readOn(): void {
    this.#isReading = true;
    try {
      while (this.#held !== null && !this.#isStopped && this.#mayRead()) this.#read(this.#held);
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      if (error.kind !== 'http2' || !this.#becomesHttp2()) this.refuse(faultError(error));
    }
    this.#isReading = false;
    this.#regulate();
  }

  #read(bytes: Buffer): void {
    const parser = this.#parser;
    const end = parser.execute(bytes);
    this.#held = end === bytes.length ? null : bytes.subarray(end);
    if (parser.isInHead) {
      if (this.#phase === 'idle') this.#enter('head');
    } else if (parser.isDone && !this.#isStopped) {
      const request = this.#request!;
      this.#request = null;
      if (request.upgrade) {
        request.onComplete(parser.trailers);
        this.#pauseForUpgrade();
        return;
      }
      const mayFollow = request.httpVersion !== '1.0' || this.#work.length === 0 || this.#work.at(-1)!.shouldKeepAlive;
      const { trailers } = parser;
      parser.next();
      this.#enter(this.#work.length === 0 ? 'idle' : 'work');
      request.onComplete(trailers);
      // It was answered before it was complete.
      if (this.#isEnding && this.isIdle) this.#close();
      const last = this.#work.at(-1);
      if (!mayFollow || (last !== undefined && last.req === request && !last.shouldKeepAlive)) this.#stopReading();
    }
  }

  /** HTTP/2 with prior knowledge (RFC 9113, 3.3). */
  #becomesHttp2(): boolean {
    const { onHttp2 } = this.#ports;
    const last = this.#held!;
    // The parser recognizes it by the end of its first line; what was read before is the start of that.
    const before = HTTP2_PREFACE.slice(0, HTTP2_PREFACE.length - 1 - last.indexOf(HTTP2_PREFACE.at(-1)!, 'latin1'));
    const rest = HTTP2_PREFACE.slice(before.length);
    if (onHttp2 === null || this.#count > 0 || rest === '' || last.toString('latin1', 0, rest.length) !== rest)
      return false;
    this.#held = before === '' ? last : Buffer.concat([Buffer.from(before, 'latin1'), last]);
    this.isDetached = true;
    const socket = this.detach();
    socket.off('drain', onDrain);
    socket.off('close', onClose);
    onHttp2(socket);
    return true;
  }

  /** There is room for another request, or the body of the last one is wanted. */
  #mayRead(): boolean {
    if (this.#request !== null) return !this.#request.isHeldBack;
    if (!this.#parser.isBetween) return true;
    // Without the second limit, a client that reads nothing could fill the memory with its answers.
    return this.#work.length < this.#ports.settings.maxPipelinedRequests && !this.socket.writableNeedDrain;
  }

  /** Reads as much as can be used. */
  #regulate(): void {
    const { socket } = this;
    if (this.#isStopped || socket.destroyed) return;
    const isWanted = this.#held === null && this.#mayRead();
    if (!isWanted) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }

  /** Further data belongs to no request. */
  #stopReading(): void {
    this.#isStopped = true;
    this.#held = null;
    // Incoming data is dropped; without reading on, nothing would notice that the client leaves.
    if (this.socket.isPaused()) this.socket.resume();
  }

  #pauseForUpgrade(): void {
    this.#enter('work');
    this.detach();
  }

  // ---- ending

  #refuseRunning(response: Http1Response, error: GatewayError): void {
    response.shouldKeepAlive = false;
    // Its answer waits for its turn.
    if (response.writableEnded) return;
    this.#ports.refuse(response, error);
    // Part of another answer has been written.
    if (!response.writableEnded) response.cut();
  }

  readonly #sendRefusal = (): void => {
    if (this.#refused === null) return;
    this.socket.write(this.#ports.refusal(this.socket, this.#refused), 'latin1');
    this.#refused = null;
    lingeringClose(this.socket, this.#isEnding);
  };

  /** Its answer cannot be sent any more, but it is logged and counted. */
  #abortRefusal(): void {
    if (this.#refused === null) return;
    this.#refused.isAborted = true;
    this.#ports.refusal(this.socket, this.#refused);
    this.#refused = null;
  }

  /** After the last answer. The client may send more before it has read that: its connection must not be reset. */
  #close(): void {
    this.#isStopped = true;
    for (const response of this.#work.splice(0)) response.onGone();
    this.#abortRefusal();
    lingeringClose(this.socket, this.#isEnding);
  }

  #afterWrite(response: Http1Response): void {
    const { socket } = this;
    if (socket.writableLength === 0) {
      this.#ports.turns.addFinished(response);
    } else if (response.req.scheme === 'https') {
      this.#ports.turns.addEncrypted(response, reportWritten);
    } else {
      reportWritten(response);
    }
  }

  onDrain(): void {
    this.#work[0]?.onDrain();
    if (!this.#isReading) this.#readOn();
  }

  onEnd(): void {
    if (this.#isStopped) {
      if (this.#work.length > 0) this.socket.destroy();
      return;
    }
    if (this.#request !== null || this.#parser.isInHead) {
      this.refuse(faultError(new HttpFault('invalid', 'The connection ended before it did')));
    } else if (this.#work.length > 0) {
      // As in nginx: it left.
      this.socket.destroy();
    } else {
      this.#isStopped = true;
      this.#held = null;
      this.socket.end();
    }
  }

  onClose(): void {
    this.#isStopped = true;
    this.#held = null;
    const request = this.#request;
    this.#request = null;
    for (const response of this.#work.splice(0)) {
      response.req.onGone();
      response.onGone();
    }
    request?.onGone();
    this.#abortRefusal();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#sinceMs = NaN;
  }
}

/** When what is written by now has been sent. */
function reportWritten(response: Http1Response): void {
  const { socket } = response.req;
  socket.write('', () => {
    // If the socket was destroyed during the write, Node reports no error.
    if (socket.destroyed) response.onGone();
    else response.onFinished();
  });
}

/** Shared by all sockets: thousands of idle ones would each keep functions of their own. */
function of(socket: Socket): ClientConnection {
  return socket.sluiceConnection as ClientConnection;
}

function onData(this: Socket, bytes: Buffer): void {
  of(this).onData(bytes);
}

function onEnd(this: Socket): void {
  of(this).onEnd();
}

function onDrain(this: Socket): void {
  of(this).onDrain();
}

function onClose(this: Socket): void {
  of(this).onClose();
}

/** Nothing behind it is answered. */
function endsConnection({ shouldKeepAlive }: Http1Response): boolean {
  return !shouldKeepAlive;
}

function ignore(): void {
  // 'close' follows.
}
