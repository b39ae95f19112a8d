import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import Fastify from 'fastify';
import audit from '../../../../plugins/admin/base/audit.ts';
import auth from '../../../../plugins/admin/base/auth.ts';
import errors, { adminServerOptions } from '../../../../plugins/admin/base/error-answers.ts';
import origins from '../../../../plugins/admin/base/origins.ts';
import schemas from '../../../../plugins/admin/base/schemas.ts';
import { fakeDatabase } from '../../../support/admin-app.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

const DAY_MS = 86_400_000;

async function withOldEntries(t: TestContext, keepDays: number, isLeader = true) {
  const store = new MemoryAuditStore();
  for (const days of [100, 10, 0]) {
    await store.append([
      {
        at: new Date(Date.now() - days * DAY_MS),
        actor: `${days} days`,
        role: 'admin',
        address: '::1',
        action: 'x',
        target: null,
        status: 200,
        before: null,
        after: null,
        requestId: 'r',
        gateway: null,
      },
    ]);
  }
  let rounds = 0;
  const app = Fastify(adminServerOptions);
  await app.register(errors);
  await app.register(schemas);
  await app.register(origins, { admin: () => ({ host: '127.0.0.1', allowedHosts: [], corsOrigins: [] }) });
  await app.register(auth, { admin: () => ({ token: null, tokens: [] }) });
  await app.register(audit, {
    database: fakeDatabase(new MemoryClientStore(), store),
    fleet: { name: 'gw-1', isLeader },
    keepDays: () => {
      rounds += 1;
      return keepDays;
    },
    roundMs: 1,
  });
  await app.ready();
  t.after(() => app.close());
  const left = async () => (await store.list({ limit: 10 })).map(({ actor }) => actor);
  return { left, rounds: () => rounds, store };
}

test('entries older than they are to be kept are removed', async (t) => {
  const { left } = await withOldEntries(t, 90);
  await eventually('the old one is gone', async () => (await left()).length === 2);
  assert.deepEqual(await left(), ['0 days', '10 days']);
});

test('one gateway of several removes them', async (t) => {
  const { left, rounds } = await withOldEntries(t, 90, false);
  await eventually('some rounds have passed', () => rounds() > 3);
  assert.equal((await left()).length, 3);
});

test('0 days keeps them forever', async (t) => {
  const { left, rounds } = await withOldEntries(t, 0);
  await eventually('some rounds have passed', () => rounds() > 3);
  assert.equal((await left()).length, 3);
});
