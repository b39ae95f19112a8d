import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServedCertificate } from '../../../src/certificates/certificate.ts';
import { CertificateDirectory } from '../../../src/certificates/certificate-directory.ts';

function served(id: string, hosts: readonly string[], more: Partial<ServedCertificate> = {}): ServedCertificate {
  return { id, version: 1, hosts, isDefault: false, chainPem: `chain of ${id}`, keyPem: `key of ${id}`, ...more };
}

const ids = (directory: CertificateDirectory, names: readonly (string | undefined)[]) =>
  names.map((name) => directory.find(name)?.id);

test('a name finds its certificate however a client writes it', () => {
  const directory = new CertificateDirectory([
    served('wild', ['*.example.com'], { isDefault: true }),
    served('shop', ['shop.example.com', '192.0.2.1', '2001:db8::1']),
    served('books', ['xn--bcher-kva.example']),
  ]);
  assert.deepEqual(ids(directory, ['SHOP.example.com', 'shop.example.com.', '192.0.2.1', '2001:DB8::1']), [
    'shop',
    'shop',
    'shop',
    'shop',
  ]);
  assert.deepEqual(ids(directory, ['a.example.com', 'A.Example.COM.', 'xn--bcher-KVA.example']), [
    'wild',
    'wild',
    'books',
  ]);
  assert.deepEqual(ids(directory, [undefined, '', 'example.com', 'a.b.example.com', '*.example.com', '\0']), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test('the default is the first in the configuration, also after a change', () => {
  const directory = new CertificateDirectory([served('a', ['a'], { isDefault: true }), served('b', ['b'])]);
  assert.equal(directory.defaultCertificate?.id, 'a');
  directory.apply([served('a', ['a'], { version: 3 }), served('b', ['b'], { version: 2, isDefault: true })], []);
  assert.equal(directory.defaultCertificate?.id, 'b');
  assert.equal(new CertificateDirectory().defaultCertificate, undefined);
});

test('a newer certificate replaces its predecessor, an older one does not', () => {
  const directory = new CertificateDirectory([served('a', ['old'], { version: 5 })]);
  const before = directory.version;
  directory.apply([served('a', ['stale'], { version: 4 })], []);
  assert.deepEqual(ids(directory, ['old', 'stale']), ['a', undefined]);
  directory.apply([served('a', ['new'], { version: 6 })], []);
  assert.deepEqual(ids(directory, ['old', 'new']), [undefined, 'a']);
  assert.equal(directory.version, before + 2);
});

test('what is removed is not found any more, and its hosts may move in the same change', () => {
  const directory = new CertificateDirectory([served('a', ['x', 'y'])]);
  directory.apply([served('b', ['x'], { version: 2 })], ['a']);
  assert.deepEqual(ids(directory, ['x', 'y']), ['b', undefined]);
});

test('what the configuration or an operator has takes precedence over certificates on demand', () => {
  const onDemand = { isOnDemand: true };
  const directory = new CertificateDirectory([served('asked', ['a.example.com'], onDemand)]);
  assert.deepEqual(ids(directory, ['a.example.com', 'b.example.com']), ['asked', undefined]);
  assert.equal(directory.defaultCertificate, undefined, 'names that clients choose are not for others');
  directory.apply([served('wild', ['*.example.com'])], []);
  assert.deepEqual(ids(directory, ['a.example.com']), ['wild']);
  directory.apply([], ['wild']);
  assert.deepEqual(ids(directory, ['a.example.com']), ['asked']);
});
