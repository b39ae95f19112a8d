import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSaveRound, restoreLevels, startSaving } from '../../../../src/limits/control/level-saver.ts';
import type { BucketLevel } from '../../../../src/limits/client-store.ts';
import { keptLog } from '../../../support/kept-log.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

const level = (key: string, tokens: number): BucketLevel => ({ key, tokens, savedAt: new Date(0) });

async function storeWith(...keys: string[]): Promise<MemoryClientStore> {
  const store = new MemoryClientStore();
  for (const key of keys) {
    await store.create({
      key,
      kind: 'id',
      name: null,
      algorithm: 'token-bucket',
      capacity: 9,
      ratePerSecond: 1,
      windowSeconds: null,
      enabled: true,
      apiKeyHash: null,
    });
  }
  return store;
}

async function restored(store: MemoryClientStore): Promise<BucketLevel[]> {
  const levels: BucketLevel[] = [];
  await restoreLevels(store, (one) => levels.push(one));
  return levels;
}

describe('the level saver', () => {
  it('saves the current levels at each round, and they can be restored', async () => {
    const store = await storeWith('a', 'b');
    let tokens = 5;
    const round = createSaveRound({ store, log: keptLog(), levels: () => [level('a', tokens), level('b', 1)] });
    await round();
    tokens = 4;
    await round();
    assert.deepEqual(await restored(store), [level('a', 4), level('b', 1)]);
  });

  it('removes old levels with the first round and then once a day, whether or not there is one to save', async () => {
    const store = await storeWith('a', 'b');
    const log = keptLog();
    const at = { ms: 1e12 };
    const levels: BucketLevel[] = [];
    const round = createSaveRound({ store, log, levels: () => levels, wallMs: () => at.ms });
    await store.saveLevels([level('a', 1)]);
    await round();
    assert.deepEqual(await restored(store), []);
    await store.saveLevels([level('b', 1)]);
    at.ms += 24 * 3600 * 1000 - 1;
    await round();
    assert.deepEqual(await restored(store), [level('b', 1)]);
    at.ms += 1;
    levels.push({ ...level('a', 2), savedAt: new Date(at.ms) });
    await round();
    assert.deepEqual(await restored(store), levels);
    assert.deepEqual(
      log.lines.map((line) => line.message),
      ['old bucket levels removed', 'old bucket levels removed'],
    );
  });

  it('leaves old levels to the gateway that removes them for all', async () => {
    const store = await storeWith('a');
    let pruned = 0;
    store.pruneLevels = async () => (pruned += 1);
    let isLeader = false;
    const round = createSaveRound({
      store,
      log: keptLog(),
      isLeader: () => isLeader,
      levels: () => [],
      wallMs: () => 0,
    });
    await round();
    assert.equal(pruned, 0);
    isLeader = true;
    await round();
    await round();
    assert.equal(pruned, 1);
  });

  it('says once that saving fails, and once that it works again', async () => {
    const store = await storeWith('a');
    const log = keptLog();
    const round = createSaveRound({ store, log, levels: () => [level('a', 1)], wallMs: () => 0 });
    store.isAway = true;
    await round();
    await round();
    store.isAway = false;
    await round();
    await round();
    assert.deepEqual(
      log.lines.map((line) => [line.level, line.message]),
      [
        ['warn', 'bucket levels cannot be saved'],
        ['info', 'bucket levels are being saved again'],
      ],
    );
  });

  it('outlives a source that throws', async () => {
    const log = keptLog();
    const round = createSaveRound({
      store: await storeWith(),
      log,
      levels: () => {
        throw new Error('no table');
      },
    });
    await round();
    assert.equal(log.lines.length, 1);
  });

  it('repeats the round, and saves a last time when stopped, after the round that runs', async () => {
    const events: string[] = [];
    let rounds = 0;
    const stop = startSaving(async () => {
      const number = ++rounds;
      events.push(`begin ${number}`);
      await Promise.resolve();
      events.push(`end ${number}`);
    }, 1);
    await eventually('three rounds', () => rounds >= 3);
    await stop();
    const last = rounds;
    assert.deepEqual(events.slice(-2), [`begin ${last}`, `end ${last}`]);
    events.reduce((before, event) => {
      assert.notEqual(before.split(' ')[0], event.split(' ')[0], 'rounds never overlap');
      return event;
    });
  });
});
