import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';

test('what is issued is a certificate for its hosts, its dates and its key', () => {
  const notBeforeMs = Date.UTC(2026, 0, 1);
  const notAfterMs = Date.UTC(2051, 0, 1);
  const root = authority();
  const hosts = ['shop.example.com', '*.example.com', '192.0.2.1', '2001:db8::1'];
  const { cert } = root.issue(hosts, { notBeforeMs, notAfterMs });
  const leaf = new X509Certificate(cert);
  const issuer = new X509Certificate(root.cert);
  assert.equal(
    leaf.subjectAltName,
    'DNS:shop.example.com, DNS:*.example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1',
  );
  assert.deepEqual([leaf.validFromDate.getTime(), leaf.validToDate.getTime()], [notBeforeMs, notAfterMs]);
  assert.ok(leaf.verify(issuer.publicKey) && leaf.checkIssued(issuer));
  assert.deepEqual([leaf.ca, issuer.ca], [false, true]);
});

test('openssl accepts it, as strictly as it can', (t) => {
  const write = pemFolder(t);
  const root = authority();
  const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'a.test'];
  const { stdout, stderr, error } = spawnSync(
    'openssl',
    [...args, '-CAfile', write('root.pem', root.cert), write('leaf.pem', root.issue(['a.test']).cert)],
    { encoding: 'utf8' },
  );
  if (error !== undefined) return t.skip('needs openssl');
  assert.match(stdout, /: OK$/m, stderr);
});
