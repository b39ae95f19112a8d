/**
 * Reads the requests on a client's connection: parses its data, reports what it finds to the connection, and pauses the
 * socket while nothing more may be read. What a request leads to is the connection's business.
 */
import type { Socket } from 'node:net';
import { HttpFault } from '../core/http-fault.ts';
import { HTTP2_PREFACE, type RequestEvents, type RequestHead, RequestParser } from '../core/request-parser.ts';
import type { BodySource, Http1Request } from './http1-request.ts';

export interface RequestTaker {
  /** There is room for another request. */
  readonly hasRoom: boolean;
  /** The first byte of a head has arrived, maybe more. */
  onHeadBegun(): void;
  /** Calls begin(), unless the request is refused. */
  onHead(head: RequestHead): void;
  /** All of a request has arrived. */
  onRequestRead(request: Http1Request, trailers: readonly string[]): void;
  /** Data that is not HTTP/1.1. */
  onFault(fault: HttpFault): void;
}

export class RequestReader implements RequestEvents, BodySource {
  readonly #socket: Socket;
  readonly #taker: RequestTaker;
  readonly #parser: RequestParser;
  /** Data read but not parsed yet. */
  #held: Buffer | null = null;
  #request: Http1Request | null = null;
  #isReading = false;
  #isStopped = false;

  constructor(socket: Socket, taker: RequestTaker, maxHeadBytes: number) {
    this.#socket = socket;
    this.#taker = taker;
    this.#parser = new RequestParser(this, maxHeadBytes);
  }

  /** The request whose body is being read; null: none. */
  get request(): Http1Request | null {
    return this.#request;
  }

  /** Further data belongs to no request. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Nothing of a request has arrived. */
  get isBetween(): boolean {
    return this.#parser.isBetween;
  }

  get isInHead(): boolean {
    return this.#parser.isInHead;
  }

  /** Data waits until it may be parsed. */
  get isHolding(): boolean {
    return this.#held !== null;
  }

  /** Of the head that was just reported: its body follows, possibly an empty one. */
  begin(request: Http1Request): void {
    this.#request = request;
  }

  onData(bytes: Buffer): void {
    if (this.#isStopped) return;
    this.#held = this.#held === null ? bytes : Buffer.concat([this.#held, bytes]);
    this.#readOn();
  }

  /** More may be read than before, or less. */
  onDemand(): void {
    if (!this.#isReading) this.#readOn();
  }

  /** Incoming data is dropped from now on; without reading on, nothing would notice that the client leaves. */
  stop(): void {
    this.#isStopped = true;
    this.#held = null;
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Puts data that was read and belongs to no request back into the socket, for its next reader. */
  giveBack(): void {
    this.#isStopped = true;
    this.#socket.pause();
    if (this.#held !== null) this.#socket.unshift(this.#held);
    this.#held = null;
  }

  /** After a fault: whether the connection begins with HTTP/2 (RFC 9113, 3.3). Then the data is held from its start. */
  holdsHttp2(): boolean {
    const last = this.#held!;
    // The parser recognizes it by the end of its first line; what was read before is the start of that.
    const before = HTTP2_PREFACE.slice(0, HTTP2_PREFACE.length - 1 - last.indexOf(HTTP2_PREFACE.at(-1)!, 'latin1'));
    const rest = HTTP2_PREFACE.slice(before.length);
    if (rest === '' || last.toString('latin1', 0, rest.length) !== rest) return false;
    if (before !== '') this.#held = Buffer.concat([Buffer.from(before, 'latin1'), last]);
    return true;
  }

  /** The connection is gone. @returns the request whose body was being read */
  onGone(): Http1Request | null {
    const request = this.#request;
    this.#isStopped = true;
    this.#held = null;
    this.#request = null;
    return request;
  }

  // ---- called by the parser

  onHead(head: RequestHead): void {
    this.#taker.onHead(head);
  }

  onBody(chunk: Buffer): void {
    this.#request?.onBody(chunk);
  }

  // ----

  #readOn(): void {
    this.#isReading = true;
    try {
      while (this.#held !== null && !this.#isStopped && this.#mayRead()) this.#read(this.#held);
    } catch (error) {
      if (!(error instanceof HttpFault)) throw error;
      this.#taker.onFault(error);
    }
    this.#isReading = false;
    this.#regulate();
  }

  #read(bytes: Buffer): void {
    const parser = this.#parser;
    const end = parser.execute(bytes);
    this.#held = end === bytes.length ? null : bytes.subarray(end);
    if (parser.isInHead) {
      this.#taker.onHeadBegun();
    } else if (parser.isDone && !this.#isStopped) {
      const request = this.#request!;
      const { trailers } = parser;
      this.#request = null;
      // After an upgrade, nothing more is HTTP.
      if (!request.upgrade) parser.next();
      this.#taker.onRequestRead(request, trailers);
    }
  }

  /** There is room for another request, or the body of the last one is wanted. */
  #mayRead(): boolean {
    if (this.#request !== null) return !this.#request.isHeldBack;
    return !this.#parser.isBetween || this.#taker.hasRoom;
  }

  /** Reads as much as can be used. */
  #regulate(): void {
    const socket = this.#socket;
    if (this.#isStopped || socket.destroyed) return;
    const isWanted = this.#held === null && this.#mayRead();
    if (!isWanted) socket.pause();
    else if (socket.isPaused()) socket.resume();
  }
}
