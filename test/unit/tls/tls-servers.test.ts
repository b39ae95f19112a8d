import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServedCertificate } from '../../../src/certificates/certificate.ts';
import { TicketKeys } from '../../../src/tls/ticket-keys.ts';
import { TlsServers } from '../../../src/tls/tls-servers.ts';
import { authority } from '../../support/issued.ts';

const ROOT = authority();
const SETTINGS = { minVersion: 'TLSv1.2', handshakeTimeoutMs: 10_000 } as const;

function certificate(id: string, version = 1): ServedCertificate {
  const { cert, key } = ROOT.issue([id]);
  return { id, version, hosts: [id], isDefault: false, chainPem: cert, keyPem: key };
}

function servers(max?: number): TlsServers {
  const keys = new TicketKeys(new Uint8Array(32), 0, 1000);
  return new TlsServers(SETTINGS, keys, { protocolFor: () => 'http/1.1', onSecure: () => {}, onFailed: () => {} }, max);
}

test('a certificate has one server, and another for its next version', () => {
  const all = servers();
  const first = certificate('a.test');
  const server = all.for(first);
  assert.equal(all.for(first), server);
  assert.notEqual(all.for(certificate('a.test', 2)), server);
  assert.equal(all.size, 1);
});

test('the servers used last are kept', () => {
  const all = servers(2);
  const [a, b, c] = [certificate('a.test'), certificate('b.test'), certificate('c.test')];
  const ofA = all.for(a);
  const ofB = all.for(b);
  all.for(a);
  all.for(c);
  assert.equal(all.size, 2);
  assert.equal(all.for(a), ofA);
  assert.notEqual(all.for(b), ofB);
});

test('a key that does not fit is an error of its certificate, and nothing is kept', () => {
  const all = servers();
  const broken = { ...certificate('a.test'), keyPem: certificate('b.test').keyPem };
  assert.throws(() => all.for(broken), { code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' });
  assert.equal(all.size, 0);
});

test('they are for their settings and the period of their ticket keys', () => {
  const all = servers();
  assert.equal(all.isFor(SETTINGS, 999), true);
  assert.equal(all.isFor(SETTINGS, 1000), false);
  assert.equal(all.isFor({ ...SETTINGS }, 0), false);
});
