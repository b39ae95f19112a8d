/**
 * How much a configuration may demand of the parser and the checks. Within these limits, the work grows with the length
 * of the text and not with its square, and a mistake (or an attack) is found before anything is built from the text.
 */
import type { Mistake } from './document.ts';
import { CST, Lexer } from 'yaml';
import { DEEPEST, MAX_CHARACTERS, MAX_VALUE } from '../core/config-bounds.ts';

/** Every allowed character takes up to three bytes. */
export const MAX_BYTES = 3 * MAX_CHARACTERS;
/** Words and punctuation: about four for each value. */
const MAX_TOKENS = 400_000;
const MAX_ALIASES = 10_000;

const BLANK = new Set<string | null>(['space', 'newline', 'comment', 'byte-order-mark', 'doc-mode', 'scalar']);
const OPENING = new Set<string | null>(['flow-map-start', 'flow-seq-start']);
const CLOSING = new Set<string | null>(['flow-map-end', 'flow-seq-end']);
/** Each can start a collection inside the previous one, in the same line. */
const INDICATORS = new Set<string | null>(['seq-item-ind', 'explicit-key-ind', 'map-value-ind']);

/** Of a whole text; undefined: it is short enough. */
export function textExcess({ length }: string): Mistake | undefined {
  if (length <= MAX_CHARACTERS) return undefined;
  return { offset: 0, message: `${length} characters; at most ${MAX_CHARACTERS} are supported` };
}

/**
 * Where a YAML text exceeds the limits, or undefined. Scans tokens only, once: the parser's time grows with depth times
 * length, and it recurses.
 */
export function findExcess(source: string): Mistake | undefined {
  const excess = textExcess(source);
  if (excess !== undefined) return excess;
  let [offset, tokens, aliases, flowDepth, indicators] = [0, 0, 0, 0, 0];
  let isScalar = false;
  for (const token of new Lexer().lex(source)) {
    const type: string | null = isScalar ? null : CST.tokenType(token);
    isScalar = type === 'scalar';
    // These mark what follows, and are not in the text.
    if (isScalar || type === 'doc-mode' || type === 'flow-error-end') continue;
    if (type === 'newline') indicators = 0;
    else if (type === 'alias') aliases += 1;
    else if (OPENING.has(type)) flowDepth += 1;
    else if (CLOSING.has(type)) flowDepth = Math.max(0, flowDepth - 1);
    else if (flowDepth === 0 && INDICATORS.has(type)) indicators += 1;
    if (!BLANK.has(type)) tokens += 1;
    const excess =
      countExcess({ tokens, aliases, depth: Math.max(flowDepth, indicators) }) ??
      (type === null || type.endsWith('scalar') ? lengthExcess(token) : undefined);
    if (excess !== undefined) return { offset, message: excess };
    offset += token.length;
  }
  return undefined;
}

/** Of a text up to some token; undefined: it may go on. */
export function countExcess({
  tokens,
  depth,
  aliases = 0,
}: {
  readonly tokens: number;
  readonly depth: number;
  readonly aliases?: number;
}): string | undefined {
  if (depth > DEEPEST) return `nested deeper than ${DEEPEST} levels`;
  if (tokens > MAX_TOKENS) return `more than ${MAX_TOKENS} words and punctuation marks`;
  if (aliases > MAX_ALIASES) return `more than ${MAX_ALIASES} aliases`;
  return undefined;
}

/** Of one value as it is written. */
export function lengthExcess({ length }: string): string | undefined {
  return length > MAX_VALUE ? `a value of ${length} characters; at most ${MAX_VALUE} are supported` : undefined;
}
