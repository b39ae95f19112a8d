import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERRORS } from '../../../src/errors.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8');

/** Rows of the table of errors: status, code, port, cause, remedy. */
const rows = [...page.matchAll(/^\| *(\d{3}) *\| *`(GW_[A-Z_]+)` *\|(.*)\|$/gm)].map(([, status, code, rest]) => ({
  status: Number(status),
  code: code!,
  cells: rest!.split('|').map((cell) => cell.trim()),
}));

test('the operations page lists every error, and its status, exactly once', () => {
  const listed = rows.map(({ code, status }) => `${status} ${code}`);
  const known = Object.entries(ERRORS).map(([code, [status]]) => `${status} ${code}`);
  assert.deepEqual(listed.toSorted(), known.toSorted());
});

test('every listed error has a port, a cause and a remedy', () => {
  for (const { code, cells } of rows) {
    assert.equal(cells.length, 3, code);
    assert.match(cells[0]!, /^(public|admin|both|none)$/, code);
    for (const cell of cells) assert.notEqual(cell, '', code);
  }
});

test('the operations page names no error that does not exist', () => {
  const named = new Set([...page.matchAll(/GW_[A-Z_]*[A-Z]/g)].map(([code]) => code));
  assert.deepEqual(
    [...named].filter((code) => !Object.hasOwn(ERRORS, code)),
    [],
  );
});
