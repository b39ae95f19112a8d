/**
 * Reads the answers on a connection to a backend (RFC 9112, sections 4 and 6.3): bytes in, events out, resumable at
 * every byte. One answer at a time: bytes after it are left, because they are unsolicited.
 */
import { ChunkedDecoder } from './chunked-decoder.ts';
import { parseFields } from './field-section.ts';
import { Framing } from './framing.ts';
import { type HttpFault, invalid } from './http-fault.ts';
import { SectionReader } from './section-reader.ts';
import { SizedBody } from './sized-body.ts';

export interface ResponseEvents {
  /** An interim answer, 102 to 199; an unsolicited `100 Continue` is skipped. */
  onInterim(status: number, fields: string[]): void;
  /**
   * The final answer, or 101.
   *
   * @param fields name and value alternating; the caller's from now on. @param reason latin1, perhaps empty
   */
  onHead(status: number, reason: string, fields: string[]): void;
  /** A piece of the body, without its framing: a view, valid during the call. */
  onBody(chunk: Buffer): void;
}

const NOTHING = 0;
const HEAD = 1;
const SIZED = 2;
const CHUNKED = 3;
const UNTIL_CLOSE = 4;

const PROTOCOL = 'HTTP/1.';
/** RFC 9112, 4. Some servers omit the space before an empty reason. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([0-9]{3})(?:| ([\t\x20-\x7e\x80-\xff]*))$/;
/** Maximum number of interim answers before an answer: a backend must not keep a connection busy with them forever. */
export const MAX_INTERIM = 64;
const NO_TRAILERS: readonly string[] = [];

export class ResponseParser {
  /** The answer is complete. */
  isDone = false;
  /** According to the head, the connection can be reused. Valid once the head has arrived. */
  isKeptAlive = false;
  /** From the field Keep-Alive: how long the backend keeps an idle connection, seconds; −1: it did not say. */
  keepAliveSeconds = -1;
  /** Name and value alternating; complete when isDone. */
  trailers: readonly string[] = NO_TRAILERS;
  readonly #events: ResponseEvents;
  readonly #section: SectionReader;
  readonly #framing = new Framing();
  readonly #sized = new SizedBody();
  readonly #maxHeadBytes: number;
  #chunked: ChunkedDecoder | null = null;
  #state = NOTHING;
  #isHead = false;
  #mayUpgrade = false;
  #interim = 0;

  /** @param maxHeadBytes of each head, and of trailers */
  constructor(events: ResponseEvents, maxHeadBytes: number) {
    this.#events = events;
    this.#maxHeadBytes = maxHeadBytes;
    this.#section = new SectionReader(maxHeadBytes);
  }

  /**
   * An answer is expected.
   *
   * @param isHead of a HEAD request: it ends with its head.
   * @param mayUpgrade it may be 101, which ends HTTP on the connection: what follows its head is another protocol.
   */
  begin(isHead: boolean, mayUpgrade = false): void {
    this.#state = HEAD;
    this.#isHead = isHead;
    this.#mayUpgrade = mayUpgrade;
    this.#interim = 0;
    this.isDone = false;
    this.isKeptAlive = false;
    this.keepAliveSeconds = -1;
    this.trailers = NO_TRAILERS;
  }

  /** @returns how many bytes belong to the expected answer. Throws HttpFault. */
  execute(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      switch (this.#state) {
        case HEAD:
          at = this.#readHead(bytes, at);
          break;
        case SIZED: {
          const piece = this.#sized.take(bytes, at);
          if (this.#sized.leftBytes === 0) this.#done();
          this.#events.onBody(piece);
          at += piece.length;
          break;
        }
        case CHUNKED:
          at = this.#chunked!.execute(bytes, at);
          if (this.#chunked!.isDone) {
            this.trailers = this.#chunked!.trailers;
            this.#done();
          }
          break;
        case UNTIL_CLOSE:
          this.#events.onBody(at === 0 ? bytes : bytes.subarray(at));
          return bytes.length;
        default:
          return at;
      }
    }
    return at;
  }

