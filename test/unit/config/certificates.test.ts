import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { compareSettings } from '../../../src/config/compare.ts';
import { loadText, loadWithReferences } from '../../../src/config/load.ts';
import { withoutRestart } from '../../../src/config/restart.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { POOL, problemsOf } from '../../support/config-problems.ts';
import { authority, type Issued } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';

const root = authority();
const shop = root.issue(['shop.example.com', '*.example.com']);

interface Files {
  readonly cert_file: string;
  readonly key_file: string;
}

/** Writes pairs with their issuer. */
function pairs(t: TestContext): (name: string, pair: Issued) => Files {
  const write = pemFolder(t);
  return (name, { cert, key }) => ({
    cert_file: write(`${name}.pem`, cert + root.cert),
    key_file: write(`${name}.key`, key),
  });
}

const yaml = (certificates: unknown, more: object = {}): string =>
  `${POOL}tls: ${JSON.stringify({ ...more, certificates })}\n`;
const settingsOf = (text: string): Settings => loadText(text, 'c.yaml', {}, { threads: '1' });

test('without the section there is no TLS, and with it the defaults are safe', (t) => {
  assert.equal(settingsOf(POOL).tls, null);
  const files = pairs(t)('shop', shop);
  assert.deepEqual(settingsOf(yaml([{ hosts: ['Shop.Example.com.'], ...files }])).tls, {
    port: 8443,
    redirect: 308,
    redirectPort: 'auto',
    hstsSeconds: 0,
    minVersion: 'TLSv1.2',
    unknownName: 'reject',
    handshakeTimeoutMs: 10_000,
    ticketRotationMs: 43_200_000,
    clientAuth: [],
    acmeEmail: null,
    acme: {},
    storageKey: null,
    certificates: [
      {
        hosts: ['shop.example.com'],
        certFile: files.cert_file,
        keyFile: files.key_file,
        acme: null,
        onDemand: null,
        internal: false,
      },
    ],
  });
});

test('every key has its value in the settings, and is shown as the file has it', (t) => {
  const files = pairs(t)('shop', shop);
  const given = {
    port: 443,
    redirect: 'off',
    redirect_port: 8443,
    hsts: '365d',
    min_version: 'TLSv1.3',
    unknown_name: 'default',
    handshake_timeout: '5s',
    ticket_rotation: '1h',
    client_auth: [],
    certificates: [
      { ...files, internal: false },
      { hosts: ['localhost'], internal: true },
    ],
  };
  const settings = settingsOf(`${POOL}tls: ${JSON.stringify(given)}`);
  const { redirect, hstsSeconds, certificates } = settings.tls!;
  assert.deepEqual([redirect, hstsSeconds, certificates[0]!.hosts], [0, 31_536_000, null]);
  assert.deepEqual(toFile(settings)['tls'], given);
});

test('no key and no certificate is in the settings or in what is shown of them', (t) => {
  const settings = settingsOf(yaml([pairs(t)('shop', shop)]));
  const secret = shop.key.split('\n')[1]!;
  for (const shown of [settings, toFile(settings), withoutRestart(settings, settings)]) {
    assert.ok(!JSON.stringify(shown).includes(secret));
    assert.doesNotMatch(JSON.stringify(shown), /BEGIN/);
  }
});

test('a number from the environment may be a status', (t) => {
  const text = yaml([pairs(t)('shop', shop)]).replace('"certificates"', '"redirect": "${CODE}", "certificates"');
  assert.equal(loadText(text, 'c.yaml', { CODE: '301' }, {}).tls?.redirect, 301);
});

