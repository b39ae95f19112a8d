import { isAlias, isMap, isPair, isScalar, isSeq, type Alias, type ParsedNode, type YAMLMap, type YAMLSeq } from 'yaml';

import type { ConfigDocument, Position, Mistake } from './document.ts';
import { DEEPEST, MAX_KEY, MAX_VALUES } from '../core/config-bounds.ts';
import { toPointer, type Path } from './path.ts';
import { MAX_PROBLEMS } from './problem.ts';

/**
 * Copies the parsed nodes into plain values and records their positions. Returns the mistakes found on the way; if the
 * file is too large to be read to its end, only that.
 */
export function readTree(
  contents: unknown,
  document: ConfigDocument,
  positionAt: (offset: number) => Position,
): { readonly mistakes: readonly Mistake[]; readonly isComplete: boolean } {
  const mistakes: Mistake[] = [];
  const targets = aliasTargets(contents);
  let tooMuch: Mistake | undefined;
  let count = 0;

  function note(path: Path, node: ParsedNode | null, keyOffset: number | null): void {
    const offset = node?.range?.[0] ?? keyOffset ?? 0;
    document.origins.set(toPointer(path), {
      source: document.source,
      key: keyOffset === null ? null : positionAt(keyOffset),
      value: positionAt(offset),
      text: isScalar(node) ? (node.source ?? String(node.value)) : null,
      ...(isScalar(node) && node.range ? { range: [node.range[0], node.range[1]] as const } : {}),
      variables: [],
    });
  }

  function readValue(given: ParsedNode | null, path: Path, keyOffset: number | null): unknown {
    note(path, given, keyOffset);
    const offset = given?.range?.[0] ?? keyOffset ?? 0;
    count += 1;
    if (tooMuch !== undefined || path.length > DEEPEST || count > MAX_VALUES) {
      const message = path.length > DEEPEST ? `nested deeper than ${DEEPEST} levels` : `more than ${MAX_VALUES} values`;
      tooMuch ??= { offset, message };
      return undefined;
    }
    const node = isAlias(given) ? targets.get(given) : given;
    if (node === undefined) {
      mistakes.push({ offset, path: path.join('.'), message: 'this alias matches no anchor above it' });
      return undefined;
    }
    if (isMap(node)) return readMap(node as YAMLMap<ParsedNode, ParsedNode | null>, path);
    if (isSeq(node)) return node.items.map((item, at) => readValue(item as ParsedNode, [...path, String(at)], null));
    if (isAlias(given) && isScalar(node)) note(path, node as ParsedNode, keyOffset);
    return isScalar(node) ? node.value : null;
  }

  function readMap(map: YAMLMap<ParsedNode, ParsedNode | null>, path: Path): Record<string, unknown> {
    const values: Record<string, unknown> = Object.create(null);
    for (const { key, value } of map.items) {
      const offset = key?.range?.[0] ?? 0;
      const name = isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : '';
      const here = [...path, name];
      if (mistakes.length > MAX_PROBLEMS) break;
      if (!isScalar(key) || name === '' || name === '__proto__') {
        mistakes.push({ offset, path: path.join('.'), message: 'a key must be plain text' });
      } else if (name.length > MAX_KEY) {
        const message = `a key of ${name.length} characters; at most ${MAX_KEY} are allowed`;
        mistakes.push({ offset, path: path.join('.'), message });
      } else if (Object.hasOwn(values, name)) {
        const first = document.origins.get(toPointer(here))?.key;
        mistakes.push({ offset, path: here.join('.'), message: `given twice; the first is in line ${first?.line}` });
      } else if (name === '<<') {
        mistakes.push({ offset, path: path.join('.'), message: 'merge keys (<<) are not supported' });
      } else {
        values[name] = readValue(value, here, offset);
      }
    }
    return values;
  }

  if (isMap(contents)) {
    Object.assign(document.root, readMap(contents as YAMLMap<ParsedNode, ParsedNode | null>, []));
  }
  document.origins.set('', { source: document.source, key: null, value: positionAt(0), text: null, variables: [] });
  return tooMuch === undefined ? { mistakes, isComplete: true } : { mistakes: [tooMuch], isComplete: false };
}

/**
 * The target of each alias: the last node above it with its name as an anchor. One walk for all of them; the parser's
 * own `resolve` walks the document for each.
 */
function aliasTargets(root: unknown): ReadonlyMap<Alias, ParsedNode> {
  const targets = new Map<Alias, ParsedNode>();
  const anchors = new Map<string, ParsedNode>();
  const visit = (node: unknown): void => {
    if (isPair(node)) {
      visit(node.key);
      visit(node.value);
    } else if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if (isMap(node) || isSeq(node) || isScalar(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node as ParsedNode);
      if (!isScalar(node)) for (const item of (node as YAMLMap | YAMLSeq).items) visit(item);
    }
  };
  visit(root);
  return targets;
}
