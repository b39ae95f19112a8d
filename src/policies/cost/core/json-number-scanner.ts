/**
 * Reads the numbers at a few paths of a JSON text that passes by in pieces, of any size and cut anywhere. It keeps a key, a
 * number and one small entry for each level of a path, whatever the length and depth of the text: what no path leads to
 * is only counted through.
 *
 * It checks the text (RFC 8259) as far as it has to follow it. Several texts in a row, as of NDJSON, are read one after
 * the other. The last number at a path counts; null is as if it were not there.
 */
import { EACH, type JsonPath, MAX_PATHS } from './cost-expression.ts';

/** What comes next. */
const VALUE = 0;
const VALUE_OR_END = 1;
const KEY_OR_END = 2;
const KEY = 3;
const COLON = 4;
const COMMA_OR_END = 5;
const IN_KEY = 6;
const IN_TEXT = 7;
const IN_NUMBER = 8;
const IN_WORD = 9;
/** In a list or mapping that no path leads into. */
const IN_SKIPPED = 10;
const IN_SKIPPED_TEXT = 11;
const FAILED = 12;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAPPING = 0x7b;
const CLOSE_MAPPING = 0x7d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** A number of JSON; longer than a double needs, it is taken for none. */
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const MAX_NUMBER = 64;
const WORDS = ['true', 'false', 'null'];
/** A character of a key, written as \u0041. */
const ESCAPED = 6;

export class JsonNumberScanner {
  /** By path: undefined: not there; NaN: there, but no number. */
  readonly values: (number | undefined)[];
  readonly #paths: readonly JsonPath[];
  readonly #maxKey: number;
  #state = VALUE;
  /** Of the open lists and mappings that paths lead into: the paths, one bit each, and whether it is a list. */
  readonly #masks: number[] = [];
  readonly #isList: boolean[] = [];
  /** Paths that go on with the value that comes next. */
  #mask: number;
  /** The key, number or word that is being read. */
  #text = '';
  #isEscaped = false;
  #hasEscapes = false;
  /** Open lists and mappings within the one that is skipped, itself included. */
  #skipped = 0;
  /** Bytes of the text so far, up to the length of a byte order mark. */
  #start = 0;

  /** @param paths at most 16 */
  constructor(paths: readonly JsonPath[]) {
    if (paths.length > MAX_PATHS) throw new RangeError(`paths: found ${paths.length}; allowed: up to ${MAX_PATHS}`);
    this.#paths = paths;
    this.#maxKey = Math.max(...paths.flat().map((segment) => segment.length * ESCAPED));
    this.values = paths.map(() => undefined);
    this.#mask = this.#all;
  }

  /** It is not JSON: what follows is not looked at. */
  get hasFailed(): boolean {
    return this.#state === FAILED;
  }

  /** No text has begun that has not ended. */
  get isBetween(): boolean {
    return this.#state === VALUE && this.#masks.length === 0;
  }

