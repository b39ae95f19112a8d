import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { parsePasswordHash } from '../../../src/auth/core/password-hash.ts';
import { isPassword } from '../../../src/auth/password.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

function password(args: readonly string[], input: string) {
  return spawnSync(process.execPath, [main, 'password', ...args], { input, encoding: 'utf8' });
}

test('sluice password turns a line of standard input into a user', async () => {
  const { status, stdout } = password(['--name', 'alice'], 's3cret\n');
  assert.equal(status, 0);
  const [user] = parse(stdout) as [{ name: string; hash: string }];
  assert.equal(user.name, 'alice');
  assert.equal(await isPassword('s3cret', parsePasswordHash(user.hash)!), true);
});

test('sluice password explains what is wrong', () => {
  for (const [args, input, line, code] of [
    [[], 'x', /^sluice password: --name is missing$/m, 2],
    [['--name', 'a:b'], 'x', /^sluice password: --name: found "a:b"; allowed: 1 to 128 printable/m, 2],
    [['--name', 'a', 'hunter2'], '', /^sluice password: takes no words/m, 2],
    [['--name', 'a'], '', /^sluice password: there is no password$/m, 1],
    [['--name', 'a'], '\n', /^sluice password: the password is empty$/m, 1],
  ] as const) {
    const { status, stderr } = password(args, input);
    assert.match(stderr, line);
    assert.equal(status, code);
  }
});
