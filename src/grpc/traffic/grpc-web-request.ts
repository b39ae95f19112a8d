/** A call of gRPC-Web as if it were one of gRPC. */
import type { Socket } from 'node:net';
import { GatewayError } from '../../errors.ts';
import type { BodyReader, ClientRequest } from '../../http/client-side.ts';
import { type FieldValues, fieldValues } from '../../http/fields/field-values.ts';
import { nativeType, type WebCoding } from '../core/grpc-web.ts';
import { Base64Decoder } from './base64-pieces.ts';

export class GrpcWebRequest implements ClientRequest {
  readonly rawHeaders: readonly string[];
  readonly #request: ClientRequest;
  /** Of all readers: one continues where another has left. Null: nothing is decoded. */
  readonly #decoder: Base64Decoder | null;
  readonly #onInvalid: (error: GatewayError) => void;
  #headers: FieldValues | null = null;

  /** @param onInvalid called once if the body turns out not to be base64: its reader gets nothing more, and no end */
  constructor(request: ClientRequest, coding: WebCoding, onInvalid: (error: GatewayError) => void) {
    this.#request = request;
    this.#decoder = coding === 'text' ? new Base64Decoder() : null;
    this.#onInvalid = onInvalid;
    this.rawHeaders = nativeFields(request.rawHeaders, coding);
  }

  get headers(): FieldValues {
    this.#headers ??= fieldValues(this.rawHeaders);
    return this.#headers;
  }

  read(reader: BodyReader): void {
    const decoder = this.#decoder;
    this.#request.read(decoder === null ? reader : new DecodingReader(reader, decoder, this.#onInvalid));
  }

  // ---- as they are

  get socket(): Socket {
    return this.#request.socket;
  }

  get scheme(): ClientRequest['scheme'] {
    return this.#request.scheme;
  }

  get method(): string {
    return this.#request.method;
  }

  get httpVersion(): ClientRequest['httpVersion'] {
    return this.#request.httpVersion;
  }

  get hasBody(): boolean {
    return this.#request.hasBody;
  }

  get complete(): boolean {
    return this.#request.complete;
  }

  get isRead(): boolean {
    return this.#request.isRead;
  }

  get upgrade(): boolean {
    return this.#request.upgrade;
  }

  set mayPause(value: boolean) {
    this.#request.mayPause = value;
  }

  pause(): void {
    this.#request.pause();
  }

  resume(): void {
    this.#request.resume();
  }

  unread(): void {
    this.#request.unread();
  }

  drop(): void {
    this.#request.drop();
  }
}

class DecodingReader implements BodyReader {
  readonly #reader: BodyReader;
  readonly #decoder: Base64Decoder;
  readonly #onInvalid: (error: GatewayError) => void;
  #isInvalid = false;

  constructor(reader: BodyReader, decoder: Base64Decoder, onInvalid: (error: GatewayError) => void) {
    this.#reader = reader;
    this.#decoder = decoder;
    this.#onInvalid = onInvalid;
  }

  onData(piece: Buffer): void {
    if (this.#isInvalid) return;
    const bytes = this.#decoder.decode(piece);
    if (bytes === null) this.#refuse();
    else if (bytes.length > 0) this.#reader.onData(bytes);
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#isInvalid) return;
    if (this.#decoder.isWhole) this.#reader.onEnd(trailers);
    else this.#refuse();
  }

  #refuse(): void {
    this.#isInvalid = true;
    this.#onInvalid(
      new GatewayError('GW_BAD_REQUEST', { message: 'The request is malformed: the body is not valid base64' }),
    );
  }

  onGone(): void {
    this.#reader.onGone();
  }
}

function nativeFields(raw: readonly string[], coding: WebCoding): string[] {
  const fields: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    if (name === 'content-type') fields.push(raw[at]!, nativeType(raw[at + 1]!));
    // The body is shorter without base64, and the rest is between the browser and us.
    else if (name === 'content-length' ? coding === 'binary' : !ONLY_WEB.has(name)) fields.push(raw[at]!, raw[at + 1]!);
  }
  fields.push('te', 'trailers');
  return fields;
}

const ONLY_WEB: ReadonlySet<string> = new Set(['x-grpc-web', 'accept', 'te']);
