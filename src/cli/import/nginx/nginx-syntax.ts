/** The syntax of nginx: directives, blocks, quotes and comments. */
import { ImportFailure } from '../old-file.ts';
import type { NamedText } from '../outline/bounded-files.ts';
import { type Origin, positionOf } from '../outline/origin.ts';

export interface NginxDirective extends Origin {
  readonly args: readonly string[];
  /** Null: it ends with a semicolon. */
  readonly block: readonly NginxDirective[] | null;
}

/** As deep as configurations nest blocks; nginx itself takes 32 or so. */
const MAX_DEPTH = 32;

interface Word {
  readonly text: string;
  readonly at: number;
}

/** Throws an ImportFailure with file, line and column. */
export function parseNginx({ name, text }: NamedText): readonly NginxDirective[] {
  return new NginxParser(name, text).directives(0);
}

class NginxParser {
  readonly #file: string;
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #counted = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text.replace(/^\uFEFF/, ' ');
  }

  /** Until the brace that closes the block, which is taken, too; at depth 0 until the end. */
  directives(depth: number): readonly NginxDirective[] {
    if (depth > MAX_DEPTH) throw this.#fault(this.#at, `more than ${MAX_DEPTH} blocks in each other`);
    const found: NginxDirective[] = [];
    for (;;) {
      this.#skipSpace();
      const character = this.#text[this.#at];
      if (character === undefined) {
        if (depth > 0) throw this.#fault(this.#at, 'a block is not closed: "}" is missing');
        return found;
      }
      if (character === '}') {
        if (depth === 0) throw this.#fault(this.#at, 'an unexpected "}"');
        this.#at += 1;
        return found;
      }
      found.push(this.#directive(depth));
    }
  }

  #directive(depth: number): NginxDirective {
    const words: Word[] = [];
    for (;;) {
      this.#skipSpace();
      const character = this.#text[this.#at];
      const [name] = words;
      if (character === undefined)
        throw this.#fault(name?.at ?? this.#at, `"${name?.text ?? ''}" has no ";" or block at its end`);
      if (character === ';' || character === '{' || character === '}') {
        if (name === undefined || character === '}') throw this.#fault(this.#at, `an unexpected "${character}"`);
        const origin = this.#originAt(name);
        this.#at += 1;
        const args = words.slice(1).map(({ text }) => text);
        if (character === ';') return { ...origin, args, block: null };
        if (name.text.endsWith('_by_lua_block')) this.#skipCode(name);
        else return { ...origin, args, block: this.directives(depth + 1) };
        return { ...origin, args, block: [] };
      }
      words.push(this.#word());
    }
  }

  #word(): Word {
    const at = this.#at;
    const quote = this.#text[at]!;
    if (quote === '"' || quote === "'") {
      for (this.#at += 1; this.#text[this.#at] !== quote; this.#at += 1) {
        if (this.#at >= this.#text.length) throw this.#fault(at, 'a quoted text is not closed');
        if (this.#text[this.#at] === '\\') this.#at += 1;
      }
      const text = unescaped(this.#text.slice(at + 1, this.#at));
      this.#at += 1;
      return { text, at };
    }
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at]!;
      if (character === '\\') this.#at += 1;
      else if (character === '{' && this.#text[this.#at - 1] === '$') {
        const end = this.#text.indexOf('}', this.#at);
        if (end === -1) throw this.#fault(this.#at, 'a variable is not closed: "}" is missing');
        this.#at = end;
      } else if (/[\s;{}]/.test(character)) break;
    }
    return { text: unescaped(this.#text.slice(at, this.#at)), at };
  }

  #skipSpace(): void {
    const space = /(?:\s+|#[^\n]*)*/y;
    space.lastIndex = this.#at;
    space.exec(this.#text);
    this.#at = space.lastIndex;
  }

  /** Code of another language, up to the brace that closes it. */
  #skipCode(name: Word): void {
    for (let open = 1; open > 0; this.#at += 1) {
      const character = this.#text[this.#at];
      if (character === undefined) throw this.#fault(name.at, 'a block is not closed: "}" is missing');
      if (character === '{') open += 1;
      else if (character === '}') open -= 1;
    }
  }

  #originAt({ text, at }: Word): Origin {
    return { ...this.#position(at), name: text };
  }

  #position(at: number): Omit<Origin, 'name'> {
    // Positions are asked for in order, but for some faults.
    if (at < this.#counted) [this.#line, this.#lineStart, this.#counted] = [1, 0, 0];
    for (let next = this.#text.indexOf('\n', this.#counted); next !== -1 && next < at;) {
      this.#line += 1;
      this.#lineStart = next + 1;
      next = this.#text.indexOf('\n', next + 1);
    }
    this.#counted = Math.max(this.#lineStart, Math.min(at, this.#text.length));
    return { file: this.#file, line: this.#line, column: at - this.#lineStart + 1 };
  }

  #fault(at: number, message: string): ImportFailure {
    return new ImportFailure(`${positionOf({ ...this.#position(at), name: '' })}: ${message}`);
  }
}

/** Other backslashes stay: regular expressions need them. */
function unescaped(text: string): string {
  const named: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };
  return text.replaceAll(/\\(["'\\trn])/g, (_, character: string) => named[character] ?? character);
}
