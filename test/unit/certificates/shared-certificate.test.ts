import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { openCertificate, shareCertificate } from '../../../src/certificates/shared-certificate.ts';

const served = {
  id: 'a',
  version: 3,
  hosts: ['a.test'],
  isDefault: true,
  chainPem: 'the chain\n',
  keyPem: 'the key\n',
};

test('a thread opens what another one shared, and the memory is the same', () => {
  const shared = shareCertificate(served);
  const opened = openCertificate(structuredClone(shared));
  const { id, version, hosts, isDefault, chainPem, keyPem } = opened;
  assert.deepEqual({ id, version, hosts, isDefault, chainPem, keyPem }, served);
  Buffer.from(shared.pem).write('THE');
  assert.equal(opened.chainPem, 'THE chain\n');
});

test('what shows an opened certificate does not show its key', () => {
  const opened = openCertificate(shareCertificate(served));
  assert.doesNotMatch(JSON.stringify(opened) + inspect(opened), /the key/);
});
