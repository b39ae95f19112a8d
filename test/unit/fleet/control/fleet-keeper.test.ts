import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FleetKeeper, type FleetKeeperPorts } from '../../../../src/fleet/control/fleet-keeper.ts';
import type { Beat, FleetChange } from '../../../../src/fleet/core/membership.ts';
import { MemoryFleetStore } from '../../../support/memory-fleet-store.ts';

const BEAT_MS = 5000;
const EXPIRE_MS = 15_000;

let nowMs: number;
let store: MemoryFleetStore;
beforeEachReset();

function beforeEachReset(): void {
  nowMs = 1_000_000;
  store = new MemoryFleetStore(() => nowMs);
}

interface Kept {
  readonly keeper: FleetKeeper;
  readonly changes: FleetChange[];
  readonly failures: unknown[];
}

function keeper(id: string, some: Partial<FleetKeeperPorts> = {}, said: Partial<Beat> = {}): Kept {
  const changes: FleetChange[] = [];
  const failures: unknown[] = [];
  const beat: Beat = {
    id,
    name: `gw-${id}`,
    version: '1.0.0',
    configDigest: 'aaa',
    adminUrl: null,
    uptimeSeconds: 1,
    figures: { requestsPerSecond: 0, refusedPerSecond: 0, threads: 1, limitMode: 'local', limitModeSeconds: null },
    ...said,
  };
  const kept = new FleetKeeper({
    id,
    name: beat.name,
    own: () => beat,
    beatMs: BEAT_MS,
    expireMs: EXPIRE_MS,
    nowMs: () => nowMs,
    wallMs: (atMs) => atMs,
    onChange: (change) => changes.push(change),
    onFailure: (error) => failures.push(error),
    ...some,
  });
  return { keeper: kept, changes, failures };
}

async function joined(...ids: readonly string[]): Promise<readonly Kept[]> {
  const all = ids.map((id) => keeper(id));
  for (const each of all) {
    each.keeper.follow(store);
    await each.keeper.round();
  }
  for (const each of all) await each.keeper.refresh();
  return all;
}

