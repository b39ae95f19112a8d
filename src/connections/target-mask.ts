/**
 * Lets bytes above 0x7f in path and query pass Node's parser, which refuses them: it gets `%` instead, byte for byte,
 * so that lengths and limits stay the same. Once the request is parsed, its target is restored.
 */
const SPACE = 0x20;
const PERCENT = 0x25;
const SLASH = 0x2f;
/** Of an absolute-form target: the part before path and query. */
const ORIGIN = /^https?:\/\/[^/?]*/i;
const HIGH = /[\x80-\xff]/g;

export class TargetMask {
  #part: 'method' | 'target' | 'rest' = 'rest';
  /** As received so far; latin1. */
  #target = '';
  #isMasked = false;

  /** The next data is a request line. */
  begin(): void {
    this.#part = 'method';
    this.#target = '';
    this.#isMasked = false;
  }

  /**
   * @param bytes the request line or a part of it; what follows it is left alone.
   * @returns the bytes for the parser: `bytes`, or a copy.
   */
  mask(bytes: Buffer): Buffer {
    let from = 0;
    if (this.#part === 'method') {
      from = endOfWord(bytes, 0);
      if (from < bytes.length) this.#part = bytes[from] === SPACE ? 'target' : 'rest';
    }
    if (this.#part !== 'target') return bytes;
    if (this.#target === '') while (bytes[from] === SPACE) from += 1;
    const to = endOfWord(bytes, from);
    if (to < bytes.length) this.#part = 'rest';
    const before = this.#target.length;
    this.#target += bytes.toString('latin1', from, to);
    return this.#masked(bytes, from + Math.max(0, startOfPath(this.#target) - before), to);
  }

  /** @param url the target as the parser has it. @returns the target as received. */
  unmask(url: string): string {
    const target = this.#target;
    if (!this.#isMasked || target.replace(HIGH, '%') !== url) return url;
    this.begin();
    return target;
  }

  #masked(bytes: Buffer, from: number, to: number): Buffer {
    let masked = bytes;
    for (let at = from; at < to; at += 1) {
      if (bytes[at]! < 0x80) continue;
      if (masked === bytes) masked = Buffer.from(bytes);
      masked[at] = PERCENT;
      this.#isMasked = true;
    }
    return masked;
  }
}

/** At the first byte that is a space or below. */
function endOfWord(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! > SPACE) at += 1;
  return at;
}

/** Infinity: it has not begun. */
function startOfPath(target: string): number {
  if (target.charCodeAt(0) === SLASH) return 0;
  return ORIGIN.exec(target)?.[0].length ?? Infinity;
}
