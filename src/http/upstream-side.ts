/**
 * One request to a backend and its answer, as everything above the engines sees them: nothing there knows which version
 * of HTTP carries them. src/http1/client and src/http2/client implement it.
 */
import type { Socket } from 'node:net';

/** The connections of one thread to one address of a backend. */
export interface UpstreamConnections {
  /** Connections, including those being opened. */
  readonly size: number;
  send(request: UpstreamRequest, listener: UpstreamListener): void;
  /** Before it was sent: its listener is not called any more. */
  cancel(listener: UpstreamListener): void;
  /** Requests that were started may end; then nothing of it is left. */
  close(): void;
  /** Cuts running requests, and stops dialling. */
  destroy(): void;
}

/** The request to send. */
export interface UpstreamRequest {
  readonly method: string;
  /** Path and query, without spaces and controls. */
  readonly target: string;
  /**
   * Name and value alternating, latin1, validated: those of the message, without Host, Connection and
   * Transfer-Encoding.
   */
  readonly fields: readonly string[];
  readonly host: string;
  /** Null: no body. A Buffer has its Content-Length among the fields; so has a stream, unless it is sent in chunks. */
  readonly body: Buffer | UpstreamBody | null;
  /** The head of the answer may take any time; over HTTP/2 only. */
  readonly isUntimed?: boolean;
  /** Protocols that the backend may change to (RFC 9110, 7.8); undefined: none. */
  readonly upgrade?: string;
}

export interface UpgradeRequest extends UpstreamRequest {
  readonly upgrade: string;
  readonly body: null;
}

/** A body that arrives in pieces. */
export interface UpstreamBody {
  /** Its length is among the fields; otherwise it is sent in chunks. */
  readonly hasLength: boolean;
  /** Called once, when the head is written. */
  start(sink: BodySink): void;
  pause(): void;
  resume(): void;
  /** The sink takes no more. */
  stop(): void;
}

/** Receives a body: pieces, then exactly one of end and fail. */
export interface BodySink {
  /** False: pause until resume(). The piece belongs to the sink from now on. */
  write(piece: Buffer): boolean;
  /** @param trailers pairs of name and value; sent only after a chunked body */
  end(trailers: readonly (readonly [string, string])[]): void;
  fail(error: Error): void;
}

/** Perhaps onSent; then perhaps interim answers and a head with its body; then exactly one of onEnd and onError. */
export interface UpstreamListener {
  /** A connection is available and the request is being written to it: the backend may see it. Perhaps twice. */
  onSent(control: UpstreamControl): void;
  /** @param fields name and value alternating, as in all heads. */
  onInterim(status: number, fields: string[]): void;
  onHead(status: number, reason: string, fields: string[]): void;
  /** A view, valid during the call, see read-buffers.ts. False: pause until control.resume(). */
  onBody(chunk: Buffer): boolean;
  onEnd(trailers: readonly string[]): void;
  /**
   * @param isReused it broke on a connection that had carried answers before, and before any byte of this one: the same
   * backend may well answer on another.
   */
  onError(error: Error, isReused: boolean): void;
}

/** As for any request, unless the protocol changes: then that is the last call, in place of a head. */
export interface UpgradeListener extends UpstreamListener {
  /** 101. @param socket the listener's from now on, paused; it has what has arrived of the new protocol */
  onSwitched(reason: string, fields: string[], socket: Socket): void;
}

export interface UpstreamControl {
  resume(): void;
  /** Ends the exchange, and its connection if that carries one at a time; the listener is not called any more. */
  abort(): void;
}
