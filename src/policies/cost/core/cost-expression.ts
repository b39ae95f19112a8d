/**
 * How the cost of an answer follows from numbers in its JSON: `usage.input_tokens + usage.output_tokens * 5`. A sum of
 * terms; a term is a path, or several with `|` of which the first that is there counts, and may have a weight.
 *
 * A path names keys, joined by dots; `[]` stands for every element of a list, of which the last counts.
 */

/** Segments of a path; {@link EACH} for the elements of a list. */
export type JsonPath = readonly string[];

export const EACH = '[]';

/** Most paths of an expression: one bit for each, in the scanner. */
export const MAX_PATHS = 16;
const MAX_SEGMENTS = 8;
const MAX_WEIGHT = 1_000_000;

interface Term {
  /** Indexes of its paths, the preferred first. */
  readonly paths: readonly number[];
  readonly weight: number;
}

const SEGMENT = /^(?:\[\]|[A-Za-z0-9_$@:-]{1,64})$/;
const WEIGHT = /^\d{1,10}(?:\.\d{1,10})?$/;

export class CostExpression {
  /** All paths of all terms. */
  readonly paths: readonly JsonPath[];
  readonly #terms: readonly Term[];

  /** Throws a RangeError that says what is wrong. */
  constructor(source: string) {
    const paths: JsonPath[] = [];
    this.#terms = source.split('+').map((text) => {
      const [alternatives = '', weight, ...rest] = text.split('*');
      if (rest.length > 0) throw new RangeError('a term has one weight');
      const first = paths.length;
      paths.push(...alternatives.split('|').map(pathOf));
      return { paths: paths.slice(first).map((_, at) => first + at), weight: weightOf(weight) };
    });
    if (paths.length > MAX_PATHS) throw new RangeError(`more than ${MAX_PATHS} paths`);
    this.paths = paths;
  }

  /**
   * @param values by path: undefined if it is not there, NaN if it is no number. @returns null: none of the terms is
   * there; NaN: one of them is no number, or below 0. A term that is missing beside others counts as 0.
   */
  valueOf(values: readonly (number | undefined)[]): number | null {
    let sum: number | null = null;
    for (const { paths, weight } of this.#terms) {
      const at = paths.find((path) => values[path] !== undefined);
      if (at === undefined) continue;
      const value = values[at]!;
      sum = (sum ?? 0) + (value >= 0 ? value * weight : NaN);
    }
    return sum;
  }
}

function pathOf(text: string): JsonPath {
  const segments = text.trim().split('.');
  if (segments.length > MAX_SEGMENTS) throw new RangeError(`a path has at most ${MAX_SEGMENTS} parts`);
  const wrong = segments.find((segment) => !SEGMENT.test(segment));
  if (wrong !== undefined) throw new RangeError(wrong === '' ? 'a part of a path is missing' : `"${wrong}" is no key`);
  return segments;
}

function weightOf(text: string | undefined): number {
  if (text === undefined) return 1;
  const weight = WEIGHT.test(text.trim()) ? Number(text) : 0;
  if (weight > 0 && weight <= MAX_WEIGHT) return weight;
  throw new RangeError(`a weight is a number above 0, up to ${MAX_WEIGHT}`);
}
