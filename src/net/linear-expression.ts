/**
 * Regular expressions whose time grows with the length of the text only, whatever the expression: those of JavaScript
 * can take years on thirty characters. The syntax is RE2's, without look-around and back-references
 * (https://github.com/google/re2/wiki/Syntax). The library is loaded with the first expression.
 */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

const MAX_EXPRESSION = 1000;
/** Each character of a text may take as many steps. `.{0,1000}` compiles to 2002 instructions. */
const MAX_INSTRUCTIONS = 5000;

const load = createRequire(import.meta.url);
let library: typeof RE2JS | null = null;

export class LinearExpression {
  readonly source: string;
  readonly #compiled: RE2JS;

  /**
   * Throws a RangeError that says what is wrong with it.
   * @param source at most 1000 characters; compiled, at most 5000 instructions
   */
  constructor(source: string) {
    if (source.length > MAX_EXPRESSION) throw new RangeError(`longer than ${MAX_EXPRESSION} characters`);
    library ??= (load('re2js') as { readonly RE2JS: typeof RE2JS }).RE2JS;
    this.source = source;
    try {
      this.#compiled = library.compile(source);
    } catch (error) {
      throw new RangeError((error as Error).message.replace(/^error parsing regexp: /, ''), { cause: error });
    }
    const size = this.#compiled.programSize();
    if (size > MAX_INSTRUCTIONS)
      throw new RangeError(
        `too complex: it compiles to ${size} instructions, and at most ${MAX_INSTRUCTIONS} are allowed; lower its counts, such as {999}`,
      );
  }

  /** Anywhere in the text, unless the expression is anchored. */
  matches(text: string): boolean {
    return this.#compiled.matcher(text).find();
  }

  /** The first match and its groups, `[0]` being all of it; null: none. A group that took no part is empty. */
  match(text: string): readonly string[] | null {
    const matcher = this.#compiled.matcher(text);
    if (!matcher.find()) return null;
    return Array.from({ length: matcher.groupCount() + 1 }, (_, at) => matcher.group(at) ?? '');
  }

  /** The text with the first match replaced; null: it does not match. @param by given the match and its groups */
  replaceFirst(text: string, by: (groups: readonly string[]) => string): string | null {
    const matcher = this.#compiled.matcher(text);
    if (!matcher.find()) return null;
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, at) => matcher.group(at) ?? '');
    return text.slice(0, matcher.start()) + by(groups) + text.slice(matcher.end());
  }

  /** Number of groups. */
  get groupCount(): number {
    return this.#compiled.groupCount();
  }
}
