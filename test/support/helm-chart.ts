/**
 * Renders deploy/helm/sluice without helm: the few parts of Go's templates and Sprig that the chart uses, and an error for
 * any other. Values are merged and checked by values.schema.json as helm does.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse, parseAllDocuments, stringify } from 'yaml';

export const chartFolder = join(import.meta.dirname, '../../deploy/helm/sluice');

type Tree = readonly Node[];
type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipe: string }
  | { readonly kind: 'if' | 'with'; readonly pipe: string; readonly body: Tree; readonly otherwise: Tree };

interface Scope {
  readonly dot: unknown;
  readonly templates: ReadonlyMap<string, Tree>;
}

/** The manifests of a release, in the order of the files. Throws what the chart refuses. */
export function renderChart(values: object = {}, release = 'sluice'): readonly object[] {
  const read = (name: string): string => readFileSync(join(chartFolder, name), 'utf8');
  const all = merged(parse(read('values.yaml')) as object, values);
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  const isValid = ajv.validate(JSON.parse(read('values.schema.json')) as object, all);
  if (!isValid) throw new Error(ajv.errorsText(ajv.errors, { dataVar: 'values' }));
  const { appVersion } = parse(read('Chart.yaml')) as { appVersion: string };
  const dot = { Values: all, Release: { Name: release, Namespace: 'default' }, Chart: { AppVersion: appVersion } };
  const templates = new Map<string, Tree>();
  parseTemplate(read('templates/_helpers.tpl'), templates);
  const files = readdirSync(join(chartFolder, 'templates')).filter((name) => !name.startsWith('_'));
  const texts = files.toSorted().map((name) => ({
    name,
    text: render(parseTemplate(read(`templates/${name}`), templates), { dot, templates }),
  }));
  return texts
    .filter(({ name }) => name.endsWith('.yaml'))
    .flatMap(({ name, text }) =>
      parseAllDocuments(text).map((document) => {
        if (document.errors.length > 0) throw new Error(`${name}: ${document.errors[0]!.message}\n${text}`);
        return document.toJS() as object | null;
      }),
    )
    .filter((manifest) => manifest !== null);
}

/** As helm merges values: mappings by key, everything else replaced; null removes. */
function merged(base: object, over: object): object {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = result[key];
    if (value === null) delete result[key];
    else result[key] = isMapping(before) && isMapping(value) ? merged(before, value) : value;
  }
  return result;
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ACTION = /\{\{(?<left>-)?\s*(?<code>(?:"(?:[^"\\]|\\.)*"|(?!\}\}).)*?)\s*(?<right>-)?\}\}/gs;

/** @param templates those that are defined in it are added. */
function parseTemplate(source: string, templates: Map<string, Tree>): Tree {
  const tokens: ({ readonly text: string } | { readonly code: string })[] = [];
  let at = 0;
  let isTrimmed = false;
  const addText = (until: number, trimsEnd: boolean): void => {
    let text = source.slice(at, until);
    if (isTrimmed) text = text.trimStart();
    tokens.push({ text: trimsEnd ? text.trimEnd() : text });
  };
  for (const match of source.matchAll(ACTION)) {
    const { left, code, right } = match.groups as Record<string, string | undefined>;
    addText(match.index, left !== undefined);
    tokens.push({ code: code! });
    at = match.index + match[0].length;
    isTrimmed = right !== undefined;
  }
  addText(source.length, false);

  const block = (): { body: Node[]; end: string } => {
    const body: Node[] = [];
    for (let token = tokens.shift(); token !== undefined; token = tokens.shift()) {
      if ('text' in token) {
        if (token.text !== '') body.push({ kind: 'text', text: token.text });
        continue;
      }
      const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(token.code) ?? [];
      if (word === 'end' || word === 'else') return { body, end: token.code };
      if (word === 'define') templates.set(JSON.parse(rest) as string, block().body);
      else if (word === 'if' || word === 'with') {
        const first = block();
        if (first.end !== 'else' && first.end !== 'end') throw new Error(`not supported: {{ ${first.end} }}`);
        const otherwise = first.end === 'else' ? block().body : [];
        body.push({ kind: word, pipe: rest, body: first.body, otherwise });
      } else if (['range', 'template', 'block'].includes(word)) throw new Error(`not supported: {{ ${token.code} }}`);
      else body.push({ kind: 'print', pipe: token.code });
    }
    return { body, end: '' };
  };
  return block().body;
}

function render(tree: Tree, scope: Scope): string {
  return tree
    .map((node) => {
      if (node.kind === 'text') return node.text;
      const value = evaluate(node.pipe, scope);
      if (node.kind === 'print') {
        if (!isScalar(value)) throw new Error(`no text in {{ ${node.pipe} }}`);
        return String(value);
      }
      if (!isTrue(value)) return render(node.otherwise, scope);
      return render(node.body, node.kind === 'with' ? { ...scope, dot: value } : scope);
    })
    .join('');
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** Go's truth: empty texts, lists and mappings are false. */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isMapping(value) ? Object.keys(value).length > 0 : Boolean(value);
}

const WORD = /"(?:[^"\\]|\\.)*"|[()|]|[^\s()|]+/g;

