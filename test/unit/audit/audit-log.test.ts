import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuditLog } from '../../../src/audit/audit-log.ts';
import type { AuditEntry } from '../../../src/audit/audit-store.ts';
import { keptLog } from '../../support/kept-log.ts';
import { MemoryAuditStore } from '../../support/memory-audit-store.ts';

const ENTRY: AuditEntry = {
  at: new Date(0),
  actor: 'jo',
  role: 'admin',
  address: '127.0.0.1',
  action: 'createClient',
  target: 'a',
  status: 201,
  before: null,
  after: {},
  requestId: 'r',
  gateway: 'gw-1',
};

function start(maxWaiting?: number) {
  const store = new MemoryAuditStore();
  const log = keptLog();
  const audit = new AuditLog({ store, log, ...(maxWaiting === undefined ? {} : { maxWaiting }) });
  const written = async () => (await store.list({ limit: 1000 })).map(({ target }) => target).toReversed();
  return { store, log, audit, written, record: (target: string) => audit.record({ ...ENTRY, target }) };
}

test('entries are written in the order in which they came, without being asked', async () => {
  const { audit, record, written } = start();
  for (const target of ['a', 'b', 'c']) record(target);
  await audit.flush();
  assert.deepEqual(await written(), ['a', 'b', 'c']);
  assert.equal(audit.waiting, 0);
});

test('while the database is away they wait, which is logged once, and are written when it is back', async () => {
  const { audit, record, store, log, written } = start();
  store.isAway = true;
  record('a');
  record('b');
  await audit.flush();
  await audit.flush();
  assert.equal(audit.waiting, 2);
  store.isAway = false;
  await audit.flush();
  assert.deepEqual(await written(), ['a', 'b']);
  assert.deepEqual(
    log.lines.map(({ message }) => message),
    ['audit entries are waiting for the database', 'audit entries are being written again'],
  );
});

test('a bounded number wait; the others are counted, and the first is logged', async () => {
  const { audit, record, store, log, written } = start(2);
  store.isAway = true;
  for (const target of ['a', 'b', 'c', 'd']) record(target);
  assert.equal(audit.leftOut, 2);
  await audit.flush();
  store.isAway = false;
  await audit.flush();
  assert.deepEqual(await written(), ['a', 'b']);
  assert.equal(log.lines.filter(({ message }) => message === 'audit entries dropped').length, 1);
  assert.deepEqual(log.lines.at(-1), {
    level: 'info',
    details: { left_out: 2 },
    message: 'audit entries are being written again',
  });
});

test('an entry the database rejects is dropped, reported, and delays no other', async () => {
  const log = keptLog();
  const written: (string | null)[] = [];
  const store = {
    append: async (entries: readonly AuditEntry[]) => {
      if (entries.some(({ target }) => target === 'bad')) throw new Error('invalid byte sequence');
      written.push(...entries.map(({ target }) => target));
    },
  };
  const audit = new AuditLog({ store, log });
  for (const target of ['a', 'bad', 'b']) audit.record({ ...ENTRY, target });
  await audit.flush();
  assert.deepEqual(written, ['a', 'b']);
  assert.equal(audit.leftOut, 1);
  assert.deepEqual(
    log.lines.map(({ level, message }) => `${level} ${message}`),
    ['error audit entry rejected by the database'],
  );
});
