import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { objectIdentifier, octetString, sequence } from '../../../src/certificates/core/der.ts';
import { judgePair, type JudgedPair } from '../../../src/certificates/judge-pair.ts';
import { Precedents } from '../../../src/certificates/precedents.ts';
import { authority, ecKeys, type Wanted } from '../../support/issued.ts';

interface Files {
  readonly cert: string;
  readonly key: string;
}

const middle = authority('the root').intermediate('the middle');
const now = Date.now();

function judge({ cert, key }: Files, precedents?: Precedents, hosts: readonly string[] | null = null): JudgedPair {
  return judgePair({ hosts, readCertificate: () => cert + middle.cert, readKey: () => key }, now, precedents);
}

/** With another certificate of the same kind that was judged before. */
function precedentsFor(wanted: Wanted): Precedents {
  const precedents = new Precedents();
  judge(middle.issue(['first.test'], wanted), precedents);
  return precedents;
}

function find({ cert, key }: Files, precedents: Precedents) {
  return precedents.find(cert + middle.cert, key);
}

/** All that is known of it. */
function shown({ pair, faults, warnings }: JudgedPair): unknown {
  if (pair === undefined) return { faults, warnings };
  const { issuer, serialNumber, validFromDate, validToDate, fingerprint256, raw } = pair.leaf;
  const leaf = { issuer, serialNumber, validFromDate, validToDate, fingerprint256, raw: raw.toString('hex') };
  return { ...pair, leaf, faults, warnings };
}

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength });
const written = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1'): string =>
  key.export({ type, format: 'pem' }).toString();

for (const [what, make, type] of [
  ['P-256, PKCS #8', () => ecKeys(), 'pkcs8'],
  ['P-256, SEC 1', () => ecKeys(), 'sec1'],
  ['P-384', () => ecKeys('P-384'), 'pkcs8'],
  ['P-521', () => ecKeys('P-521'), 'sec1'],
  ['RSA, PKCS #8', () => rsa(2048), 'pkcs8'],
  ['RSA, PKCS #1', () => rsa(3072), 'pkcs1'],
] as const) {
  const precedents = precedentsFor({ keys: make() });
  const keys = make();
  const { cert } = middle.issue(['b.test', '*.c.test'], { keys });
  const key = written(keys.privateKey, type);

  test(`${what}: a pair with a precedent is known as well as one without`, () => {
    assert.notEqual(find({ cert, key }, precedents), undefined);
    assert.deepEqual(shown(judge({ cert, key }, precedents)), shown(judge({ cert, key })));
  });

  test(`${what}: a wrong bit anywhere is judged as without a precedent`, () => {
    const files = [
      ...damaged(cert).map((each) => ({ cert: each, key })),
      ...damaged(key).map((each) => ({ cert, key: each })),
    ];
    for (const each of files) assert.deepEqual(shown(judge(each, precedents)), shown(judge(each)));
  });
}

/** One bit of every third byte of the DER. */
function* damaged(pem: string): Generator<string, void> {
  const { length } = changed(pem, (der) => der);
  for (let at = 0; at < length; at += 3) {
    yield changed(pem, (der) => {
      if (at < der.length) der[at]! ^= 1 << (at % 8);
      return der;
    });
  }
}

function changed(pem: string, change: (der: Buffer) => Buffer): string {
  const [begin = '', ...lines] = pem.trim().split('\n');
  const end = lines.pop();
  const der = change(Buffer.from(lines.join(''), 'base64'));
  return [begin, ...der.toString('base64').match(/.{1,64}/g)!, end, ''].join('\n');
}

/** The part that is the same in both files, replaced in both. */
function replaced({ cert, key }: Files, part: Buffer, by: Buffer): Files {
  const replace = (der: Buffer): Buffer => {
    by.copy(der, der.indexOf(part));
    return der;
  };
  return { cert: changed(cert, replace), key: changed(key, replace) };
}

