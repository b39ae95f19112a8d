/** Texts of settings with placeholders, such as `/new{path}` or `{jwt.sub}`: parsed once, filled in for each request. */
import { findPlaceholder, PLACEHOLDERS, type Placeholder } from './placeholder-vocabulary.ts';

/** What placeholders stand for in one request. */
export interface TemplateValues {
  /** Undefined: it has none. @param argument the part after the dot; empty: there is none. */
  valueOf(placeholder: Placeholder, argument: string): string | undefined;
}

interface Hole {
  readonly placeholder: Placeholder;
  readonly argument: string;
}

const HOLE = /\{([^{}]*)\}/g;
const NAME = /^([a-z_]+)(?:\.(.+))?$/;

export class Template {
  readonly source: string;
  readonly #parts: readonly (string | Hole)[];

  /** Throws a RangeError that names an unknown placeholder. `{{` and `}}` are braces. */
  constructor(source: string) {
    this.source = source;
    this.#parts = parse(source);
  }

  /** Undefined: a constant. */
  get isConstant(): boolean {
    return this.#parts.every((part) => typeof part === 'string');
  }

  /** The placeholders in it. */
  get placeholders(): readonly Placeholder[] {
    return this.#parts.flatMap((part) => (typeof part === 'string' ? [] : [part.placeholder]));
  }

  /** What follows the dot of each of them: `1` for `{group.1}`. */
  argumentsOf(placeholder: Placeholder): readonly string[] {
    return this.#parts.flatMap((part) =>
      typeof part !== 'string' && part.placeholder === placeholder ? [part.argument] : [],
    );
  }

  /** @param encode how a value is written into the text. Default: as it is. A missing value is empty. */
  fill(values: TemplateValues, encode?: (value: string, placeholder: Placeholder) => string): string {
    let text = '';
    for (const part of this.#parts) {
      if (typeof part === 'string') text += part;
      else {
        const value = values.valueOf(part.placeholder, part.argument) ?? '';
        text += encode === undefined ? value : encode(value, part.placeholder);
      }
    }
    return text;
  }
}

function parse(source: string): readonly (string | Hole)[] {
  // Braces that stand for themselves, as characters that settings cannot contain.
  const text = source.replaceAll('{{', '\x01').replaceAll('}}', '\x02');
  const parts: (string | Hole)[] = [];
  let end = 0;
  for (const found of text.matchAll(HOLE)) {
    parts.push(plain(text.slice(end, found.index)), hole(found[1]!));
    end = found.index + found[0].length;
  }
  parts.push(plain(text.slice(end)));
  return parts.filter((part) => part !== '');
}

function plain(text: string): string {
  if (/[{}]/.test(text)) throw new RangeError('a brace without its other half; write {{ or }} for a brace');
  return text.replaceAll('\x01', '{').replaceAll('\x02', '}');
}

function hole(text: string): Hole {
  const [, word, argument = ''] = NAME.exec(text) ?? [];
  const placeholder = word === undefined ? undefined : findPlaceholder(word);
  if (placeholder === undefined || PLACEHOLDERS[placeholder].hasArgument !== (argument !== '')) {
    const known = Object.entries(PLACEHOLDERS).map(
      ([name, { hasArgument }]) => `{${name}${hasArgument ? '.NAME' : ''}}`,
    );
    throw new RangeError(`there is no placeholder {${text}}; allowed: ${known.join(', ')}`);
  }
  return { placeholder, argument };
}
