import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noCertificates } from '../../support/admin-app.ts';
import { adminServer, command } from '../../support/admin-server.ts';
import { fakeCertificate } from '../../support/fake-certificate.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';

describe('sluice certs', () => {
  test('lists certificates, and succeeds if all of them are served as they are on disk', async (t) => {
    const notAfter = Date.UTC(2126, 0, 2);
    const list = [fakeCertificate({ notAfter }), fakeCertificate({ hosts: ['b.test'], notAfter, state: 'expiring' })];
    const admin = [
      '--admin',
      await adminServer(t, {
        certificates: {
          ...noCertificates,
          list: () => list,
        },
      }),
    ];
    const { code, out } = await command(['certs', ...admin]);
    assert.equal(code, 0);
    const [head, first, second] = out.split('\n');
    assert.equal(head, 'HOSTS              STATE     DAYS LEFT  EXPIRES     SOURCE  ISSUER');
    assert.match(first!, /^a\.test and 1 more  ok +\d+  2126-01-02  file    CN=test root$/);
    assert.match(second!, /^b\.test +expiring +\d+  2126-01-02  file    CN=test root$/);
    const { out: json } = await command(['certs', '--json', ...admin]);
    assert.deepEqual(
      (JSON.parse(json) as { hosts: string[] }[]).map(({ hosts }) => hosts.length),
      [2, 1],
    );
  });

  test('fails if one has expired, or if its new files cannot be served, and says why', async (t) => {
    const refused = fakeCertificate({ error: '"a.key" contains no PEM private key' });
    const admin = [
      '--admin',
      await adminServer(t, {
        certificates: {
          ...noCertificates,
          list: () => [refused],
        },
      }),
    ];
    const { code, out } = await command(['certs', ...admin]);
    assert.equal(code, 1);
    assert.match(out, /\n\na\.test: "a\.key" contains no PEM private key\n$/);
    const expired = [fakeCertificate({ state: 'expired', notAfter: 0 })];
    const other = await adminServer(t, {
      certificates: {
        ...noCertificates,
        list: () => expired,
      },
    });
    assert.equal((await command(['certs', '--admin', other])).code, 1);
  });

  test('shows those that are not ordered yet, and when that is tried again', async (t) => {
    const pending = fakeCertificate({
      id: 'a.test-1',
      source: 'acme',
      file: null,
      issuer: null,
      serial: null,
      notBefore: null,
      notAfter: null,
      fingerprintSha256: null,
      state: 'pending',
      error: 'le: no answer from 192.0.2.1',
      nextAttempt: Date.UTC(2026, 10, 30, 12, 34, 56),
    });
    const certificates = {
      ...noCertificates,
      list: () => [pending],
    };
    const { code, out } = await command(['certs', '--admin', await adminServer(t, { certificates })]);
    assert.equal(code, 1);
    assert.match(out, /^a\.test and 1 more  pending +-  - +acme +-$/m);
    assert.match(out, /\na\.test: le: no answer from 192\.0\.2\.1; next attempt 2026-11-30T12:34Z\n$/);
  });

  test('says so if there is no TLS', async (t) => {
    const { code, out } = await command(['certs', '--admin', await adminServer(t)]);
    assert.deepEqual([code, out], [0, 'no certificates: the configuration has no section tls\n']);
  });

  test('uploads a pair of files, and removes what was uploaded, by one of its hosts', async (t) => {
    const write = pemFolder(t);
    const { cert, key } = authority().issue(['up.test', 'www.up.test']);
    const files = [write('up.pem', cert), write('up.key', key)];
    const up = fakeCertificate({ id: 'up', hosts: ['up.test', 'www.up.test'], source: 'uploaded', version: 3 });
    const calls: unknown[] = [];
    const url = await adminServer(t, {
      certificates: {
        ...noCertificates,
        list: () => [fakeCertificate(), up],
      },
      uploads: {
        upload: async (upload) => {
          calls.push(upload);
          return { report: up, before: calls.length === 1 ? null : up, warnings: ['cert_pem is old'] };
        },
        remove: async (id) => {
          calls.push(id);
          return up;
        },
      },
    });
    const admin = ['--admin', url];
    const added = await command(['certs', 'add', ...files, '--host', 'up.test', ...admin]);
    assert.deepEqual([added.code, added.err], [0, 'warning: cert_pem is old\n']);
    assert.match(added.out, /^added up\nHOSTS.*\nup\.test and 1 more +ok/);
    assert.deepEqual(calls.shift(), { certPem: cert, keyPem: key, hosts: ['up.test'] });
    assert.deepEqual(await command(['certs', 'remove', 'www.up.test', ...admin]), {
      code: 0,
      out: 'removed up\n',
      err: '',
    });
    assert.deepEqual(calls, ['up']);

    const configured = await command(['certs', 'remove', 'a.test', ...admin]);
    assert.match(configured.err, /the certificate for a\.test is in the configuration: remove it there/);
    assert.match(
      (await command(['certs', 'remove', 'b.test', ...admin])).err,
      /no certificate "b\.test"; did you mean "a\.test"\?; there are: /,
    );
    assert.match(
      (await command(['certs', 'add', files[0]!, '/nowhere', ...admin])).err,
      /nowhere cannot be read: the file does not exist/,
    );
    assert.equal((await command(['certs', 'add', files[0]!, ...admin])).code, 2);
    assert.equal((await command(['certs', 'put', ...admin])).code, 2);
    const open = await command(['certs', 'add', ...files, '--admin', 'http://192.0.2.1:9000']);
    assert.match(open.err, /192\.0\.2\.1:9000 is not encrypted: a private key is sent over https only/);
  });

  test('removes one on demand, and changes the key of an account', async (t) => {
    const asked = fakeCertificate({ id: 'asked', hosts: ['asked.test'], source: 'on_demand', lastUsed: 0 });
    const failed = fakeCertificate({ ...asked, hosts: ['failed.test'], state: 'pending', error: 'le: refused' });
    const calls: string[] = [];
    const certificates = {
      ...noCertificates,
      list: () => [asked, failed],
      forget: async (id: string) => {
        calls.push(id);
        return asked;
      },
      changeAccountKey: async (issuer: string) => `https://ca.example.com/account/${issuer}`,
    };
    const admin = ['--admin', await adminServer(t, { certificates })];
    assert.equal((await command(['certs', ...admin])).code, 0);
    assert.match((await command(['certs', ...admin])).out, /^asked\.test +ok .* on demand /m);
    assert.equal((await command(['certs', 'remove', 'asked.test', ...admin])).out, 'removed asked\n');
    assert.deepEqual(calls, ['asked']);
    assert.deepEqual(await command(['certs', 'rollover', 'le', ...admin]), {
      code: 0,
      out: 'changed the key of https://ca.example.com/account/le\n',
      err: '',
    });
    const { code, err } = await command(['certs', 'rollover', ...admin]);
    assert.equal(code, 2);
    assert.match(err, /rollover: found 0 words; allowed: ISSUER/);
  });
});