function evaluate(pipe: string, scope: Scope): unknown {
  const words = [...pipe.matchAll(WORD)].map(([word]) => word);
  const pipeline = (): unknown => {
    let value = command([]);
    while (words[0] === '|') {
      words.shift();
      value = command([value]);
    }
    return value;
  };
  const command = (last: readonly unknown[]): unknown => {
    const first = words.shift()!;
    const isCall = /^[a-zA-Z]/.test(first) && first !== 'true' && first !== 'false';
    if (!isCall) return term(first);
    const given: unknown[] = [];
    while (words.length > 0 && words[0] !== '|' && words[0] !== ')') given.push(term(words.shift()!));
    const call = FUNCTIONS[first];
    if (call === undefined) throw new Error(`not supported: ${first} in {{ ${pipe} }}`);
    return call([...given, ...last], scope);
  };
  const term = (word: string): unknown => {
    if (word === '(') {
      const value = pipeline();
      words.shift();
      return value;
    }
    if (word.startsWith('"')) return JSON.parse(word);
    if (/^-?\d+$/.test(word)) return Number(word);
    if (word === 'true' || word === 'false') return word === 'true';
    if (word === '.') return scope.dot;
    if (!word.startsWith('.')) throw new Error(`not supported: ${word} in {{ ${pipe} }}`);
    return word
      .slice(1)
      .split('.')
      .reduce((value: unknown, key) => {
        if (!isMapping(value)) throw new Error(`no value ${word} in {{ ${pipe} }}`);
        return (value as Record<string, unknown>)[key];
      }, scope.dot);
  };
  return pipeline();
}

const FUNCTIONS: Readonly<Record<string, (given: readonly unknown[], scope: Scope) => unknown>> = {
  include: ([name, dot], scope) => {
    const tree = scope.templates.get(name as string);
    if (tree === undefined) throw new Error(`no template ${name}`);
    return render(tree, { ...scope, dot });
  },
  fail: ([message]) => {
    throw new Error(String(message));
  },
  toYaml: ([value]) => stringify(value, { lineWidth: 0 }).trimEnd(),
  nindent: ([spaces, text]) => `\n${String(text).replaceAll(/^/gm, ' '.repeat(spaces as number))}`,
  quote: ([text]) => JSON.stringify(String(text)),
  default: ([fallback, value]) => (isTrue(value) ? value : fallback),
  printf: ([format, ...given]) => {
    const left = [...given];
    return String(format).replaceAll('%s', () => String(left.shift()));
  },
  int: ([value]) => Math.trunc(Number(value)),
  gt: ([one, other]) => Number(one) > Number(other),
  eq: ([one, other]) => one === other,
  not: ([value]) => !isTrue(value),
  and: (given) => given.find((value) => !isTrue(value)) ?? given.at(-1),
  or: (given) => given.find(isTrue) ?? given.at(-1),
};