  /** The connection has ended. True: the answer had no length, and is therefore complete (RFC 9112, 6.3, item 8). */
  finish(): boolean {
    if (this.#state !== UNTIL_CLOSE) return false;
    this.#done();
    return true;
  }

  #readHead(bytes: Buffer, from: number): number {
    let end: number;
    try {
      end = this.#section.read(bytes, from);
    } catch (error) {
      if ((error as HttpFault).kind === 'head_too_large') this.#checkStart();
      throw error;
    }
    if (end === -1) {
      this.#checkStart();
      return bytes.length;
    }
    const text = this.#section.takeText();
    const eol = text.indexOf('\r');
    const line = STATUS_LINE.exec(eol === -1 ? text : text.slice(0, eol));
    if (line === null) throw invalid('the status line is malformed');
    const status = Number(line[2]);
    const fields = eol === -1 ? [] : parseFields(text, eol + 2);
    if (status === 101 && this.#mayUpgrade) this.#onSwitch(line[3] ?? '', fields);
    else if (status < 200) this.#onInterim(status, fields);
    else this.#onHead(line[1]!, status, line[3] ?? '', fields);
    return end;
  }

  /** Another protocol might never reach the end of a head. */
  #checkStart(): void {
    if (!PROTOCOL.startsWith(this.#section.start(PROTOCOL.length))) throw invalid('it is not HTTP/1.1');
  }

  #onInterim(status: number, fields: string[]): void {
    // An unsolicited 101 is not an answer, and statuses below 100 do not exist.
    if (status <= 101 && status !== 100) throw invalid(`status ${status} answers no request of ours`);
    this.#interim += 1;
    if (this.#interim > MAX_INTERIM) throw invalid('too many interim answers');
    // It has no body whatever the fields say (RFC 9112, 6.3, item 1), but they must not be malformed either.
    this.#framing.read(fields);
    if (status !== 100) this.#events.onInterim(status, fields);
  }

  /** RFC 9110, 7.8: the answer names the protocol. Without that, the connection would be neither HTTP nor a tunnel. */
  #onSwitch(reason: string, fields: string[]): void {
    this.#framing.read(fields);
    if (!this.#framing.saysUpgrade || !hasField(fields, 'upgrade')) throw invalid('101 does not name a protocol');
    this.#done();
    this.#events.onHead(101, reason, fields);
  }

  #onHead(version: string, status: number, reason: string, fields: string[]): void {
    const framing = this.#framing;
    framing.read(fields);
    this.isKeptAlive = version === '1' ? !framing.saysClose : framing.saysKeepAlive && !framing.saysClose;
    if (this.isKeptAlive && framing.saysKeepAlive) this.keepAliveSeconds = keepAliveHint(fields);
    this.#state = this.#bodyOf(version, status);
    const isDone = this.#state === NOTHING;
    this.isDone = isDone;
    this.#events.onHead(status, reason, fields);
  }

  /** RFC 9112, 6.3. */
  #bodyOf(version: string, status: number): number {
    const { contentLength, hasTransferEncoding, isChunked } = this.#framing;
    // Its framing is faulty (6.1): what follows it on the connection belongs to no message.
    if (hasTransferEncoding && version !== '1') this.isKeptAlive = false;
    if (this.#isHead || status === 204 || status === 304 || contentLength === 0) return NOTHING;
    if (isChunked) {
      this.#chunked ??= new ChunkedDecoder(this.#maxHeadBytes, (chunk) => this.#events.onBody(chunk));
      this.#chunked.reset();
      return CHUNKED;
    }
    if (contentLength > 0) {
      this.#sized.leftBytes = contentLength;
      return SIZED;
    }
    this.isKeptAlive = false;
    return UNTIL_CLOSE;
  }

  #done(): void {
    this.#state = NOTHING;
    this.isDone = true;
  }
}

/** @param name in lower case */
function hasField(fields: readonly string[], name: string): boolean {
  return fields.some((field, at) => at % 2 === 0 && field.toLowerCase() === name);
}

/** RFC 9112, 9.3 leaves `Keep-Alive: timeout=5` to older documents; many servers send it. */
function keepAliveHint(fields: readonly string[]): number {
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]!.length !== 10 || fields[at]!.toLowerCase() !== 'keep-alive') continue;
    const seconds = /(?:^|[,;\s])timeout=([0-9]{1,9})(?:[,;\s]|$)/i.exec(fields[at + 1]!);
    return seconds === null ? -1 : Number(seconds[1]);
  }
  return -1;
}
