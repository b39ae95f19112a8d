import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../../../src/errors.ts';
import { fakeAdminApp, fakeDatabase, noCertificates } from '../../../support/admin-app.ts';
import { fakeCertificate } from '../../../support/fake-certificate.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { MemoryBackendStore } from '../../../support/memory-backend-store.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

test('certificates are listed in the order of the configuration, with whole days until they expire', async (t) => {
  const nowMs = Date.now();
  const list = [
    fakeCertificate({ notBefore: 0, notAfter: nowMs + 10.5 * 86_400_000 }),
    fakeCertificate({ hosts: ['b.test'], notAfter: nowMs - 1, state: 'expired', error: '"b.key" is no key' }),
  ];
  const app = await fakeAdminApp({
    certificates: {
      ...noCertificates,
      list: () => list,
    },
  });
  t.after(() => app.close());
  const answer = await app.inject('/v1/api/certificates');
  assert.equal(answer.statusCode, 200);
  const { items } = answer.json<{ items: Record<string, unknown>[] }>();
  assert.deepEqual(items[0], {
    id: null,
    hosts: ['a.test', '*.a.test'],
    source: 'file',
    file: 'a.pem',
    issuer: 'CN=test root',
    serial: '01AF',
    not_before: '1970-01-01T00:00:00.000Z',
    not_after: new Date(nowMs + 10.5 * 86_400_000).toISOString(),
    days_left: 10,
    fingerprint_sha256: 'AA:BB',
    state: 'ok',
    error: null,
    next_attempt: null,
    last_used: null,
    version: null,
  });
  assert.deepEqual(
    [items[1]!['hosts'], items[1]!['days_left'], items[1]!['error']],
    [['b.test'], -1, '"b.key" is no key'],
  );
});

test('a renewal that an operator asks for is recorded, and so is one that there is nothing to renew for', async (t) => {
  const audit = new MemoryAuditStore();
  const database = fakeDatabase(new MemoryClientStore(), audit, new MemoryBackendStore());
  const certificates = {
    ...noCertificates,
    renew: async (id: string) => id === 'shop',
  };
  const app = await fakeAdminApp({ database, certificates });
  t.after(() => app.close());
  for (const [id, status] of [
    ['shop', 202],
    ['none', 404],
  ] as const) {
    const answer = await app.inject({ method: 'POST', url: `/v1/api/certificates/${id}/renew` });
    assert.equal(answer.statusCode, status, answer.body);
    const [entry] = await audit.list({ limit: 1 });
    assert.deepEqual([entry!.action, entry!.target, entry!.status], ['renewCertificate', id, status]);
  }
});

test('one on demand is removed, and one of the configuration is not', async (t) => {
  const audit = new MemoryAuditStore();
  const database = fakeDatabase(new MemoryClientStore(), audit, new MemoryBackendStore());
  const asked = fakeCertificate({ id: 'asked', source: 'on_demand', lastUsed: 0 });
  const certificates = {
    ...noCertificates,
    list: () => [fakeCertificate({ id: 'shop', source: 'acme' })],
    forget: async (id: string) => (id === 'asked' ? asked : undefined),
  };
  const app = await fakeAdminApp({ database, certificates });
  t.after(() => app.close());
  for (const [id, status] of [
    ['asked', 204],
    ['shop', 409],
    ['none', 404],
  ] as const) {
    const answer = await app.inject({ method: 'DELETE', url: `/v1/api/certificates/${id}` });
    assert.equal(answer.statusCode, status, answer.body);
    const [entry] = await audit.list({ limit: 1 });
    assert.deepEqual([entry!.action, entry!.target, entry!.status], ['deleteCertificate', id, status]);
  }
});

test('a change of the key of an account is recorded, and so is a refused one', async (t) => {
  const audit = new MemoryAuditStore();
  const database = fakeDatabase(new MemoryClientStore(), audit, new MemoryBackendStore());
  const certificates = {
    ...noCertificates,
    changeAccountKey: async (issuer: string) => {
      if (issuer === 'busy') throw new GatewayError('GW_ACME_BUSY');
      if (issuer === 'away') throw new GatewayError('GW_ACME_FAILED', { message: 'away: no answer from 192.0.2.1' });
      return `https://ca.example.com/account/${issuer}`;
    },
  };
  const app = await fakeAdminApp({ database, certificates });
  t.after(() => app.close());
  for (const [issuer, status, body] of [
    ['le', 200, /^\{"issuer":"le","account":"https:\/\/ca\.example\.com\/account\/le"\}$/],
    ['busy', 409, /A certificate is being ordered; try again when that has ended/],
    ['away', 502, /away: no answer from 192\.0\.2\.1/],
  ] as const) {
    const answer = await app.inject({ method: 'POST', url: `/v1/api/acme/${issuer}/rollover` });
    assert.equal(answer.statusCode, status);
    assert.match(answer.body, body);
    const [entry] = await audit.list({ limit: 1 });
    assert.deepEqual([entry!.action, entry!.target, entry!.status], ['rolloverAccountKey', issuer, status]);
  }
});