describe('a gateway among others', () => {
  beforeEach(beforeEachReset);

  it('is alone and leads without a store', async () => {
    const { keeper: only } = keeper('a');
    await only.round();
    await only.leave();
    assert.deepEqual([only.count, only.isLeader, only.view.source, only.report().name], [1, true, 'alone', 'gw-a']);
  });

  it('has a name of its own while another one has had its name for longer', async () => {
    const [older, newer] = ['a', 'b'].map((id) => keeper(id, {}, { name: 'x' }).keeper) as [FleetKeeper, FleetKeeper];
    older.follow(store);
    newer.follow(store);
    await older.round();
    nowMs += 10;
    await newer.round();
    // Until the older one beats on, it may have been killed and restarted as the newer one.
    assert.equal(newer.ownName, 'x');
    await older.round();
    await newer.refresh();
    assert.deepEqual([older.ownName, newer.ownName, newer.isNamesake], ['x', 'x#b', true]);
    await older.leave();
    await newer.refresh();
    assert.equal(newer.ownName, 'x');
  });

  it('counts those that join and leave as soon as it looks', async () => {
    const [a, b] = await joined('a', 'b');
    assert.deepEqual([a!.keeper.count, b!.keeper.count], [2, 2]);
    assert.equal(a!.keeper.view.source, 'database');
    await b!.keeper.leave();
    await a!.keeper.refresh();
    assert.equal(a!.keeper.count, 1);
    assert.deepEqual(
      a!.changes.map(({ kind }) => kind),
      ['joined', 'left'],
    );
  });

  it('beats no more after it left', async () => {
    const [a] = await joined('a');
    await a!.keeper.leave();
    await a!.keeper.round();
    assert.deepEqual(await store.list(), []);
  });

  it('counts a killed one until it is lost, and forgets it an hour later', async () => {
    const [a] = await joined('a', 'b');
    for (let beats = 1; beats <= 2; beats += 1) {
      nowMs += BEAT_MS;
      await a!.keeper.round();
      assert.equal(a!.keeper.count, 2, `${beats}`);
    }
    nowMs += BEAT_MS;
    await a!.keeper.round();
    assert.equal(a!.keeper.count, 1);
    assert.deepEqual(a!.changes.at(-1), { kind: 'lost', gateway: 'gw-b' });
    for (let beats = 0; beats <= 3600 / 5; beats += 1) {
      nowMs += BEAT_MS;
      await a!.keeper.round();
    }
    assert.equal((await store.list()).length, 1);
  });

  it('looks when a gateway that does not beat will be lost, if that is before its next beat', async () => {
    const [a] = await joined('a', 'b');
    assert.equal(a!.keeper.nextRoundMs, BEAT_MS);
    nowMs += 12_000;
    await a!.keeper.refresh();
    nowMs += 1000;
    assert.equal(a!.keeper.nextRoundMs, 2001);
    nowMs += 2001;
    await a!.keeper.refresh();
    assert.deepEqual([a!.keeper.count, a!.keeper.nextRoundMs], [2, BEAT_MS], 'this one stood still itself');
  });

  it('keeps the last known number while the store is away, and for as long as others need to beat again', async () => {
    const [a, b] = await joined('a', 'b');
    store.isAway = true;
    nowMs += 60_000;
    await a!.keeper.round();
    assert.deepEqual([a!.keeper.count, a!.keeper.view.source, a!.failures], [2, 'last_known', []]);
    store.isAway = false;
    await a!.keeper.round();
    assert.deepEqual([a!.keeper.count, a!.keeper.view.source], [2, 'database']);
    nowMs += BEAT_MS;
    await b!.keeper.round();
    nowMs += BEAT_MS;
    await a!.keeper.round();
    assert.equal(a!.keeper.count, 2, 'it beat meanwhile');
    for (let beats = 0; beats < 3; beats += 1) {
      nowMs += BEAT_MS;
      await a!.keeper.round();
    }
    assert.equal(a!.keeper.count, 1, 'it does not any more');
  });

  it('reports a store that fails once, until it works again', async () => {
    const [a] = await joined('a');
    const list = store.list.bind(store);
    store.list = () => Promise.reject(new Error('relation "gateways" does not exist'));
    await a!.keeper.round();
    await a!.keeper.round();
    assert.equal(a!.failures.length, 1);
    store.list = list;
    await a!.keeper.round();
    assert.equal(a!.keeper.view.source, 'database');
  });

  it('counts itself even if somebody removed its row, and beats again', async () => {
    const [a] = await joined('a', 'b');
    await store.leave('a');
    await a!.keeper.refresh();
    assert.equal(a!.keeper.count, 2);
    await a!.keeper.round();
    assert.equal((await store.list()).length, 2);
  });

  it('leads alone, until it leaves or is lost', async () => {
    const [a, b, c] = await joined('a', 'b', 'c');
    assert.deepEqual(
      [a, b, c].map((each) => each!.keeper.isLeader),
      [true, false, false],
    );
    await a!.keeper.leave();
    await b!.keeper.round();
    assert.deepEqual(
      [a, b, c].map((each) => each!.keeper.isLeader),
      [false, true, false],
    );
    nowMs += EXPIRE_MS;
    assert.equal(b!.keeper.isLeader, false, 'it did not renew its lease');
    nowMs += 1;
    await c!.keeper.round();
    await b!.keeper.round();
    assert.deepEqual(
      [b, c].map((each) => each!.keeper.isLeader),
      [false, true],
    );
  });

  it('tells listeners of every look', async () => {
    const [a] = await joined('a');
    const counts: number[] = [];
    const end = a!.keeper.onView(({ live }) => counts.push(live.length));
    await joined('b');
    await a!.keeper.refresh();
    end();
    await a!.keeper.refresh();
    assert.deepEqual(counts, [2]);
  });
});
