import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { readPassword } from '../../../src/cli/read-password.ts';

function typed(text: string, isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  let shown = '';
  const password = readPassword(input, { write: (part: string | Uint8Array) => (shown += String(part)) !== '' });
  input.end(text);
  return { password, shown: () => shown };
}

test('the first line of a pipe is the password, without a prompt', async () => {
  const { password, shown } = typed('s3 cret é\nmore\n', false);
  assert.equal(await password, 's3 cret é');
  assert.equal(shown(), '');
  assert.equal(await typed('no newline', false).password, 'no newline');
});

test('a terminal asks twice and shows nothing of it', async () => {
  const { password, shown } = typed('hunter2\rhunter2\r', true);
  assert.equal(await password, 'hunter2');
  assert.match(shown(), /^Password: \nAgain: \n$/);
});

test('two that differ, and none, are failures', async () => {
  await assert.rejects(typed('one\rother\r', true).password, /the two passwords differ/);
  await assert.rejects(typed('', false).password, /there is no password/);
});
