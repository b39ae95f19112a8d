/**
 * What the fields of a head say about where its message ends and whether its connection stays open (RFC 9112, sections
 * 6 and 9.3). Strict where two recipients might disagree, because that enables request smuggling.
 */
import { withoutBlanks } from './field-section.ts';
import { HttpFault, invalid } from './http-fault.ts';

export class Framing {
  /** −1: no Content-Length. */
  contentLength = -1;
  hasTransferEncoding = false;
  /** The one transfer coding is `chunked`. */
  isChunked = false;
  /** Of Connection. */
  saysClose = false;
  saysKeepAlive = false;
  saysUpgrade = false;
  /** RFC 9112, 6.1: `chunked` comes once, and last. Null: nothing is wrong. A request is refused because of it. */
  codingFault: string | null = null;
  /** The last transfer coding so far is `chunked`. */
  #isLastChunked = false;

  reset(): void {
    this.contentLength = -1;
    this.hasTransferEncoding = false;
    this.isChunked = false;
    this.codingFault = null;
    this.#isLastChunked = false;
    this.saysClose = false;
    this.saysKeepAlive = false;
    this.saysUpgrade = false;
  }

  /** @param fields name and value alternating. Throws HttpFault. */
  read(fields: readonly string[]): void {
    this.reset();
    for (let at = 0; at < fields.length; at += 2) {
      const name = fields[at]!;
      switch (name.length) {
        case 10:
          if (isCalled(name, 'Connection', 'connection')) this.#readConnection(fields[at + 1]!);
          break;
        case 14:
          if (isCalled(name, 'Content-Length', 'content-length')) this.#readLength(fields[at + 1]!);
          break;
        case 17:
          if (isCalled(name, 'Transfer-Encoding', 'transfer-encoding')) this.#readCoding(fields[at + 1]!);
          break;
        default:
      }
    }
    // RFC 9112, 6.1: an attempt at smuggling, or an error with the same effect.
    if (this.hasTransferEncoding && this.contentLength !== -1) {
      throw invalid('both Content-Length and Transfer-Encoding');
    }
  }

  #readLength(value: string): void {
    // Even if both are equal: a peer that sends two cannot be relied on.
    if (this.contentLength !== -1) throw invalid('more than one Content-Length');
    if (!/^[0-9]+$/.test(value)) throw invalid('Content-Length is not a number');
    const length = Number(value);
    if (!Number.isSafeInteger(length)) throw new HttpFault('body_too_large', 'Content-Length is too large');
    this.contentLength = length;
  }

  #readCoding(value: string): void {
    if (this.#isLastChunked) this.codingFault = 'a transfer coding behind chunked';
    if (value === '') this.codingFault = 'Transfer-Encoding is empty';
    this.isChunked = !this.hasTransferEncoding && (value === 'chunked' || value.toLowerCase() === 'chunked');
    this.hasTransferEncoding = true;
    if (this.isChunked) {
      this.#isLastChunked = true;
      return;
    }
    const codings = listOf(value);
    const at = codings.indexOf('chunked');
    if (at !== -1 && at < codings.length - 1) this.codingFault = 'a transfer coding behind chunked';
    this.#isLastChunked = at !== -1;
  }

  #readConnection(value: string): void {
    if (value === 'keep-alive') this.saysKeepAlive = true;
    else if (value === 'close') this.saysClose = true;
    else {
      for (const option of listOf(value)) {
        if (option === 'close') this.saysClose = true;
        else if (option === 'keep-alive') this.saysKeepAlive = true;
        else if (option === 'upgrade') this.saysUpgrade = true;
      }
    }
  }
}

/** The elements of a list, in lower case (RFC 9110, 5.6.1). */
function listOf(value: string): string[] {
  const elements = value.toLowerCase().split(',');
  return elements.map((element) => withoutBlanks(element, 0, element.length));
}

function isCalled(name: string, usual: string, lower: string): boolean {
  return name === usual || name === lower || name.toLowerCase() === lower;
}