for (const curve of ['P-256', 'P-384', 'P-521']) {
  test(`${curve}: a point that is not on the curve is judged as without a precedent`, () => {
    const precedents = precedentsFor({ keys: ecKeys(curve) });
    const keys = ecKeys(curve);
    const files = middle.issue(['a.test'], { keys });
    const { y } = keys.publicKey.export({ format: 'jwk' });
    const point = Buffer.from(y!, 'base64url');
    const other = Buffer.from(point);
    other[other.length - 1]! ^= 1;
    const wrong = replaced(files, point, other);
    assert.equal(find(wrong, precedents), undefined);
    assert.match(judge(wrong, precedents).faults[0]!.message, /^contains no PEM private key/);
  });
}

for (const [what, firstBytes] of [
  ['with more zero bytes before it than it needs', [0, 0]],
  ['that is negative', [0x80]],
] as const) {
  test(`RSA: a modulus ${what} is judged as without a precedent`, () => {
    const precedents = precedentsFor({ keys: rsa(2048) });
    const keys = rsa(2048);
    const files = middle.issue(['a.test'], { keys });
    const modulus = Buffer.concat([
      Buffer.of(0),
      Buffer.from(keys.publicKey.export({ format: 'jwk' }).n!, 'base64url'),
    ]);
    const other = Buffer.concat([Buffer.from(firstBytes), modulus.subarray(firstBytes.length)]);
    const wrong = replaced(files, modulus, other);
    assert.equal(find(wrong, precedents), undefined);
    assert.deepEqual(shown(judge(wrong, precedents)), shown(judge(wrong)));
  });
}

test('an extension in another form than one of the same content is judged as without a precedent', () => {
  const type = objectIdentifier('1.3.6.1.4.1.11129.2.4.2');
  const content = octetString(octetString(Buffer.alloc(2)));
  const precedents = precedentsFor({ extensions: [sequence(type, content), sequence(type, content)] });
  const files = middle.issue(['a.test'], { extensions: [sequence(type, type, content)] });
  assert.equal(find(files, precedents), undefined);
  assert.match(judge(files, precedents).faults[0]!.message, /^certificate 1 of 2 in it cannot be read/);
});

test('RSA: a key of 2047 bits is judged as without a precedent', () => {
  const precedents = precedentsFor({ keys: rsa(2048) });
  const files = middle.issue(['a.test'], { keys: rsa(2047) });
  assert.match(judge(files, precedents).faults[0]!.message, /^contains an RSA key of 2047 bits/);
});

test('the key of another certificate, a host that is not in it and a date in the past are reported', () => {
  const precedents = precedentsFor({});
  const [one, other] = [middle.issue(['a.test']), middle.issue(['b.test'])];
  assert.match(judge({ cert: one.cert, key: other.key }, precedents).faults[0]!.message, /^does not belong/);
  assert.match(judge(one, precedents, ['b.test']).faults[0]!.message, /^is not in the certificate/);
  const expired = middle.issue(['c.test'], { notAfterMs: now - 1000 });
  assert.match(judge(expired, precedents).warnings[0]!.message, /^certificate 1 in it expired at /);
});

test('only one without a remark is a precedent', () => {
  const precedents = precedentsFor({ notAfterMs: now - 1000 });
  assert.equal(find(middle.issue(['a.test']), precedents), undefined);
});

for (const [what, files] of [
  ['an address', middle.issue(['192.0.2.1'])],
  ['no name', middle.issue([])],
  ['another kind of key', middle.issue(['a.test'], { keys: generateKeyPairSync('ed25519') })],
  ['another authority', authority('stranger').issue(['a.test'])],
] as const) {
  test(`${what} has no precedent`, () => {
    const precedents = precedentsFor({});
    assert.equal(find(files, precedents), undefined);
    assert.deepEqual(shown(judge(files, precedents)), shown(judge(files)));
  });
}
