/** Every error answer links to its explanation. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { errorBody, ERRORS, GatewayError, type ErrorCode } from '../../../src/errors.ts';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
const codes = Object.keys(ERRORS) as ErrorCode[];

/** Paragraphs of the page: code, status, port, cause, fix. */
const paragraphs = [
  ...page.matchAll(
    /^### (GW_[A-Z_]+)\n\n\*\*(\d{3})\*\*, (public ports?|TLS port|admin port|both ports)\. (.+) \*\*Fix:\*\* (.+)$/gm,
  ),
].map(([, code, status, port, cause, fix]) => ({ code: code!, status: Number(status), port, cause, fix }));

describe('the page of errors', () => {
  test('has a heading for every error, once', () => {
    const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, title]) => title!);
    assert.deepEqual(headings.toSorted(), codes.toSorted());
  });

  test('gives every error its status, port, cause and fix', () => {
    const found = paragraphs.map(({ code, status }) => `${status} ${code}`);
    const known = codes.map((code) => `${ERRORS[code][0]} ${code}`);
    assert.deepEqual(found.toSorted(), known.toSorted());
  });

  test('sorts by status', () => {
    const statuses = paragraphs.map(({ status }) => status);
    assert.deepEqual(
      statuses,
      statuses.toSorted((a, b) => a - b),
    );
  });
});

test('the body of every error leads to its heading', () => {
  for (const code of codes) {
    const { docs } = errorBody(new GatewayError(code), 'any');
    const [file, anchor] = docs.split('#');
    assert.equal(file, 'docs/errors.md', code);
    const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, title]) => title!.toLowerCase());
    assert.ok(headings.includes(anchor!), `${docs}: no such heading`);
  }
});

test('no page names an error that does not exist', () => {
  for (const path of globSync('docs/**/*.md', { cwd: root })) {
    const text = readFileSync(join(root, path), 'utf8');
    const unknown = [...text.matchAll(/GW_[A-Z_]*[A-Z]/g)]
      .map(([code]) => code)
      .filter((code) => !Object.hasOwn(ERRORS, code));
    assert.deepEqual(unknown, [], path);
  }
});
