/** No list of words is typed twice: file, API, database, command line and dashboard import it. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../..');
/** From the schema. */
const GENERATED = 'src/config/code/config-input.ts';
const sources = globSync('{src,plugins,drizzle,tools,dashboard/src}/**/*.{ts,tsx}', { cwd: root })
  .filter((path) => !path.includes('node_modules') && !path.endsWith('.test.ts') && path !== GENERATED)
  .sort();

/** 'a', 'b' and 'a' | 'b': what an array and a type of words look like. */
const LISTS = /'[\w.-]+'(?:\s*[,|]\s*'[\w.-]+')+/g;
/** An array whose words are a type, too. */
const VOCABULARY =
  /export const (?<name>[A-Z_]+) = \[(?<words>[^\]]*)\] as const;\nexport type \w+ = \(typeof \k<name>\)/g;

/** Words that are in more than one list by chance, or because each file must list them itself. */
const OTHERS: ReadonlySet<string> = new Set([
  // Plugins name what they depend on.
  'auth,schemas,websocket',
  'audit,error-answers,schemas',
  // Options of child_process.
  'ignore,inherit,ipc',
]);

function wordsOf(list: string): string {
  return [...new Set(list.match(/'[\w.-]+'/g))]
    .map((word) => word.slice(1, -1))
    .sort()
    .join();
}

/** Where each list is typed, the same words in any order. */
function listsIn(texts: Readonly<Record<string, string>>): ReadonlyMap<string, ReadonlySet<string>> {
  const vocabularies = new Set<string>();
  const places = new Map<string, Set<string>>();
  for (const [path, text] of Object.entries(texts)) {
    for (const { groups } of text.matchAll(VOCABULARY)) vocabularies.add(wordsOf(groups!['words']!));
    for (const [list] of text.matchAll(LISTS)) {
      const words = wordsOf(list);
      places.set(words, (places.get(words) ?? new Set()).add(path));
    }
  }
  // Two words may meet by chance, but not those of a vocabulary.
  return new Map([...places].filter(([words]) => words.split(',').length > 2 || vocabularies.has(words)));
}

const typedTwice = (texts: Readonly<Record<string, string>>): readonly string[] =>
  [...listsIn(texts)]
    .filter(([words, paths]) => paths.size > 1 && !OTHERS.has(words))
    .map(([words, paths]) => `${words}: ${[...paths].join(' ')}`);

test('no list of words is typed in two files', () => {
  assert.deepEqual(
    typedTwice(Object.fromEntries(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]))),
    [],
  );
});

test('a list is found again in another order, as a type, and over several lines', () => {
  assert.deepEqual(typedTwice({ a: `const A = ['x', 'y', 'z'];`, b: `type A = 'z'\n  | 'y'\n  | 'x';` }), [
    'x,y,z: a b',
  ]);
  assert.deepEqual(
    typedTwice({ a: `export const A = ['x', 'y'] as const;\nexport type B = (typeof A)[number];`, b: `f(['y', 'x'])` }),
    ['x,y: a b'],
  );
  assert.deepEqual(typedTwice({ a: `const A = ['x', 'y'];`, b: `f(['y', 'x'])` }), []);
});

test('the words of a concern are in its vocabulary file', () => {
  const elsewhere = sources.filter((path) => {
    const [, concern, ...rest] = /^src\/([\w-]+)\/(.*)$/.exec(path) ?? [];
    // Of the command line alone.
    if (concern === undefined || concern === 'cli') return false;
    if (rest[0] === `core/${concern}-vocabulary.ts`) return false;
    // Of two concerns, whose cores may not import each other.
    if (path === 'src/core/sharing-vocabulary.ts') return false;
    return readFileSync(join(root, path), 'utf8').search(VOCABULARY) !== -1;
  });
  assert.deepEqual(elsewhere, []);
});
