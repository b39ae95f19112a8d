/**
 * A client's request and the answer to it, as everything above the engines sees them: nothing there knows which version
 * of HTTP carries them. src/http1/server implements both. Fastify gets the same objects, so they also have what it uses
 * of Node's IncomingMessage and ServerResponse.
 */
import type { Socket } from 'node:net';
import type { GatewayError } from '../errors.ts';
import type { FieldValues } from './fields/field-values.ts';

/** Reads a body: pieces, which are the reader's from then on; then exactly one of onEnd and onGone. */
export interface BodyReader {
  onData(piece: Buffer): void;
  /** @param trailers name and value alternating */
  onEnd(trailers: readonly string[]): void;
  /** The client left before the body was complete. */
  onGone(): void;
}

/** A client's connection, as those see it who check all of them in regular rounds. */
export interface WatchedConnection {
  /** The request whose body is still to come, and is read; null: none, or the connection itself limits their time. */
  readonly arriving: ClientRequest | null;
  /** Nothing is in work, and nothing of a request has arrived. */
  readonly isIdle: boolean;
  /** Found by look(): it takes its answers too slowly. */
  readonly isSlowReader: boolean;
  /** Checks its time limits. */
  look(nowMs: number): void;
  /** Refuses incoming data; then the connection ends. */
  refuse(error: GatewayError): void;
}

export interface ClientRequest {
  /** The connection that carries it: for addresses, and for a tunnel. */
  readonly socket: Socket;
  readonly scheme: 'http' | 'https';
  readonly method: string;
  readonly httpVersion: '2.0' | '1.1' | '1.0';
  /** Name and value alternating, as received. */
  readonly rawHeaders: readonly string[];
  /** By name in lower case, as Node has them. */
  readonly headers: FieldValues;
  /** The head announces a body; it may turn out to be empty. */
  readonly hasBody: boolean;
  /** The whole message has arrived. */
  readonly complete: boolean;
  /** Its body may pause for any time: a stream whose protocol has deadlines of its own. */
  mayPause?: boolean;
  /** The body is wanted and will be consumed. */
  readonly isRead: boolean;
  /** It asks for another protocol, and may get it: its connection leaves HTTP with the answer. */
  readonly upgrade: boolean;
  /** Starts reading the body. */
  read(reader: BodyReader): void;
  pause(): void;
  resume(): void;
  /** Its reader has left; another one may follow, unless it is dropped. */
  unread(): void;
  /** The rest of the body is read and discarded. */
  drop(): void;
}

/** Where an answer is written to: the response itself, or something that changes the body on its way. */
export type AnswerOutput = Pick<
  ClientResponse,
  'writableEnded' | 'begin' | 'chunk' | 'endWith' | 'addTrailers' | 'end' | 'cut' | 'once'
>;

export interface ClientResponse {
  readonly req: ClientRequest;
  readonly statusCode: number;
  /** The head was written, or is held back to be written with the body. */
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  /** Everything has been handed to the operating system. */
  readonly writableFinished: boolean;
  /** The connection is gone, or the answer was cut. */
  readonly destroyed: boolean;
  /** Set to false: no further request is read from a connection that carries one request at a time. */
  shouldKeepAlive: boolean;
  /** Called when the head was sent without its body, or a part of it. */
  onHeadSent: (() => void) | null;
  /** Always called, once: the answer is written, or the client left. Before 'close', which costs more. */
  onClosed: ((response: ClientResponse) => void) | null;
  /** `100 Continue`: the body is wanted (RFC 9110, 10.1.1). */
  writeContinue(): void;
  /** An interim answer. @param fields name and value alternating. */
  writeInformation(status: number, fields: readonly string[]): void;
  /** An answer of the gateway itself. @param fields name and value alternating. */
  writeHead(status: number, fields: readonly string[]): unknown;
  writeHead(status: number, reason: string, fields: readonly string[]): unknown;
  /** @param fields name and value alternating, latin1 and validated; fields of this connection are added. */
  begin(status: number, reason: string, fields: readonly string[]): void;
  /**
   * A piece of the body. False if the client takes no more for now: wait for 'drain'.
   *
   * @param borrow for a view of bytes that will be overwritten: called if the piece is not copied; it returns the
   * function to call once it is written. Without it the piece is this answer's from now on.
   */
  chunk(bytes: Buffer, borrow?: () => (() => void) | null): boolean;
  /** The whole body in one piece, as announced by the head. @param borrow see chunk(). */
  endWith(bytes: Buffer, borrow: () => (() => void) | null): void;
  end(data?: string | Buffer | null, encoding?: BufferEncoding | null): unknown;
  /** If the answer can carry any; ignored elsewhere. @param trailers pairs of name and value. */
  addTrailers(trailers: readonly (readonly [string, string])[]): void;
  /** The answer cannot be completed: the client must see that it is cut, never a short body that looks whole. */
  cut(): void;
  /** The tunnel that this answer has opened is over. */
  onTunnelClosed(): void;
  once(event: 'close' | 'drain', listener: () => void): unknown;
}
