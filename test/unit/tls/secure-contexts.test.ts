import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServedCertificate } from '../../../src/certificates/certificate.ts';
import { SecureContexts } from '../../../src/tls/secure-contexts.ts';
import { authority } from '../../support/issued.ts';

const ROOT = authority();

function certificate(id: string, version = 1): ServedCertificate {
  const { cert, key } = ROOT.issue([id]);
  return { id, version, hosts: [id], isDefault: false, chainPem: cert, keyPem: key };
}

test('a context is made once, and again for another version', () => {
  const contexts = new SecureContexts({});
  const first = certificate('a.test');
  const context = contexts.of(first);
  assert.equal(contexts.of(first), context);
  assert.notEqual(contexts.of(certificate('a.test', 2)), context);
  assert.equal(contexts.size, 1);
});

test('the contexts used last are kept', () => {
  const contexts = new SecureContexts({}, 2);
  const [a, b, c] = ['a.test', 'b.test', 'c.test'].map((id) => certificate(id)) as [
    ServedCertificate,
    ServedCertificate,
    ServedCertificate,
  ];
  const ofA = contexts.of(a);
  const ofB = contexts.of(b);
  contexts.of(a);
  contexts.of(c);
  assert.equal(contexts.size, 2);
  assert.equal(contexts.of(a), ofA);
  assert.notEqual(contexts.of(b), ofB);
});

test('a key that does not fit is an error of its certificate, and nothing is kept', () => {
  const contexts = new SecureContexts({});
  const broken = { ...certificate('a.test'), keyPem: certificate('b.test').keyPem };
  assert.throws(() => contexts.of(broken), { code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' });
  assert.equal(contexts.size, 0);
});
