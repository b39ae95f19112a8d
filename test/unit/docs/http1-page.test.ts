/** The page about HTTP/1.1 lists the differences from llhttp that the fuzzer accepts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Documented, LENIENCES, STRICTNESS } from '../../../tools/fuzz/documented.ts';

const page = readFileSync(new URL('../../../docs/http1.md', import.meta.url), 'utf8');

for (const [table, documented] of Object.entries({ strictness: STRICTNESS, leniences: LENIENCES })) {
  test(`the page lists all documented differences, and no others: ${table}`, () => {
    assert.deepEqual(rows(table).toSorted(), documented.map(({ name }: Documented) => name).toSorted());
  });
}

/** First cells, without the head of the table. */
function rows(table: string): string[] {
  const [, text] = page.split(`<!-- documented: ${table} -->`) as [string, string];
  return [...text.split('<!-- end -->', 1)[0]!.matchAll(/^\| (.+?) +\|/gm)].map(([, cell]) => cell!).slice(2);
}
