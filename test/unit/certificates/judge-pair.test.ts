import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { integer, sequence } from '../../../src/certificates/core/der.ts';
import { extension } from '../../../src/certificates/issue-certificate.ts';
import { judgePair, type JudgedPair } from '../../../src/certificates/judge-pair.ts';
import { authority, ecKeys, keyPem, type Wanted } from '../../support/issued.ts';
import { asAuthority, refusedKey, signedWithSha1 } from '../../support/refused-certificates.ts';

const root = authority('the root');
const now = Date.now();

function judge(cert: string, key: string, hosts: readonly string[] | null = null): JudgedPair {
  return judgePair({ hosts, readCertificate: () => cert, readKey: () => key }, now);
}

function judgeIssued(hosts: readonly string[], wanted: Wanted = {}): JudgedPair {
  const { cert, key } = root.issue(hosts, wanted);
  return judge(cert + root.cert, key);
}

test('a certificate with its issuer and its key is served for all its names', () => {
  const { cert, key } = root.issue(['Shop.example.com', '*.example.com', '192.0.2.1', '2001:db8::1']);
  const { pair, faults, warnings } = judge(cert + root.cert, key);
  assert.deepEqual([faults, warnings], [[], []]);
  assert.deepEqual(pair?.hosts, ['shop.example.com', '*.example.com', '192.0.2.1', '2001:db8::1']);
  assert.equal(pair.chainPem, cert + root.cert);
  assert.equal(pair.keyPem, key);
});

test('it is served for the given hosts only, all of which must be in it', () => {
  const { cert, key } = root.issue(['a.test', '*.b.test']);
  assert.deepEqual(judge(cert + root.cert, key, ['x.b.test']).pair?.hosts, ['x.b.test']);
  const { pair, faults } = judge(cert, key, ['a.test', 'c.test', 'b.test']);
  assert.equal(pair, undefined);
  const message = 'is not in the certificate, which is for a.test, *.b.test';
  assert.deepEqual(faults, [
    { key: 'hosts', at: 1, message },
    { key: 'hosts', at: 2, message },
  ]);
});

test('a name with a comma or a quote in it is none of the names', () => {
  const { cert, key } = root.issue(['a.test", DNS:b.test', 'c.test, DNS:d.test', 'e.test']);
  assert.deepEqual(judge(cert + root.cert, key).pair?.hosts, ['e.test']);
});

const foreign = root.issue(['a.test']);
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const encrypted = ecKeys().privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });

/** Month 99. */
function withInvalidDate(cert: string): string {
  const [begin, ...lines] = cert.trim().split('\n');
  const end = lines.pop();
  const der = Buffer.from(lines.join(''), 'base64');
  // The tag of a date, its length, and the year.
  der.write('99', der.indexOf(Buffer.of(0x17, 13)) + 4);
  return [begin, der.toString('base64'), end, ''].join('\n');
}

for (const [what, judged, key, message] of [
  ['no certificate', judge('words', foreign.key), 'cert_file', /^contains no PEM certificate$/],
  ['a key with a passphrase', judge(foreign.cert, String(encrypted)), 'key_file', /^contains a key with a passphrase/],
  ['no key', judge(foreign.cert, 'words'), 'key_file', /^contains no PEM private key$/],
  [
    'the key of another certificate',
    judge(root.issue(['a.test']).cert, foreign.key),
    'key_file',
    /^does not belong to the first certificate in cert_file$/,
  ],
  [
    'the issuer before the certificate',
    judge(root.cert + foreign.cert, foreign.key),
    'key_file',
    /^belongs to certificate 2 in cert_file; that one must be the first$/,
  ],
  [
    'a short RSA key',
    judgeIssued(['a.test'], { keys: rsa(1024) }),
    'key_file',
    /^contains an RSA key of 1024 bits; at least 2048 are needed$/,
  ],
  [
    'an unusual curve',
    judgeIssued(['a.test'], { keys: ecKeys('secp256k1') }),
    'key_file',
    /^contains a key on the curve secp256k1; allowed: P-256, P-384, P-521$/,
  ],
  [
    'an invalid date',
    judge(withInvalidDate(foreign.cert), foreign.key),
    'cert_file',
    /^certificate 1 of 1 in it cannot be read$/,
  ],
  ['no name', judgeIssued([]), 'cert_file', /^contains a certificate without names/],
] as const) {
  test(`${what} cannot be served`, () => {
    assert.equal(judged.pair, undefined);
    const fault = judged.faults.find((each) => each.key === key);
    assert.match(fault?.message ?? '', message);
  });
}

test('RSA from 2048 bits on, P-384, P-521 and Ed25519 can be served', () => {
  for (const keys of [rsa(2048), ecKeys('P-384'), ecKeys('P-521'), generateKeyPairSync('ed25519')]) {
    assert.deepEqual(judgeIssued(['a.test'], { keys }).faults, []);
  }
});

const MUST_STAPLE = extension('1.3.6.1.5.5.7.1.24', sequence(integer(Uint8Array.of(5))));
const DAY_MS = 86_400_000;

for (const [what, judged, message] of [
  ['an expired certificate', judgeIssued(['a.test'], { notAfterMs: now - 1000 }), /^certificate 1 in it expired at 2/],
  [
    'one that is not valid yet',
    judgeIssued(['a.test'], { notBeforeMs: now + DAY_MS }),
    /^certificate 1 in it is not valid before 2.*; this machine's clock says 2/,
  ],
  [
    'a signature with SHA-1',
    judge(signedWithSha1, refusedKey),
    /^certificate 1 in it is signed with ecdsa-with-SHA1: clients refuse it$/,
  ],
  [
    'one of an authority',
    judge(asAuthority, refusedKey),
    /^contains a certificate that is an authority's \(CA:TRUE\): some clients refuse it$/,
  ],
  ['must-staple', judgeIssued(['a.test'], { extensions: [MUST_STAPLE] }), /requires OCSP stapling/],
  [
    'a missing intermediate',
    judge(foreign.cert, foreign.key),
    /^contains no certificate of the issuer \(CN=the root\): clients that do not know it refuse the connection$/,
  ],
  [
    'another certificate behind the chain',
    judge(foreign.cert + root.cert + authority('stranger').cert, foreign.key),
    /^certificate 3 in it is not part of the chain of the first one, and is not served$/,
  ],
] as const) {
  test(`${what} is served, with a warning`, () => {
    assert.deepEqual(judged.faults, []);
    assert.notEqual(judged.pair, undefined);
    assert.equal(judged.warnings.length, 1, JSON.stringify(judged.warnings));
    assert.match(judged.warnings[0]!.message, message);
    assert.equal(judged.warnings[0]!.key, 'cert_file');
  });
}

test('a chain out of order is served in order, with a warning', () => {
  const middle = root.intermediate('middle');
  const { cert, key } = middle.issue(['a.test']);
  const { pair, warnings } = judge(cert + root.cert + middle.cert, key);
  assert.equal(pair?.chainPem, cert + middle.cert + root.cert);
  assert.match(warnings[0]!.message, /out of order/);
  assert.deepEqual(judge(cert + middle.cert, key).warnings, [], 'the root may be left out');
});

test('no remark repeats a key', () => {
  const key = keyPem(ecKeys().privateKey);
  const { faults } = judge(key, `${key.slice(0, -60)}\n-----END PRIVATE KEY-----`);
  assert.ok(faults.length > 0);
  const secret = key.split('\n')[1]!.slice(0, 20);
  assert.ok(!JSON.stringify(faults).includes(secret));
});