test('mistakes are reported at their keys', (t) => {
  const write = pairs(t);
  const good = write('shop', shop);
  const other = write('other', root.issue(['other.test', 'shop.example.com']));
  const mixed = { cert_file: good.cert_file, key_file: other.key_file };
  for (const [certificates, more, ...problems] of [
    [[], {}, /tls\.certificates: the list is empty; at least one is needed$/],
    [undefined, {}, /tls\.certificates: missing; allowed: a list with at least one item$/],
    [
      [{ cert_file: good.cert_file }],
      {},
      /0\.key_file: missing; give cert_file and key_file, acme, or internal: true$/,
    ],
    [[{ ...good, hosts: [] }], {}, /tls\.certificates\.0\.hosts: the list is empty/],
    [[{ ...good, hosts: ['*'] }], {}, /hosts\.0: found "\*"; allowed: a host name .* \(use unknown_name: default/],
    [[{ ...good, hosts: ['a.*.b'] }], {}, /hosts\.0: found "a\.\*\.b"; .*\(a wildcard is the whole first label\)$/],
    [[{ ...good, hosts: ['a.b:443'] }], {}, /hosts\.0: found "a\.b:443"; .*\(a port does not belong here\)$/],
    [[{ ...good, cert_file: '/nowhere' }], {}, /0\.cert_file: "\/nowhere" cannot be read: the file does not exist$/],
    [[mixed], {}, /0\.key_file: ".*other\.key" does not belong to the first certificate in cert_file$/],
    [[{ ...good, hosts: ['a.example.com', 'b.test'] }], {}, /0\.hosts\.1: "b\.test" is not in the certificate, which/],
    [[good, good], {}, /1\.cert_file: the same file as in tls\.certificates\.0; name all its hosts there$/, /is for/],
    [[good, other], {}, /1\.cert_file: ".*other\.pem" is for shop\.example\.com, as tls\.certificates\.0 is; name its/],
    [
      [good, { ...other, hosts: ['other.test', 'SHOP.example.com'] }],
      {},
      /1\.hosts\.1: "SHOP\.example\.com" has a certificate already: tls\.certificates\.0$/,
    ],
    [[{}], {}, /0\.cert_file: missing; give cert_file and key_file, acme, or internal: true$/, /key_file/],
    [
      [{ ...good, internal: true }],
      {},
      /0\.cert_file: not with internal: true; leave one of them out$/,
      /key/,
      /hosts/,
    ],
    [[{ internal: true }], {}, /0\.hosts: missing; internal needs the hosts$/],
    [
      [good, { hosts: ['*.example.com'], internal: true }],
      {},
      /1\.hosts\.0: "\*\.example\.com" has a certificate already: tls\.certificates\.0$/,
    ],
    [[good], { port: 8080 }, /tls\.port: 8080 is taken by the public port$/],
    [[good], { hsts: '800d' }, /tls\.hsts: found "800d"; allowed: whole seconds, at most 730d/],
    [[good], { hsts: '1500ms' }, /tls\.hsts: found "1500ms"; allowed: whole seconds/],
    [[good], { redirect: 302 }, /tls\.redirect: found 302; allowed: off, 301, 308$/],
    [[good], { min_version: '1.1' }, /tls\.min_version: found "1\.1"; allowed: TLSv1\.2, TLSv1\.3/],
  ] as const) {
    const found = problemsOf(yaml(certificates, more));
    assert.ok(found.length >= 1 && found.length <= Math.max(problems.length, 1), found.join('\n'));
    assert.match(found[0]!, problems[0]!);
  }
});

test('two listeners cannot share a port, unless they have different addresses', (t) => {
  const text = yaml([pairs(t)('shop', shop)], { port: 9000 });
  assert.match(problemsOf(text)[0]!, /tls\.port: 9000 is taken by the admin port$/);
  assert.deepEqual(problemsOf(`${text}server: { host: 192.0.2.1 }`), []);
});

test('a backend may not be the gateway itself over TLS', (t) => {
  const text = yaml([pairs(t)('shop', shop)]).replace('http://b:1', 'https://127.0.0.1:8443');
  assert.match(problemsOf(text)[0]!, /leads to the TLS port of this gateway \(0\.0\.0\.0:8443\)/);
});

test('what is served with a warning is reported at its key', (t) => {
  const expired = root.issue(['a.test'], { notAfterMs: Date.now() - 1000 });
  const { fileWarnings } = loadWithReferences(yaml([pairs(t)('old', expired)]), 'c.yaml', {
    env: {},
    flags: {},
    cwd: '/',
  });
  assert.equal(fileWarnings.length, 1);
  assert.equal(fileWarnings[0]!.key, 'tls.certificates.0.cert_file');
  assert.match(fileWarnings[0]!.message, /^".*old\.pem" certificate 1 in it expired at 2/);
});

test('a text sent to the API opens no new files: it says so, and reveals nothing about them', (t) => {
  const files = pairs(t)('shop', shop);
  const around = { env: {}, flags: {}, cwd: '/', onlyFiles: [files.cert_file] };
  const { fileWarnings } = loadWithReferences(yaml([{ ...files, key_file: '/etc/shadow' }]), 'c.yaml', around);
  assert.deepEqual(fileWarnings, [
    {
      key: 'tls.certificates.0.key_file',
      message: '"/etc/shadow" is new: a reload or a start opens it, a check does not',
    },
  ]);
});

test('a reload applies everything but the port, and switches TLS neither on nor off', (t) => {
  const write = pairs(t);
  const certificates = [write('shop', shop)];
  const on = settingsOf(yaml(certificates));
  const changed = settingsOf(yaml([{ ...certificates[0], hosts: ['shop.example.com'] }], { port: 9443, hsts: '1h' }));
  const { settings, restartRequired } = withoutRestart(on, changed);
  assert.deepEqual(settings.tls, { ...changed.tls, port: 8443 });
  assert.deepEqual(restartRequired, ['tls.port']);
  assert.deepEqual(
    compareSettings(on, settings).map(({ name }) => name),
    ['tls.certificates', 'tls.hsts'],
  );
  const off = settingsOf(POOL);
  assert.deepEqual(withoutRestart(on, off).settings.tls, on.tls);
  assert.deepEqual(withoutRestart(on, off).restartRequired, ['tls']);
  assert.deepEqual(withoutRestart(off, on).settings.tls, null);
  assert.deepEqual(withoutRestart(off, on).restartRequired, ['tls']);
});
