/**
 * One client's connection: takes its requests from the reader, a bounded number at a time, passes each to the
 * application, and sends the answers in the order of the requests (RFC 9112, section 9.3).
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { WatchedConnection } from '../../http/client-side.ts';
import { GatewayError } from '../../errors.ts';
import { lingeringClose } from '../../http/linger.ts';
import { HttpFault } from '../core/http-fault.ts';
import type { RequestHead } from '../core/request-parser.ts';
import { faultError } from './fault-error.ts';
import { Http1Request } from './http1-request.ts';
import { type AnswerSink, Http1Response } from './http1-response.ts';
import { RequestReader, type RequestTaker } from './request-reader.ts';
import { SharedReads } from './shared-reads.ts';
import { TimeLimits, type TimeLimitSettings } from './time-limits.ts';
import type { Turns } from './turns.ts';

export interface ClientConnectionSettings extends TimeLimitSettings {
  readonly maxHeadBytes: number;
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

export class ClientConnection implements RequestTaker, AnswerSink, WatchedConnection {
  readonly socket: Socket;
  /** Its counters say: connection-watch.ts. */
  readonly isSlowReader = false;
  readonly keepAliveSeconds: number;
  readonly reader: RequestReader;
  readonly #ports: ClientConnectionPorts;
  readonly #limits: TimeLimits;
  /** In the order of their requests; the first one has its turn. */
  readonly #work: Http1Response[] = [];
  #count = 0;
  /** The server will close: an answer that no other request waits behind is the last. */
  #isDraining = false;
  /** The server is closing: it ends with the last request that has begun to arrive. */
  #isEnding = false;
  /** Written once running requests are answered; then the connection ends. */
  #refused: Refused | null = null;

  constructor(socket: Socket, ports: ClientConnectionPorts) {
    this.socket = socket;
    this.#ports = ports;
    this.keepAliveSeconds = Math.floor(ports.settings.keepAliveMs / 1000);
    this.reader = new RequestReader(socket, this, ports.settings.maxHeadBytes);
    this.#limits = new TimeLimits(ports.settings);
    socket.sluiceConnection = this;
    reads.begin(socket);
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
    return this.reader.isStopped ? null : this.reader.request;
  }

  /** It now carries another protocol. */
  isDetached = false;

  /** Nothing is in work, and nothing of a request has arrived. */
  get isIdle(): boolean {
    return this.#work.length === 0 && this.reader.isBetween && !this.reader.isStopped;
  }

  // ---- RequestTaker

  get hasRoom(): boolean {
    // Without the second limit, a client that reads nothing could fill the memory with its answers.
    return this.#work.length < this.#ports.settings.maxPipelinedRequests && !this.socket.writableNeedDrain;
  }

  onHeadBegun(): void {
    if (this.#limits.phase === 'idle') this.#limits.enter('head');
  }

  onHead(head: RequestHead): void {
    if (this.#work.some(endsConnection)) {
      this.reader.stop();
      return;
    }
    const request = new Http1Request(this.socket, this.reader, head);
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
    this.#work.push(response);
    if (this.#work.length === 1) response.onTurn();
    this.reader.begin(request);
    this.#limits.enter(head.bodyBytes === 0 ? 'work' : 'body');
    this.#ports.onRequest(request, response);
    if (isLast && head.isUnframed) this.reader.stop();
  }

  onRequestRead(request: Http1Request, trailers: readonly string[]): void {
    if (request.upgrade) {
      request.onComplete(trailers);
      this.#limits.enter('work');
      this.detach();
      return;
    }
    const mayFollow = request.httpVersion !== '1.0' || this.#work.length === 0 || this.#work.at(-1)!.shouldKeepAlive;
    this.#limits.enter(this.#work.length === 0 ? 'idle' : 'work');
    request.onComplete(trailers);
    // It was answered before it was complete.
    if (this.#isEnding && this.isIdle) this.#close();
    const last = this.#work.at(-1);
    if (!mayFollow || (last !== undefined && last.req === request && !last.shouldKeepAlive)) this.reader.stop();
  }

  onFault(fault: HttpFault): void {
    if (fault.kind !== 'http2' || !this.#becomesHttp2()) this.refuse(faultError(fault));
  }

  // ---- AnswerSink

  mayGoOn(response: Http1Response): boolean {
    return response.shouldKeepAlive && !(this.#isDraining && this.#work.at(-1) === response);
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
    else if (req.complete) this.#limits.enter(this.reader.isInHead ? 'head' : 'idle');
    if (this.#isEnding && this.isIdle) this.#close();
    else this.reader.onDemand();
  }

  onCut(_response: Http1Response, isReset: boolean): void {
    if (isReset) (this.socket.sluiceRaw ?? this.socket).resetAndDestroy();
    else this.socket.destroy();
  }

  // ---- what its keeper may do

  /** From now on, answers close it; until one does, its client may send. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Has been of use, and is idle: its client knows how to go on without it. */
  get isKept(): boolean {
    return this.#count > 0 && this.isIdle;
  }

  /** Ends it with the request that has begun to arrive, if there is one. */
  endWhenIdle(): void {
    this.#isDraining = true;
    this.#isEnding = true;
    this.endIfIdle();
  }

  endIfIdle(): void {
    if (this.isIdle) this.#close();
  }

  /** Refuses incoming data: now, or once earlier requests are answered; then the connection ends. */
  refuse(error: GatewayError, request?: Http1Request): void {
    if (this.reader.isStopped) return;
    this.reader.stop();
    const arriving = this.reader.request;
    if (arriving !== null && request === undefined) {
      const response = this.#work.at(-1);
      if (response?.req === arriving) this.#refuseRunning(response, error);
      // It has its answer already.
      else lingeringClose(this.socket, this.#isDraining);
      return;
    }
    this.#refused = { error, request, isAborted: false };
    if (this.#work.length === 0) this.#sendRefusal();
  }

  /** Takes the connection out of HTTP: data that was read and belongs to no request is put back into the socket. */
  detach(): Socket {
    const { socket } = this;
    socket.off('end', onEnd);
    this.reader.giveBack();
    reads.end(socket);
    return socket;
  }

  /** Checks the time limits. */
  look(nowMs: number): void {
    // Only answers are left, and those have limits of their own.
    if (this.reader.isStopped) return;
    const { phase } = this.#limits;
    // The backend takes no more of the body for now, or the client still takes its last answer.
    const waitsForOther =
      phase === 'body' ? this.reader.request?.isHeldBack === true : phase === 'idle' && this.socket.writableLength > 0;
    if (!this.#limits.check(nowMs, !waitsForOther)) return;
    if (phase === 'idle') this.socket.destroy();
    else this.refuse(new GatewayError('GW_REQUEST_TIMEOUT'));
  }

  // ---- ending

  /** HTTP/2 with prior knowledge. */
  #becomesHttp2(): boolean {
    const { onHttp2 } = this.#ports;
    // Over TLS it is agreed on in the handshake (RFC 9113, 3.2), or not wanted.
    if (onHttp2 === null || isEncrypted(this.socket)) return false;
    if (this.#count > 0 || !this.reader.holdsHttp2()) return false;
    this.isDetached = true;
    const socket = this.detach();
    socket.off('drain', onDrain);
    socket.off('close', onClose);
    onHttp2(socket);
    return true;
  }

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
    lingeringClose(this.socket, this.#isDraining);
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
    this.reader.stop();
    for (const response of this.#work.splice(0)) response.onGone();
    this.#abortRefusal();
    lingeringClose(this.socket, this.#isDraining);
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

  // ---- called by the socket

  onDrain(): void {
    this.#work[0]?.onDrain();
    this.reader.onDemand();
  }

  onEnd(): void {
    if (this.reader.isStopped) {
      if (this.#work.length > 0) this.socket.destroy();
      return;
    }
    if (this.reader.request !== null || this.reader.isInHead) {
      this.refuse(faultError(new HttpFault('invalid', 'The connection ended before it did')));
    } else if (this.#work.length > 0) {
      // As in nginx: it left.
      this.socket.destroy();
    } else {
      this.reader.stop();
      this.socket.end();
    }
  }

  onClose(): void {
    const arriving = this.reader.onGone();
    for (const response of this.#work.splice(0)) {
      response.req.onGone();
      response.onGone();
    }
    arriving?.onGone();
    this.#abortRefusal();
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

const reads = new SharedReads(function onBytes(this: Socket, bytes: Buffer) {
  of(this).reader.onData(bytes);
});

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

function isEncrypted(socket: Socket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

function ignore(): void {
  // 'close' follows.
}
