/** What every FleetStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { Beat } from '../../src/fleet/core/membership.ts';
import type { FleetStore } from '../../src/fleet/fleet-store.ts';
import { eventually } from '../support/eventually.ts';

/** `open` gives the store under test; tests use ids of their own. */
export function fleetStoreContract(open: () => FleetStore): void {
  describe('a store of beats', () => {
    let store: FleetStore;
    let beat: Beat;
    beforeEach(() => {
      store = open();
      beat = {
        id: randomUUID(),
        name: 'gw-1',
        version: '1.2.3',
        configDigest: 'abc',
        adminUrl: null,
        uptimeSeconds: 100,
        figures: {
          requestsPerSecond: 1.5,
          refusedPerSecond: 0,
          threads: 2,
          limitMode: 'local',
          limitModeSeconds: null,
        },
      };
    });

    const seen = async (id = beat.id) => (await store.list()).find((each) => each.id === id);

    it('gives back what was said last, and when by its own clock', async () => {
      await store.beat(beat);
      const { uptimeSeconds, joinedMsAgo, seenMsAgo, ...said } = (await seen())!;
      const { uptimeSeconds: _uptime, ...rest } = beat;
      assert.deepEqual(said, rest);
      assert.ok(uptimeSeconds >= 99.9 && uptimeSeconds < 130, `${uptimeSeconds}`);
      assert.ok(joinedMsAgo >= 0 && joinedMsAgo < 30_000, `${joinedMsAgo}`);
      assert.ok(seenMsAgo >= 0 && seenMsAgo <= joinedMsAgo, `${seenMsAgo}`);
      await eventually('some age', async () => (await seen())!.seenMsAgo > 5);
      const figures = { ...beat.figures, requestsPerSecond: 3 };
      await store.beat({ ...beat, uptimeSeconds: 5, adminUrl: 'http://gw-1:9000', configDigest: 'def', figures });
      const next = (await seen())!;
      assert.deepEqual([next.adminUrl, next.configDigest, next.figures], ['http://gw-1:9000', 'def', figures]);
      assert.ok(next.uptimeSeconds >= 99.9, 'it started when it first said so');
      assert.ok(next.seenMsAgo < next.joinedMsAgo);
    });

    it('keeps two processes of one name apart', async () => {
      const other = { ...beat, id: randomUUID() };
      await store.beat(beat);
      await store.beat(other);
      assert.ok((await seen()) !== undefined && (await seen(other.id)) !== undefined);
    });

    it('forgets one that left, and no other', async () => {
      const other = { ...beat, id: randomUUID() };
      await store.beat(beat);
      await store.beat(other);
      await store.leave(beat.id);
      assert.equal(await seen(), undefined);
      assert.ok((await seen(other.id)) !== undefined);
      await store.leave(beat.id);
    });

    it('prunes only those that were not seen for so long', async () => {
      await store.beat(beat);
      assert.equal(await store.prune(3600), 0);
      await eventually('some age', async () => (await seen())!.seenMsAgo > 5);
      assert.ok((await store.prune(0.001)) >= 1);
      assert.equal(await seen(), undefined);
    });

    it('lets one owner have a lease until it ends or is released', async () => {
      const lease = randomUUID();
      assert.equal(await store.claim(lease, 'a', 60), true);
      assert.equal(await store.claim(lease, 'b', 60), false);
      assert.equal(await store.claim(lease, 'a', 60), true, 'the owner may renew it');
      await store.release(lease, 'b');
      assert.equal(await store.claim(lease, 'b', 60), false, 'only the owner releases it');
      await store.release(lease, 'a');
      assert.equal(await store.claim(lease, 'b', 0.001), true);
      await eventually('its end', () => store.claim(lease, 'a', 60));
      const claims = await Promise.all(['a', 'b', 'c'].map((owner) => store.claim(`${lease}2`, owner, 60)));
      assert.equal(claims.filter(Boolean).length, 1);
    });
  });
}
