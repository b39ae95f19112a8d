import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wantedCertificates } from '../../../src/acme/wanted-certificate.ts';

const issuer = (fallback: string | null) => ({
  directory: 'https://ca.example.com/dir',
  email: null,
  profile: null,
  preferredChain: null,
  challenges: [],
  eab: null,
  caPem: null,
  dnsHook: null,
  fallback,
});
const acme = { one: issuer('two'), two: issuer('three'), three: issuer(null) };

test('a certificate has its authority, and all that it falls back to', () => {
  const wanted = wantedCertificates({
    acme,
    certificates: [
      { hosts: null, acme: null },
      { hosts: ['a.example.com'], acme: 'one' },
      { hosts: ['b.example.com'], acme: 'three' },
    ],
  });
  assert.deepEqual(
    wanted.map(({ hosts, issuers, isDefault }) => [hosts, issuers.map(({ name }) => name), isDefault]),
    [
      [['a.example.com'], ['one', 'two', 'three'], false],
      [['b.example.com'], ['three'], false],
    ],
  );
});

test('its id follows from its hosts, in any order, and fits into a URL', () => {
  const idOf = (hosts: readonly string[]): string =>
    wantedCertificates({ acme, certificates: [{ hosts, acme: 'one' }] })[0]!.id;
  assert.match(idOf(['a.example.com', 'b.example.com']), /^a\.example\.com-[0-9a-f]{8}$/);
  assert.equal(idOf(['a.example.com', 'b.example.com']).slice(-8), idOf(['b.example.com', 'a.example.com']).slice(-8));
  assert.notEqual(idOf(['a.example.com']), idOf(['a.example.com', 'b.example.com']));
  for (const host of ['*.example.com', '2001:db8::1']) assert.equal(encodeURIComponent(idOf([host])), idOf([host]));
});
