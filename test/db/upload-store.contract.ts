/** What every UploadStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { NewUpload, UploadStore } from '../../src/certificates/upload-store.ts';

/** `open` gives the store under test; tests use ids of their own. */
export function uploadStoreContract(open: () => UploadStore): void {
  describe('a store of uploaded certificates', () => {
    let store: UploadStore;
    let upload: NewUpload;
    beforeEach(() => {
      store = open();
      upload = { id: randomUUID(), hosts: ['a.example.com', '*.example.com'], chainPem: 'chain', keyEncrypted: 'key' };
    });

    const stored = async () => (await store.all()).find(({ id }) => id === upload.id);

    it('gives back what was put, and the newest of it with a higher version', async () => {
      const first = await store.put(upload);
      const { version, createdAt, updatedAt, ...rest } = (await stored())!;
      assert.deepEqual(rest, upload);
      assert.deepEqual([version, createdAt, updatedAt], [first.version, first.createdAt, first.updatedAt]);
      assert.ok(version > 0);
      const second = await store.put({ ...upload, chainPem: 'new chain', keyEncrypted: 'new key' });
      assert.ok(second.version > version);
      assert.deepEqual(second.createdAt, createdAt);
      assert.deepEqual(await stored(), second);
      assert.equal(second.chainPem, 'new chain');
    });

    it('replaces only an accepted version', async () => {
      await assert.rejects(store.put(upload, [1]), { code: 'GW_PRECONDITION_FAILED' });
      assert.equal(await stored(), undefined);
      const { version } = await store.put(upload);
      await assert.rejects(store.put({ ...upload, chainPem: 'other' }, [version + 1]), {
        code: 'GW_PRECONDITION_FAILED',
      });
      assert.equal((await stored())!.chainPem, 'chain');
      assert.equal((await store.put({ ...upload, chainPem: 'other' }, [version + 1, version])).chainPem, 'other');
    });

    it('removes one, or only an accepted version of it', async () => {
      assert.equal(await store.remove(upload.id), false);
      assert.equal(await store.remove(upload.id, [1]), false);
      const { version } = await store.put(upload);
      await assert.rejects(store.remove(upload.id, [version + 1]), { code: 'GW_PRECONDITION_FAILED' });
      assert.equal(await store.remove(upload.id, [version]), true);
      assert.equal(await stored(), undefined);
    });

    it('lists them by id', async () => {
      const ids = [`${upload.id}-b`, `${upload.id}-a`];
      for (const id of ids) await store.put({ ...upload, id });
      const own = (await store.all()).map(({ id }) => id).filter((id) => id.startsWith(upload.id));
      assert.deepEqual(own, ids.toReversed());
    });
  });
}
