/** Two gateways that change one backend at the same moment. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOTHING, saveBackendChange } from '../../../../src/backends/control/save-backend-change.ts';
import { MemoryBackendStore } from '../../../support/memory-backend-store.ts';

const OVER = { ...NOTHING, id: 'a', url: null };
const PRECONDITION = { code: 'GW_PRECONDITION_FAILED' };

describe('a change that conflicts with another gateway’s', () => {
  it('is added to what the other has just said, unless a version was asked for', async () => {
    const store = new MemoryBackendStore();
    await store.create({ ...OVER, weight: 3 });
    await assert.rejects(saveBackendChange(store, 'a', undefined, { enabled: false }, [0]), PRECONDITION);
    const stored = await saveBackendChange(store, 'a', undefined, { enabled: false }, undefined);
    assert.deepEqual([stored?.weight, stored?.enabled, stored?.version], [3, false, 2]);
  });

  it('removes nothing that the other has just added to, and takes its own value back', async () => {
    const store = new MemoryBackendStore();
    const row = await store.create({ ...OVER, weight: 3 });
    await store.update('a', { enabled: false });
    await assert.rejects(saveBackendChange(store, 'a', row, { weight: null }, [1]), PRECONDITION);
    const stored = await saveBackendChange(store, 'a', row, { weight: null }, undefined);
    assert.deepEqual([stored?.weight, stored?.enabled], [null, false]);
  });

  it('is refused when the other has removed the backend', async () => {
    const store = new MemoryBackendStore();
    const row = await store.create({ ...OVER, url: 'http://a:1', pool: 'p' });
    await store.remove('a');
    await assert.rejects(saveBackendChange(store, 'a', row, { weight: 2 }, undefined), {
      code: 'GW_BACKEND_NOT_FOUND',
    });
  });

  it('hides no failure of the database', async () => {
    const store = new MemoryBackendStore();
    const row = await store.create({ ...OVER, weight: 3 });
    store.isAway = true;
    for (const [stored, change] of [
      [undefined, { weight: 2 }],
      [row, { weight: null }],
      [row, { weight: 4 }],
    ] as const) {
      await assert.rejects(saveBackendChange(store, 'a', stored, change, undefined), {
        code: 'GW_DATABASE_UNAVAILABLE',
      });
    }
  });
});
