import { Pair, Scalar, YAMLMap, YAMLSeq, type Node } from 'yaml';

import type { Mistake } from './document.ts';
import { countExcess, lengthExcess } from './find-excess.ts';

const SPACE = /[ \t\r\n]*/y;
/** RFC 8259. A number or word must not be followed directly by more letters or digits: `01`, `nulls`. */
const TOKEN =
  // oxlint-disable-next-line no-control-regex -- JSON forbids exactly these in a text
  /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;

/** What may come next, and its wording in errors. */
const EXPECTED = {
  value: 'a value',
  'first item': 'a value or ]',
  'first key': 'a key in double quotes, or }',
  key: 'a key in double quotes',
  colon: 'a colon',
  'after item': 'a comma or ]',
  'after pair': 'a comma or }',
  end: 'nothing more',
} as const;
type State = keyof typeof EXPECTED;

/**
 * The first position at which a text is not JSON, or exceeds the limits of a configuration; undefined if there is none. The
 * YAML parser accepts far more (comments, single quotes, trailing commas), and JSON.parse does not always report the position.
 */
export function findJsonMistake(text: string): Mistake | undefined {
  const open: string[] = [];
  let state: State = 'value';
  for (let [offset, tokens] = [0, 1]; ; tokens += 1) {
    const start = offset + match(SPACE, text, offset).length;
    const token = match(TOKEN, text, start);
    if (start === text.length && state === 'end') return undefined;
    const next = after(state, token, open);
    if (next === undefined) return { offset: start, message: `not valid JSON: expected ${EXPECTED[state]}` };
    const excess = countExcess({ tokens, depth: open.length }) ?? lengthExcess(token);
    if (excess !== undefined) return { offset: start, message: excess };
    state = next;
    offset = start + token.length;
  }
}

/** The state after a token; undefined if the token is not allowed there. `open` holds the enclosing brackets. */
function after(state: State, token: string, open: string[]): State | undefined {
  const isClosing =
    (token === ']' && (state === 'first item' || state === 'after item')) ||
    (token === '}' && (state === 'first key' || state === 'after pair'));
  if (isClosing) {
    open.pop();
    return afterValue(open);
  }
  if (state === 'value' || state === 'first item') {
    if (token === '{' || token === '[') {
      open.push(token);
      return token === '{' ? 'first key' : 'first item';
    }
    return token === '' || ':,]}'.includes(token) ? undefined : afterValue(open);
  }
  if (state === 'key' || state === 'first key') return token.startsWith('"') ? 'colon' : undefined;
  if (state === 'colon') return token === ':' ? 'value' : undefined;
  if (token !== ',') return undefined;
  return state === 'after item' ? 'value' : state === 'after pair' ? 'key' : undefined;
}

function afterValue(open: readonly string[]): State {
  return open.length === 0 ? 'end' : open.at(-1) === '{' ? 'after pair' : 'after item';
}

function match(pattern: RegExp, text: string, offset: number): string {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0] ?? '';
}

/** Of a text that is JSON: brackets, texts, and what is neither between them. */
const PART = /[{}[\]]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/g;

/**
 * The nodes that the YAML parser makes of a text, in a fifth of its time.
 *
 * @param text is JSON, and not nested deeply.
 */
export function parseJson(text: string): Node {
  const parts = text.matchAll(PART);
  const next = (): RegExpExecArray => parts.next().value!;
  const scalar = ({ 0: part, index }: RegExpExecArray): Scalar => {
    const value: unknown = JSON.parse(part);
    const node = new Scalar(value);
    node.source = typeof value === 'string' ? value : part;
    return placed(node, index, index + part.length);
  };
  const node = (first: RegExpExecArray): Node => {
    if (first[0] !== '{' && first[0] !== '[') return scalar(first);
    const list = first[0] === '{' ? new YAMLMap<Scalar, Node>() : new YAMLSeq<Node>();
    let part = next();
    for (; part[0] !== '}' && part[0] !== ']'; part = next()) {
      if (list instanceof YAMLMap) list.items.push(new Pair(scalar(part), node(next())));
      else list.items.push(node(part));
    }
    return placed(list, first.index, part.index + 1);
  };
  return node(next());
}

function placed<N extends Node>(node: N, start: number, end: number): N {
  node.range = [start, end, end];
  return node;
}
