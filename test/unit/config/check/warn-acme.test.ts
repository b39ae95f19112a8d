/** Names that a public authority never issues for are reported before it refuses them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../../../src/config/load.ts';
import { warningsOf } from '../../../../src/config/check/warnings.ts';
import { POOL } from '../../../support/config-problems.ts';

const ZEROSSL = 'https://acme.zerossl.com/v2/DV90';
const OWN = 'https://ca.example.com/acme/directory';

function warnings(hosts: readonly string[], acme = 'letsencrypt', directory = OWN, more: object = {}): string[] {
  const tls = {
    acme_email: 'ops@example.com',
    acme: { own: { directory, agree: true, challenges: ['dns-01'], dns_hook: process.execPath } },
    certificates: [{ hosts, acme, ...more }],
  };
  const settings = loadText(`${POOL}tls: ${JSON.stringify(tls)}\n`, 'c.yaml', {}, { threads: '1' });
  return warningsOf(settings).map(({ key, message }) => `${key}: ${message}`);
}

const warning = (host: string, kind: string, issuer = 'letsencrypt', at = 0): string =>
  `tls.certificates.0.hosts.${at}: "${host}" is not a public ${kind}, so ${issuer} issues no certificate for it: use internal: true, or an authority of your own`;

for (const host of ['localhost', 'a.localhost', 'nas.local', 'a.b.internal', 'x.test', 'x.example', 'x.invalid', 'nas'])
  test(`${host} is not a public name`, () => assert.deepEqual(warnings([host]), [warning(host, 'name')]));

for (const host of [
  '10.0.0.1',
  '100.64.0.1',
  '127.0.0.1',
  '169.254.1.1',
  '172.31.0.1',
  '192.168.0.1',
  '::1',
  'fd00::1',
  'fe80::1',
])
  test(`${host} is not a public address`, () => assert.deepEqual(warnings([host]), [warning(host, 'address')]));

test('public names and addresses cause no warning', () => {
  const hosts = ['shop.example.com', 'test.example.com', 'a.latest', 'local.net', '172.32.0.1', '9.9.9.9', '2606::1'];
  assert.deepEqual(warnings(hosts), []);
});

test('each such host of a certificate is named, wildcards included', () => {
  const own = (host: string, at: number): string => warning(host, 'name', 'own', at);
  assert.deepEqual(warnings(['a.test', 'a.com', '*.b.test', '*.test'], 'own', ZEROSSL), [
    own('a.test', 0),
    own('*.b.test', 2),
    own('*.test', 3),
  ]);
  assert.deepEqual(warnings(['x.local'], 'letsencrypt-staging'), [warning('x.local', 'name', 'letsencrypt-staging')]);
});

test('on demand, the patterns count, and every name below one with a dot', () => {
  const more = { on_demand: { ask: 'http://127.0.0.1:9123/allowed' } };
  assert.deepEqual(warnings(['*.local', '*.com'], 'letsencrypt', OWN, more), [warning('*.local', 'name')]);
});

test('an authority of your own issues for any name', () => {
  assert.deepEqual(warnings(['localhost', '*.a.test', '10.0.0.1'], 'own'), []);
  assert.deepEqual(warnings(['localhost'], 'own', 'https://zerossl.com.example.net/directory'), []);
  assert.deepEqual(warnings(['localhost'], 'own', 'https://notzerossl.com/directory'), []);
});
