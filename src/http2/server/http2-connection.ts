/**
 * One client's HTTP/2 connection: passes the requests on its streams to the application, and enforces the limits that
 * Node's sessions do not have: for heads, bodies, answers that are not taken, idle connections, and floods.
 */
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';
import { GatewayError } from '../../errors.ts';
import type { WatchedConnection } from '../../http/client-side.ts';
import { SessionLife } from '../../net/session-life.ts';
import { streamHead } from '../core/stream-head.ts';
import { Arrival, type ArrivedStream, Http2Request } from './http2-request.ts';
import { Http2Response, type StreamSink } from './http2-response.ts';
import { OpenAnswers } from './open-answers.ts';
import { AnswerPace } from './answer-pace.ts';
import { BodyPace } from './body-pace.ts';

export interface Http2ConnectionSettings {
  readonly maxHeadBytes: number;
  readonly headTimeoutMs: number;
  /** For a whole request with its body; 0: unlimited. */
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  /** Total for the connection; 0: unlimited. */
  readonly maxRequestsPerConnection: number;
  readonly minBodyRate: number;
  readonly minResponseRate: number;
  readonly bodyRateWindowMs: number;
  readonly writeTimeoutMs: number;
}

export interface Http2ConnectionPorts {
  readonly settings: Http2ConnectionSettings;
  readonly options: ServerOptions;
  /** Window of the whole connection. */
  readonly windowBytes: number;
  readonly pieceBytes: number;
  readonly onRequest: (request: Http2Request, response: Http2Response) => void;
  /** Answers a request that is not one for the application. */
  readonly refuse: (request: Http2Request, response: Http2Response, error: GatewayError) => void;
  /** A running request's own body is refused: ends the work on it, and answers unless there is an answer already. */
  readonly stop: (response: Http2Response, error: GatewayError) => void;
}

/** After the end of a session, the client may take this long to close. */
const MAX_CLOSING_MS = 5000;
/** As in nginx: it is a flood if less than one byte in eight is of a message, beyond the first of these. */
const FLOOD_BYTES = 8 * 2 ** 20;
const FLOOD_SHARE = 8;
/** For PINGs that keep a quiet connection open for months, bytes per second. */
const HARMLESS_RATE = 64;

export class Http2Connection implements WatchedConnection, StreamSink {
  readonly pieceBytes: number;
  /** Bodies of requests are checked here. */
  readonly arriving = null;
  isSlowReader = false;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #life: SessionLife;
  readonly #ports: Http2ConnectionPorts;
  readonly #open = new OpenAnswers();
  readonly #answers: AnswerPace;
  readonly #bodies: BodyPace;
  #arrivals: Arrival[] = [];
  #held: Http2Response[] = [];
  #count = 0;
  /** Of heads, and of bodies whose streams are closed. */
  #messageBytes = 0;
  /** NaN: no round yet. */
  #firstLookMs = NaN;
  /** NaN: since the last round. */
  #idleSinceMs = NaN;
  #closedAtMs = NaN;

  constructor(socket: Socket, ports: Http2ConnectionPorts) {
    this.#socket = socket;
    this.#ports = ports;
    this.pieceBytes = ports.pieceBytes;
    this.#answers = new AnswerPace(socket, ports.settings);
    this.#bodies = new BodyPace(ports.settings);
    socket.sluiceConnection = this;
    // Node's session leaves a connection open that its client has only half closed.
    socket.on('end', () => this.destroy());
    const session = performServerHandshake(socket, ports.options);
    this.#session = session;
    this.#life = new SessionLife(session);
    session.setLocalWindowSize(ports.windowBytes);
    session.on('error', ignore);
    session.on('stream', this.#onStream);
  }

  get isIdle(): boolean {
    return this.#open.size === 0 && this.#arrivals.length === 0;
  }

  /** Had a request. */
  get isUsed(): boolean {
    return this.#count > 0;
  }

  /**
   * Refuses new streams; ends with the last open one. What the client sends before it knows is not processed, and it may
   * repeat that. Announcing the end first (RFC 9113, 6.8) would spare it that, but after any GOAWAY of Node's, nghttp2
   * ignores new streams.
   */
  endWhenIdle(): void {
    this.#session.close();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // ---- StreamSink

  onHeld(response: Http2Response): void {
    this.#held.push(response);
    if (this.#held.length === 1) queueMicrotask(this.#sendHeads);
  }

  onStreamClosed(response: Http2Response): void {
    this.#open.delete(response);
    this.#messageBytes += response.req.receivedBytes;
    if (!response.req.complete) this.#life.outlive(response.stream);
  }

  readonly #sendHeads = (): void => {
    const held = this.#held;
    this.#held = [];
    for (const response of held) response.flushHeaders();
  };

  // ---- requests

  /** Streams may be reset in the same packets that open them: those get no further. */
  readonly #onStream = (stream: ServerHttp2Stream, _fields: unknown, _flags: number, raw: string[]): void => {
    stream.on('error', ignore);
    this.#arrivals.push(new Arrival(stream, raw));
    if (this.#arrivals.length === 1) setImmediate(this.#begin);
  };

  readonly #begin = (): void => {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    for (const arrival of arrivals) {
      if (!arrival.stream.destroyed && !arrival.stream.closed) this.#beginOne(arrival);
    }
  };

