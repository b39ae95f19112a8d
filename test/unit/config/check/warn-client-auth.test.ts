/** Authorities and lists for which verification would refuse all clients are reported before it does. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { integer, objectIdentifier, sequence, setOf, time, utf8String } from '../../../../src/certificates/core/der.ts';
import { loadWithReferences } from '../../../../src/config/load.ts';
import { warningsOf } from '../../../../src/config/check/warnings.ts';
import { clientAuthWarnings } from '../../../../src/config/check/warn-client-auth.ts';
import type { ClientAuthSettings } from '../../../../src/config/settings.ts';
import { POOL } from '../../../support/config-problems.ts';
import { authority } from '../../../support/issued.ts';
import { pemFolder } from '../../../support/pem-folder.ts';

const NOW = Date.now();
const LATER = NOW + 86_400_000;
const root = authority('Clients');
const below = root.intermediate('Clients 2');

/** @param issuer in any case @param count of certificates in it */
function list(issuer: string, nextUpdate: number | null, count = 0): string {
  const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
  const name = sequence(setOf(sequence(objectIdentifier('2.5.4.3'), utf8String(issuer))));
  const at = (ms: number): Uint8Array => time(new Date(ms).toISOString());
  const revoked = Array.from({ length: count }, (_, serial) =>
    sequence(integer(Uint8Array.of(1, serial >> 8, serial & 255)), at(NOW)),
  );
  const until = nextUpdate === null ? [] : [at(nextUpdate)];
  const entries = count === 0 ? [] : [sequence(...revoked)];
  const content = sequence(integer(Uint8Array.of(1)), algorithm, name, at(NOW - 1000), ...until, ...entries);
  const base64 = Buffer.from(sequence(content, algorithm)).toString('base64');
  return `-----BEGIN X509 CRL-----\n${base64}\n-----END X509 CRL-----\n`;
}

function warnings(caPem: string, crlPem: string | null = null, nowMs = NOW): readonly string[] {
  const policy = { caPem, crlPem } as ClientAuthSettings;
  return clientAuthWarnings([policy], nowMs).map(({ key, message }) => `${key}: ${message}`);
}

test('an authority without its issuer, and one that has expired', () => {
  assert.deepEqual(warnings(root.cert), []);
  assert.deepEqual(warnings(below.cert + root.cert), []);
  assert.deepEqual(warnings(below.cert), [
    'tls.client_auth.0.ca_file: contains no certificate of CN=Clients, the issuer of CN=Clients 2: clients with certificates of the latter are refused',
  ]);
  assert.match(
    warnings(root.cert, null, NOW + 40 * 86_400_000)[0]!,
    /^tls\.client_auth\.0\.ca_file: CN=Clients expired at/,
  );
});

test('a list that has expired, or is missing', () => {
  assert.deepEqual(warnings(root.cert, list('Clients', LATER)), []);
  assert.deepEqual(warnings(root.cert, list(' CLIENTS', null)), []);
  assert.deepEqual(warnings(root.cert, list('Clients', LATER, 10_000)), []);
  assert.deepEqual(warnings(root.cert, list('Clients', NOW - 5000) + list('Clients', LATER)), []);
  assert.match(
    warnings(root.cert, list('Clients', NOW - 5000, 10_000))[0]!,
    /^tls\.client_auth\.0\.crl_file: the list of CN=Clients expired at .*, so all its certificates are refused$/,
  );
  assert.deepEqual(warnings(root.cert + below.cert, list('Clients', LATER)), [
    'tls.client_auth.0.crl_file: contains no list of CN=Clients 2: all its certificates are refused',
  ]);
});

/** Of all that `sluice check` reports. */
function uncovered(t: TestContext, hosts: readonly string[], certificates: unknown, more: object = {}): string[] {
  const client_auth = [{ hosts, ca_file: pemFolder(t)('ca.pem', root.cert) }];
  const tls = { acme_email: 'ops@example.com', ...more, client_auth, certificates };
  const text = `${POOL}tls: ${JSON.stringify(tls)}\n`;
  const { settings, fileWarnings } = loadWithReferences(text, 'c.yaml', { env: {}, flags: { threads: '1' }, cwd: '/' });
  return [...warningsOf(settings), ...fileWarnings]
    .filter(({ key }) => key.startsWith('tls.client_auth'))
    .map(({ key, message }) => `${key}: ${message}`);
}

