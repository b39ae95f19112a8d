import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfHeads } from '../../../src/traffic/request-feed.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const end = (text: string, count: number): number => endOfHeads(Buffer.from(text, 'latin1'), count);

test('as many heads as there is room for are handed out, and not a byte of the next one', () => {
  assert.equal(end(GET.repeat(5), 1), GET.length);
  assert.equal(end(GET.repeat(5), 3), 3 * GET.length);
  assert.equal(end(GET.repeat(5), 5), 5 * GET.length);
  assert.equal(end(GET.repeat(5) + 'GET', 5), 5 * GET.length);
});

test('with fewer heads than there is room for, all of it is handed out, a head that is not complete too', () => {
  assert.equal(end(GET, 8), GET.length);
  assert.equal(end(`${GET}GET / HT`, 2), GET.length + 8);
  assert.equal(end('GET / HT', 1), 8);
  assert.equal(end('', 1), 0);
});

test('line ends at the beginning may complete an earlier head, and count as one', () => {
  for (const rest of ['\n', '\r\n', '\n\r\n']) {
    assert.equal(end(rest + GET, 1), rest.length);
    assert.equal(end(rest + GET + GET, 2), rest.length + GET.length);
  }
});