  get #all(): number {
    return 2 ** this.#paths.length - 1;
  }

  /** A new text begins, and nothing is known of it. */
  reset(): void {
    this.values.fill(undefined);
    this.#masks.length = 0;
    this.#isList.length = 0;
    this.#mask = this.#all;
    this.#state = VALUE;
    this.#text = '';
    this.#isEscaped = false;
    this.#hasEscapes = false;
    this.#start = 0;
  }

  /** Of the whole text: a number at its end has nothing behind it. */
  end(): void {
    if (this.#state === IN_NUMBER || this.#state === IN_WORD) this.#endScalar();
    if (!this.isBetween) this.#state = FAILED;
  }

  push(bytes: Uint8Array, from = 0, to = bytes.length): void {
    for (let at = from; at < to && this.#state !== FAILED; at += 1) this.#next(bytes[at]!);
  }

  #next(byte: number): void {
    switch (this.#state) {
      case IN_TEXT:
        if (this.#isInText(byte)) return;
        this.#endValue();
        return;
      case IN_SKIPPED_TEXT:
        if (!this.#isInText(byte)) this.#state = IN_SKIPPED;
        return;
      case IN_SKIPPED:
        this.#skip(byte);
        return;
      case IN_KEY:
        this.#readKey(byte);
        return;
      case IN_NUMBER:
      case IN_WORD:
        if (isOfScalar(byte)) {
          if (this.#text.length <= MAX_NUMBER) this.#text += String.fromCharCode(byte);
          return;
        }
        this.#endScalar();
        // This byte is behind it.
        if (!this.hasFailed) this.#between(byte);
        return;
      default:
        this.#between(byte);
    }
  }

  /** False: this byte ends the text. */
  #isInText(byte: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else return byte !== QUOTE;
    return true;
  }

  #skip(byte: number): void {
    if (byte === QUOTE) {
      this.#state = IN_SKIPPED_TEXT;
    } else if (byte === OPEN_LIST || byte === OPEN_MAPPING) {
      this.#skipped += 1;
    } else if (byte === CLOSE_LIST || byte === CLOSE_MAPPING) {
      this.#skipped -= 1;
      if (this.#skipped === 0) this.#endValue();
    }
  }

  #readKey(byte: number): void {
    if (byte === BACKSLASH && !this.#isEscaped) this.#hasEscapes = true;
    if (this.#isInText(byte)) {
      if (this.#text.length <= this.#maxKey) this.#text += String.fromCharCode(byte);
      return;
    }
    this.#state = COLON;
    this.#mask = this.#text.length > this.#maxKey ? 0 : this.#pathsWith(this.#decodedKey());
  }

  #decodedKey(): string {
    if (!this.#hasEscapes) return this.#text;
    try {
      return JSON.parse(`"${this.#text}"`) as string;
    } catch {
      // What it means is nobody's guess.
      this.#state = FAILED;
      return '';
    }
  }

  /** Of the paths that lead into the current list or mapping, those that go on like this. */
  #pathsWith(segment: string): number {
    const level = this.#masks.length - 1;
    let mask = 0;
    for (let path = 0; path < this.#paths.length; path += 1) {
      if ((this.#masks[level]! & (1 << path)) !== 0 && this.#paths[path]![level] === segment) mask |= 1 << path;
    }
    return mask;
  }

  /** White space and punctuation, and the first byte of whatever has more. */
  #between(byte: number): void {
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return;
    if (this.#start < BYTE_ORDER_MARK.length && this.isBetween) {
      if (byte === BYTE_ORDER_MARK[this.#start]) {
        this.#start += 1;
        return;
      }
      this.#start = BYTE_ORDER_MARK.length;
    }
    const isList = this.#isList.at(-1);
    switch (this.#state) {
      case VALUE:
        return this.#beginValue(byte);
      case VALUE_OR_END:
        return byte === CLOSE_LIST ? this.#close() : this.#beginValue(byte);
      case KEY_OR_END:
        if (byte === CLOSE_MAPPING) return this.#close();
        return this.#beginKey(byte);
      case KEY:
        return this.#beginKey(byte);
      case COLON:
        this.#state = byte === 0x3a ? VALUE : FAILED;
        return;
      default:
        if (byte === (isList === true ? CLOSE_LIST : CLOSE_MAPPING)) return this.#close();
        if (byte !== COMMA) this.#state = FAILED;
        else this.#state = isList === true ? VALUE : KEY;
        if (isList === true) this.#mask = this.#pathsWith(EACH);
    }
  }

  #beginKey(byte: number): void {
    this.#text = '';
    this.#hasEscapes = false;
    this.#state = byte === QUOTE ? IN_KEY : FAILED;
  }

  #beginValue(byte: number): void {
    const mask = this.#mask;
    if (byte === OPEN_MAPPING || byte === OPEN_LIST) {
      this.#note(mask, NaN);
      this.#open(byte === OPEN_LIST, mask);
    } else if (byte === QUOTE) {
      this.#note(mask, NaN);
      this.#state = IN_TEXT;
    } else {
      this.#text = String.fromCharCode(byte);
      if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39)) this.#state = IN_NUMBER;
      else this.#state = byte === 0x74 || byte === 0x66 || byte === 0x6e ? IN_WORD : FAILED;
    }
  }

  #open(isList: boolean, mask: number): void {
    const level = this.#masks.length;
    let inner = 0;
    for (let path = 0; path < this.#paths.length; path += 1) {
      if ((mask & (1 << path)) !== 0 && this.#paths[path]!.length > level) inner |= 1 << path;
    }
    if (inner === 0) {
      this.#skipped = 1;
      this.#state = IN_SKIPPED;
      return;
    }
    this.#masks.push(inner);
    this.#isList.push(isList);
    this.#state = isList ? VALUE_OR_END : KEY_OR_END;
    if (isList) this.#mask = this.#pathsWith(EACH);
  }

  #close(): void {
    this.#masks.pop();
    this.#isList.pop();
    this.#endValue();
  }

  #endScalar(): void {
    const text = this.#text;
    if (this.#state === IN_WORD) {
      if (!WORDS.includes(text)) {
        this.#state = FAILED;
        return;
      }
      if (text !== 'null') this.#note(this.#mask, NaN);
    } else if (text.length <= MAX_NUMBER && !NUMBER.test(text)) {
      this.#state = FAILED;
      return;
    } else {
      this.#note(this.#mask, text.length > MAX_NUMBER ? NaN : Number(text));
    }
    this.#endValue();
  }

  #endValue(): void {
    if (this.#masks.length > 0) {
      this.#state = COMMA_OR_END;
      return;
    }
    this.#state = VALUE;
    this.#mask = this.#all;
  }

  /** The value of the paths that end here. */
  #note(mask: number, value: number): void {
    if (mask === 0) return;
    const level = this.#masks.length;
    for (let path = 0; path < this.#paths.length; path += 1) {
      if ((mask & (1 << path)) !== 0 && this.#paths[path]!.length === level) this.values[path] = value;
    }
  }
}

/** Of a number or a word, or wrong there. */
function isOfScalar(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2e ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x45
  );
}