const warning = (host: string, fate: string, at: number): string =>
  `tls.client_auth.0.hosts.${at}: no certificate in the configuration is for "${host}": unless one is uploaded, handshakes for it ${fate}`;
const rejected = (host: string, at: number): string => warning(host, 'are rejected (unknown_name: reject)', at);
const issued = (...hosts: readonly string[]): object => ({ hosts, internal: true });

test('a host that no certificate is for is named, with what its clients get', (t) => {
  assert.deepEqual(uncovered(t, ['a.test', 'B.test', '10.0.0.1'], [issued('a.test')]), [
    rejected('b.test', 1),
    rejected('10.0.0.1', 2),
  ]);
  assert.deepEqual(uncovered(t, ['b.test'], [issued('a.test')], { unknown_name: 'default' }), [
    warning('b.test', 'get the first certificate (unknown_name: default)', 0),
  ]);
});

test('a certificate for a wildcard counts for one label, and any certificate below counts for a wildcard', (t) => {
  const certificates = [issued('x.test', '10.0.0.1'), issued('*.b.test')];
  assert.deepEqual(uncovered(t, ['x.test', '10.0.0.1', 'a.b.test', '*.b.test', '*.test'], certificates), []);
  assert.deepEqual(uncovered(t, ['b.test', 'a.a.b.test', '*.a.b.test', '*.x.test'], certificates), [
    rejected('b.test', 0),
    rejected('a.a.b.test', 1),
    rejected('*.a.b.test', 2),
    rejected('*.x.test', 3),
  ]);
});

test('automatic certificates count, and on demand all names that may be ordered', (t) => {
  const on_demand = { ask: 'http://127.0.0.1:9123/allowed' };
  const acme = 'letsencrypt';
  assert.deepEqual(uncovered(t, ['a.com'], [{ hosts: ['a.com'], acme }]), []);
  assert.deepEqual(uncovered(t, ['a.com', '*.b.com', '10.0.0.1', 'nas'], [{ acme, on_demand }]), [
    rejected('10.0.0.1', 2),
    rejected('nas', 3),
  ]);
  const below = [{ acme, on_demand, hosts: ['*.a.com'] }];
  assert.deepEqual(uncovered(t, ['x.a.com', '*.a.com', 'a.com'], below), [rejected('a.com', 2)]);
});

test('the names in a certificate count if none are given', (t) => {
  const file = pemFolder(t);
  const shop = root.issue(['shop.test', '*.shop.test']);
  const files = { cert_file: file('shop.pem', shop.cert + root.cert), key_file: file('shop.key', shop.key) };
  const hosts = ['shop.test', 'a.shop.test', 'b.test'];
  assert.deepEqual(uncovered(t, hosts, [files]), [rejected('b.test', 2)]);
  assert.deepEqual(uncovered(t, hosts, [files, issued('b.test')]), []);
  assert.deepEqual(uncovered(t, hosts, [{ ...files, hosts: ['shop.test'] }]), [
    rejected('a.shop.test', 1),
    rejected('b.test', 2),
  ]);
});

test('nothing is said while the names of a certificate are unknown', (t) => {
  const file = pemFolder(t);
  const shop = root.issue(['shop.test']);
  const files = { cert_file: file('shop.pem', shop.cert + root.cert), key_file: file('shop.key', shop.key) };
  const ca = file('ca.pem', root.cert);
  const tls = { client_auth: [{ hosts: ['b.test'], ca_file: ca }], certificates: [files] };
  const around = { env: {}, flags: { threads: '1' }, cwd: '/', onlyFiles: [ca] };
  const { settings, fileWarnings } = loadWithReferences(`${POOL}tls: ${JSON.stringify(tls)}\n`, 'c.yaml', around);
  const keys = [...warningsOf(settings), ...fileWarnings].map(({ key }) => key);
  assert.deepEqual(keys, ['tls.certificates.0.cert_file', 'tls.certificates.0.key_file']);
});
