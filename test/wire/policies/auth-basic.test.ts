import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword } from '../../../src/auth/password.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';

const HASH = await hashPassword('s3:crét', { logN: 14, r: 8, p: 1 });

function basic(text: string): string {
  return `Authorization: Basic ${Buffer.from(text).toString('base64')}`;
}

function routes(more = ''): string {
  return `- pool: default
  auth: { basic: { realm: Staff, users: [{ name: alice, hash: "${HASH}" }]${more} } }
  request_headers: { set: { x-user: "{auth_user}" } }`;
}

test('a browser is asked for a password, and the right one passes', async (t) => {
  const { ask, requests, logged } = await startPolicyWorld(t, routes());
  const refused = await ask('/');
  assert.match(refused, /^HTTP\/1\.1 401 [^]*\r\nwww-authenticate: Basic realm="Staff", charset="UTF-8"\r\n/i);
  for (const fields of [
    [basic('alice:wrong')],
    [basic('bob:s3:crét')],
    ['Authorization: Basic !!'],
    ['Authorization: Bearer a.b.c'],
  ]) {
    assert.match(await ask('/', fields), /^HTTP\/1\.1 401 /, fields[0]);
  }
  assert.equal(requests.length, 0);
  assert.match(await ask('/', [basic('alice:s3:crét')]), /^HTTP\/1\.1 200 /);
  assert.match(requests[0]!, /\r\nx-user: alice\r\n/);
  assert.doesNotMatch(requests[0]!, /authorization/i);
  const line = await logged(({ status }) => status === 200);
  assert.deepEqual([line['auth'], line['user']], ['basic', 'alice']);
});

test('of two Authorization fields, only the one that was verified reaches a backend that wants it', async (t) => {
  const { ask, requests } = await startPolicyWorld(t, routes(', forward_credentials: true'));
  await ask('/', [basic('alice:s3:crét'), basic('root:toor')]);
  assert.equal(requests[0]!.match(/authorization/gi)?.length, 1);
  assert.match(requests[0]!, new RegExp(`\r\n${basic('alice:s3:crét')}\r\n`, 'i'));
});
