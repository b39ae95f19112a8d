import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { compareSettings } from '../../../src/config/compare.ts';
import { loadText } from '../../../src/config/load.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { warningsOf } from '../../../src/config/check/warnings.ts';
import { problemsOf } from '../../support/config-problems.ts';
import { pemFolder } from '../../support/pem-folder.ts';
import { selfSigned } from '../../support/self-signed.ts';

const yaml = (tls: object): string => `pools: { a: { tls: ${JSON.stringify(tls)}, backends: [{ url: "https://b" }] } }`;

function otherKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

test('certificates and key are read with the file, relative to the working directory', (t) => {
  const write = pemFolder(t);
  const folder = dirname(write('ca.pem', selfSigned.cert));
  write('client.pem', selfSigned.cert);
  write('client.key', selfSigned.key);
  const text = yaml({ ca_file: 'ca.pem', cert_file: 'client.pem', key_file: 'client.key', server_name: 'b.internal' });
  const { tls } = loadText(text, 'c.yaml', {}, {}, folder).pools[0]!;
  assert.deepEqual(tls, {
    caFile: 'ca.pem',
    certFile: 'client.pem',
    keyFile: 'client.key',
    serverName: 'b.internal',
    minVersion: 'TLSv1.2',
    caPem: selfSigned.cert,
    certPem: selfSigned.cert,
    keyPem: selfSigned.key,
    addressName: null,
  });
});

test('problems of a file are reported at its key, and never its contents', (t) => {
  const write = pemFolder(t);
  const certificate = write('cert.pem', selfSigned.cert);
  const key = write('cert.key', selfSigned.key);
  const words = write('words.pem', 's3cret words');
  const broken = write('broken.pem', selfSigned.cert.replace('MIIB', 'AAAA'));
  const foreign = write('foreign.key', otherKey().export({ type: 'pkcs8', format: 'pem' }).toString());
  const encrypted = write(
    'encrypted.key',
    otherKey().export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
  );
  for (const [tls, problem] of [
    [{ ca_file: '/nowhere/ca.pem' }, /tls\.ca_file: "\/nowhere\/ca\.pem" cannot be read: the file does not exist$/],
    [{ ca_file: dirname(words) }, /tls\.ca_file: ".*" cannot be read: it is a folder$/],
    [{ ca_file: words }, /tls\.ca_file: ".*" contains no PEM certificate$/],
    [{ ca_file: broken }, /tls\.ca_file: ".*" certificate 1 of 1 in it cannot be read$/],
    [{ cert_file: certificate }, /tls\.key_file: missing; cert_file needs it$/],
    [{ key_file: key }, /tls\.cert_file: missing; key_file needs it$/],
    [{ cert_file: certificate, key_file: words }, /tls\.key_file: ".*" contains no PEM private key$/],
    [{ cert_file: certificate, key_file: encrypted }, /tls\.key_file: ".*" contains a key with a passphrase/],
    [{ cert_file: certificate, key_file: foreign }, /tls\.key_file: the key does not belong to the first certificate/],
    [{ server_name: '192.0.2.1' }, /tls\.server_name: found "192\.0\.2\.1"; allowed: a host name without port/],
    [{ min_version: 'TLSv1.1' }, /tls\.min_version: found "TLSv1\.1"; allowed: TLSv1\.2, TLSv1\.3/],
  ] as const) {
    const problems = problemsOf(yaml(tls));
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0]!, problem);
    assert.doesNotMatch(problems[0]!, /s3cret/);
  }
});

test('an expired or not yet valid certificate causes a warning', (t) => {
  const ca = pemFolder(t)('ca.pem', selfSigned.cert);
  const settings = loadText(yaml({ ca_file: ca }), 'c.yaml', {}, {});
  const key = 'pools.a.tls.ca_file';
  assert.deepEqual(warningsOf(settings, Date.UTC(2027, 0)), []);
  assert.deepEqual(warningsOf(settings, Date.UTC(2127, 0)), [
    { key, message: 'CN=localhost expired at 2126-10-28T11:02:53.000Z' },
  ]);
  assert.deepEqual(warningsOf(settings, Date.UTC(2026, 0)), [
    { key, message: 'CN=localhost is not valid before 2026-11-21T11:02:53.000Z' },
  ]);
});

test('another content under the same name is a change of its key, and no content is ever shown', (t) => {
  const write = pemFolder(t);
  const text = yaml({ ca_file: write('ca.pem', selfSigned.cert) });
  const before = loadText(text, 'c.yaml', {}, {});
  write('ca.pem', `${selfSigned.cert}\n${selfSigned.cert}`);
  const changes = compareSettings(before, loadText(text, 'c.yaml', {}, {}));
  assert.deepEqual(changes, [{ kind: 'pool', action: 'changed', name: 'a', keys: ['tls.ca_file'] }]);
  assert.doesNotMatch(JSON.stringify(toFile(before)), /CERTIFICATE/);
});
