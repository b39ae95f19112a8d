import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '../../../../src/cli/run-command.ts';
import { loadText } from '../../../../src/config/load.ts';
import { principalCheck } from '../../../../src/admin-access/access-token.ts';
import { POOL } from '../../../support/config-problems.ts';

async function token(...args: string[]) {
  const printed = { out: '', err: '' };
  const code = await runCommand(['token', ...args], {
    cwd: import.meta.dirname,
    env: {},
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    runGateway: async () => assert.fail('nothing is to run'),
  });
  return { code, ...printed };
}

test('the printed line, in the configuration, admits the token under its name', async () => {
  const { code, out } = await token('create', '--name', 'jo@example.com', '--role', 'operator');
  assert.equal(code, 0);
  const [first = ''] = out.split('\n');
  const yaml = out.slice(out.indexOf('admin:'));
  const { admin } = loadText(POOL + yaml, 'c.yaml', {}, {});
  assert.deepEqual(principalCheck(admin)(first), { name: 'jo@example.com', role: 'operator' });
});

test('with --json, a script gets both the token and its hash', async () => {
  const { code, out } = await token('create', '--name', 'ci', '--role', 'viewer', '--json');
  assert.equal(code, 0);
  const made = JSON.parse(out);
  assert.deepEqual(Object.keys(made), ['name', 'role', 'token', 'hash']);
  assert.deepEqual(principalCheck({ token: null, tokens: [made] })(made.token), { name: 'ci', role: 'viewer' });
});

const MISTAKES: Readonly<Record<string, readonly [args: readonly string[], message: RegExp]>> = {
  'no action': [[], /no action; allowed: create/],
  'another action': [['list'], /unknown action 'list'; allowed: create/],
  'no name': [['create', '--role', 'viewer'], /--name is missing/],
  'a name that Sluice uses itself': [
    ['create', '--name', 'admin', '--role', 'viewer'],
    /--name: found "admin"; allowed: .* \("admin" is taken by Sluice itself\)/,
  ],
  'a name with a space': [['create', '--name', 'a b', '--role', 'viewer'], /--name: found "a b"; allowed: 1 to 64/],
  'no role': [['create', '--name', 'a'], /--role is missing; allowed: viewer, operator, admin/],
  'a role that does not exist': [['create', '--name', 'a', '--role', 'root'], /--role: found root; allowed: viewer/],
  'an unknown flag': [['create', '--nmae', 'a'], /unknown flag --nmae; did you mean --name\?/],
  'several at once': [['create', '--role', 'x'], /^sluice token: --name is missing\nsluice token: --role: found x;/],
};
for (const [name, [args, message]] of Object.entries(MISTAKES)) {
  test(`${name}: usage, exit code 2, and no token`, async () => {
    const { code, out, err } = await token(...args);
    assert.equal(code, 2);
    assert.equal(out, '');
    assert.match(err, message);
  });
}

test('--help prints the usage', async () => {
  const { code, out } = await token('--help');
  assert.equal(code, 0);
  assert.match(out, /sluice token create --name NAME --role ROLE/);
});
