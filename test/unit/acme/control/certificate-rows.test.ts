import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CertificateRows } from '../../../../src/acme/control/certificate-rows.ts';
import { MemoryAcmeStore } from '../../../support/memory-acme-store.ts';

test('only certificates that have changed are read again, and removed ones are forgotten', async (t) => {
  const store = new MemoryAcmeStore();
  const rows = new CertificateRows();
  const read: string[][] = [];
  const byId = store.certificatesById.bind(store);
  t.mock.method(store, 'certificatesById', (ids: readonly string[]) => {
    read.push([...ids]);
    return byId(ids);
  });
  for (const id of ['a', 'b', 'c']) await store.addOnDemand(id, `${id}.example.com`);
  assert.deepEqual([...(await rows.read(store)).keys()], ['a', 'b', 'c']);
  await store.claim('b', 'here', 60);
  await store.save('b', 'here', { error: 'changed' });
  await store.release('b', 'here');
  assert.equal((await rows.read(store)).get('b')!.error, 'changed');
  await store.removeUnused('c', -60);
  assert.deepEqual([...(await rows.read(store)).keys()], ['a', 'b']);
  assert.deepEqual(read, [['a', 'b', 'c'], ['b'], []]);
});

test('if many are new, all are read at once', async (t) => {
  const store = new MemoryAcmeStore();
  for (let at = 0; at < 501; at += 1) await store.addOnDemand(`n${at}`, `n${at}.example.com`);
  const all = t.mock.method(store, 'certificates');
  const byId = t.mock.method(store, 'certificatesById');
  assert.equal((await new CertificateRows().read(store)).size, 501);
  assert.deepEqual([all.mock.callCount(), byId.mock.callCount()], [1, 0]);
});