  #beginOne(arrival: Arrival): void {
    const { stream, raw } = arrival;
    const { settings, onRequest, refuse } = this.#ports;
    const head = streamHead(raw, stream.endAfterHeaders || stream.readableEnded);
    const request = new Http2Request(this.#socket, arrival, head, headError(head, settings.maxHeadBytes));
    const response = new Http2Response(request, stream, this);
    arrival.response = response;
    this.#open.add(response);
    this.#idleSinceMs = NaN;
    this.#count += 1;
    this.#messageBytes += head.bytes;
    stream.on('close', onClose);
    if (this.#count === settings.maxRequestsPerConnection) this.endWhenIdle();
    // This is not a forward proxy: CONNECT gets no tunnel.
    if (request.method === 'CONNECT') refuse(request, response, new GatewayError('GW_METHOD_NOT_ALLOWED'));
    else onRequest(request, response);
  }

  // ---- what its keeper may do

  refuse(): void {
    this.destroy();
  }

  look(nowMs: number): void {
    if (this.#session.destroyed) this.#lookAtClosed(nowMs);
    else if (this.#isFlood(nowMs)) this.#session.destroy(new Error('flood'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    else if (this.#open.size === 0) this.#lookAtIdle(nowMs);
    else this.#lookAtStreams(nowMs);
  }

  #lookAtClosed(nowMs: number): void {
    if (Number.isNaN(this.#closedAtMs)) this.#closedAtMs = nowMs;
    if (nowMs - this.#closedAtMs >= MAX_CLOSING_MS) this.destroy();
  }

  #lookAtIdle(nowMs: number): void {
    const { headTimeoutMs, keepAliveMs } = this.#ports.settings;
    if (Number.isNaN(this.#idleSinceMs)) this.#idleSinceMs = nowMs;
    if (nowMs - this.#idleSinceMs >= (this.#count === 0 ? headTimeoutMs : keepAliveMs)) {
      this.#session.destroy();
    }
  }

  #lookAtStreams(nowMs: number): void {
    for (const response of this.#bodies.late(this.#open, nowMs)) {
      this.#ports.stop(response, new GatewayError('GW_REQUEST_TIMEOUT'));
    }
    for (const response of this.#answers.stuck(this.#open, nowMs)) response.close(constants.NGHTTP2_CANCEL);
    // Or what a closed stream has written may be part of it.
    const isAllWritten = this.#socket._handle?.writeQueueSize === 0;
    for (const response of this.#open) {
      if (isAllWritten) response.endIfClosed();
      response.stopRequest();
    }
    this.isSlowReader = this.#answers.isSlow(this.#open, nowMs);
  }

  /** Frames that are legal, and of no use: PING, SETTINGS, WINDOW_UPDATE, empty DATA. */
  #isFlood(nowMs: number): boolean {
    if (Number.isNaN(this.#firstLookMs)) this.#firstLookMs = nowMs;
    const { bytesRead, bytesWritten } = this.#socket;
    const excess = bytesRead - FLOOD_BYTES - ((nowMs - this.#firstLookMs) / 1000) * HARMLESS_RATE;
    if (excess <= 0) return false;
    // What answers PING or SETTINGS is not longer than those.
    let bytes = this.#messageBytes + Math.max(0, bytesWritten - bytesRead);
    for (const { req } of this.#open) bytes += req.receivedBytes;
    return excess > bytes * FLOOD_SHARE;
  }
}

function onClose(this: ArrivedStream): void {
  const response = this.arrival?.response;
  this.arrival = null;
  response?.onStreamClosed();
}

function headError(head: { readonly fault: string | null; readonly bytes: number }, maxBytes: number) {
  if (head.bytes > maxBytes) return new GatewayError('GW_HEAD_TOO_LARGE');
  return head.fault === null
    ? null
    : new GatewayError('GW_BAD_REQUEST', { message: `The request is malformed: ${head.fault}` });
}

function ignore(): void {
  // 'close' follows.
}
