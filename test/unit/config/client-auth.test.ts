/** `tls.client_auth`: what is wrong with it is reported, and what is right becomes settings without secrets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../../src/config/load.ts';
import { withoutRestart } from '../../../src/config/restart.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { POOL, problemsOf } from '../../support/config-problems.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';

const root = authority();

const yaml = (policies: unknown): string =>
  `${POOL}tls: ${JSON.stringify({ client_auth: policies, certificates: [{ hosts: ['a.test'], internal: true }] })}\n`;

test('it is read with its files, and applies without a restart', (t) => {
  const file = pemFolder(t);
  const ca = file('ca.pem', root.cert);
  const given = { hosts: ['API.test.', '*.b.test'], ca_file: ca };
  const settings = loadText(yaml([given]), 'c.yaml', {}, { threads: '1' });
  assert.deepEqual(settings.tls!.clientAuth, [
    {
      hosts: ['api.test', '*.b.test'],
      mode: 'require',
      caFile: ca,
      crlFile: null,
      identity: 'fingerprint',
      forward: false,
      caPem: root.cert,
      crlPem: null,
    },
  ]);
  const shown = (toFile(settings)['tls'] as { client_auth: unknown }).client_auth;
  assert.deepEqual(shown, [
    { hosts: ['api.test', '*.b.test'], mode: 'require', ca_file: ca, identity: 'fingerprint', forward: false },
  ]);
  const without = loadText(yaml([]), 'c.yaml', {}, { threads: '1' });
  const change = withoutRestart(without, settings);
  assert.deepEqual(change.restartRequired, []);
  assert.equal(change.settings.tls!.clientAuth.length, 1);
});

test('mistakes are reported with their key', (t) => {
  const file = pemFolder(t);
  const good = { hosts: ['a.test'], ca_file: file('ca.pem', root.cert) };
  for (const [policies, expected] of [
    [[{ hosts: ['a.test'] }], /client_auth\.0\.ca_file: missing/],
    [[{ ...good, hosts: [] }], /client_auth\.0\.hosts: the list is empty/],
    [[{ ...good, hosts: ['a b'] }], /client_auth\.0\.hosts\.0: found "a b"/],
    [
      [good, { ...good, hosts: ['b.test', 'A.test'] }],
      /client_auth\.1\.hosts\.1: "A\.test" is in tls\.client_auth\.0\.hosts\.0, too/,
    ],
    [
      [{ ...good, ca_file: '/nowhere.pem' }],
      /client_auth\.0\.ca_file: "\/nowhere\.pem" cannot be read: the file does not exist/,
    ],
    [[{ ...good, ca_file: file('x.pem', 'rubbish') }], /client_auth\.0\.ca_file: ".*x\.pem" /],
    [
      [{ ...good, crl_file: file('crl.pem', root.cert) }],
      /client_auth\.0\.crl_file: ".*" has no list of revoked certificates in PEM/,
    ],
    [
      [{ ...good, crl_file: file('bad.pem', '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n') }],
      /client_auth\.0\.crl_file: ".*" is not a list of revoked certificates in PEM/,
    ],
    [[{ ...good, mode: 'maybe' }], /client_auth\.0\.mode: found "maybe"; allowed: require, optional/],
    [[{ ...good, identity: 'cn' }], /client_auth\.0\.identity: found "cn"; allowed: fingerprint, san, none/],
  ] as const) {
    const problems = problemsOf(yaml(policies));
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0]!, expected);
  }
});
