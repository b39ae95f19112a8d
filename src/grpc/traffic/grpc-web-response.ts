/** The answer to a call of gRPC-Web: trailers become the last part of the body. */
import type { GatewayError } from '../../errors.ts';
import type { ClientRequest, ClientResponse } from '../../http/client-side.ts';
import { trailerFrame, webCoding, type WebCoding, webType } from '../core/grpc-web.ts';
import { Base64Encoder } from './base64-pieces.ts';
import { GrpcWebRequest } from './grpc-web-request.ts';

type Borrow = () => (() => void) | null;
type Pairs = readonly (readonly [string, string])[];

/**
 * The same exchange in gRPC, if it is one of gRPC-Web; otherwise as it is.
 *
 * @param onInvalid see {@link GrpcWebRequest}
 */
export function nativeExchange(response: ClientResponse, onInvalid: (error: GatewayError) => void): ClientResponse {
  const coding = webCoding(response.req.headers['content-type']);
  return coding === null ? response : new GrpcWebResponse(response, coding, onInvalid);
}

class GrpcWebResponse implements ClientResponse {
  readonly req: ClientRequest;
  readonly #response: ClientResponse;
  readonly #coding: WebCoding;
  readonly #encoder: Base64Encoder | null;
  /** The answer is of gRPC. */
  #isTranslated = false;
  #trailers: Pairs = [];

  constructor(response: ClientResponse, coding: WebCoding, onInvalid: (error: GatewayError) => void) {
    this.#response = response;
    this.#coding = coding;
    this.#encoder = coding === 'text' ? new Base64Encoder() : null;
    this.req = new GrpcWebRequest(response.req, coding, onInvalid);
  }

  begin(status: number, reason: string, fields: readonly string[]): void {
    this.#response.begin(status, reason, this.#webFields(fields));
  }

  chunk(bytes: Buffer, borrow?: Borrow): boolean {
    if (!this.#isTranslated || this.#encoder === null) return this.#response.chunk(bytes, borrow);
    return this.#response.chunk(this.#encoder.encode(bytes));
  }

  /** Not the end: trailers follow. */
  endWith(bytes: Buffer, borrow: Borrow): void {
    if (this.#isTranslated) this.chunk(bytes, borrow);
    else this.#response.endWith(bytes, borrow);
  }

  addTrailers(trailers: Pairs): void {
    if (this.#isTranslated) this.#trailers = trailers;
    else this.#response.addTrailers(trailers);
  }

  end(data?: string | Buffer | null, encoding?: BufferEncoding | null): unknown {
    if (!this.#isTranslated || this.writableEnded) return this.#response.end(data, encoding);
    if (this.#trailers.length > 0) this.chunk(Buffer.from(trailerFrame(this.#trailers)));
    if (this.#encoder !== null) this.#response.chunk(this.#encoder.end());
    return this.#response.end();
  }

  #webFields(fields: readonly string[]): readonly string[] {
    const web: string[] = [];
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!.toLowerCase();
      const value = fields[at + 1]!;
      const type = name === 'content-type' ? webType(value, this.#coding) : undefined;
      if (type !== undefined) this.#isTranslated = true;
      if (name !== 'content-length' && name !== 'trailer') web.push(fields[at]!, type ?? value);
    }
    return this.#isTranslated ? web : fields;
  }

  // ---- as they are

  get statusCode(): number {
    return this.#response.statusCode;
  }

  get headersSent(): boolean {
    return this.#response.headersSent;
  }

  get writableEnded(): boolean {
    return this.#response.writableEnded;
  }

  get writableFinished(): boolean {
    return this.#response.writableFinished;
  }

  get destroyed(): boolean {
    return this.#response.destroyed;
  }

  get shouldKeepAlive(): boolean {
    return this.#response.shouldKeepAlive;
  }

  set shouldKeepAlive(value: boolean) {
    this.#response.shouldKeepAlive = value;
  }

  get onHeadSent(): (() => void) | null {
    return this.#response.onHeadSent;
  }

  set onHeadSent(value: (() => void) | null) {
    this.#response.onHeadSent = value;
  }

  get onClosed(): ((response: ClientResponse) => void) | null {
    return this.#response.onClosed;
  }

  set onClosed(value: ((response: ClientResponse) => void) | null) {
    this.#response.onClosed = value;
  }

  writeContinue(): void {
    this.#response.writeContinue();
  }

  writeInformation(status: number, fields: readonly string[]): void {
    this.#response.writeInformation(status, fields);
  }

  writeHead(...args: [number, string, readonly string[]] | [number, readonly string[]]): unknown {
    return this.#response.writeHead(...(args as [number, string, readonly string[]]));
  }

  cut(): void {
    this.#response.cut();
  }

  onTunnelClosed(): void {
    this.#response.onTunnelClosed();
  }

  once(event: 'close' | 'drain', listener: () => void): unknown {
    return this.#response.once(event, listener);
  }
}
