import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noCertificates } from '../../support/admin-app.ts';
import { adminServer, command } from '../../support/admin-server.ts';
import { authority } from '../../support/issued.ts';

describe('sluice trust', () => {
  test('prints the root, what it is, and how to trust it on each system', async (t) => {
    const { cert } = authority('my root');
    const admin = [
      '--admin',
      await adminServer(t, {
        certificates: {
          ...noCertificates,
          rootPem: () => cert,
        },
      }),
    ];
    assert.deepEqual(await command(['trust', '--pem', ...admin]), { code: 0, out: cert, err: '' });
    const root = JSON.parse((await command(['trust', '--json', ...admin])).out) as Record<string, string>;
    assert.deepEqual([root['pem'], root['subject']], [cert, 'CN=my root']);
    const { code, out } = await command(['trust', ...admin]);
    assert.equal(code, 0);
    assert.ok(out.startsWith(cert));
    assert.match(out, /^CN=my root\nvalid until 2.*Z\nSHA-256 ([0-9A-F]{2}:){31}/m);
    for (const system of ['Debian', 'macOS', 'Windows', 'Firefox']) assert.match(out, new RegExp(`^${system}`, 'm'));
  });

  test('fails if no certificate is internal', async (t) => {
    const { code, err } = await command(['trust', '--admin', await adminServer(t)]);
    assert.equal(code, 1);
    assert.equal(err, 'sluice trust: 404 GW_NOT_FOUND: No certificate is internal\n');
  });
});
