import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  changesOf,
  isNamesake,
  membership,
  type Membership,
  type SeenBeat,
} from '../../../../src/fleet/core/membership.ts';

const EXPIRE_MS = 15_000;

function beat(id: string, some: Partial<SeenBeat> = {}): SeenBeat {
  return {
    id,
    name: `gw-${id}`,
    version: '1.0.0',
    configDigest: 'aaa',
    adminUrl: null,
    uptimeSeconds: 100,
    figures: { requestsPerSecond: 0, refusedPerSecond: 0, threads: 1, limitMode: 'local', limitModeSeconds: null },
    joinedMsAgo: 100_000,
    seenMsAgo: 1000,
    ...some,
  };
}

function look(beats: readonly SeenBeat[], kept: readonly string[] = []): Membership {
  return membership(beats, { ownId: 'a', expireMs: EXPIRE_MS, kept: new Set(kept) });
}

const ids = (beats: readonly SeenBeat[]): string[] => beats.map(({ id }) => id);

describe('membership', () => {
  it('counts a gateway until its last beat is as old as expire, and then as lost', () => {
    const seen = (seenMsAgo: number): Membership => look([beat('a'), beat('b', { seenMsAgo })]);
    assert.deepEqual(ids(seen(EXPIRE_MS - 1).live), ['a', 'b']);
    assert.deepEqual([ids(seen(EXPIRE_MS).live), ids(seen(EXPIRE_MS).lost)], [['a'], ['b']]);
  });

  it('counts this gateway whatever the age of its beat', () => {
    assert.deepEqual(ids(look([beat('a', { seenMsAgo: 1e9 })]).live), ['a']);
  });

  it('keeps those that were live while nobody could beat, but not those that left', () => {
    const { live, lost } = look(
      [beat('a'), beat('b', { seenMsAgo: 60_000 }), beat('c', { seenMsAgo: 60_000 })],
      ['b', 'd'],
    );
    assert.deepEqual([ids(live), ids(lost)], [['a', 'b'], ['c']]);
  });

  it('counts a restarted gateway once, although its killed process is not expired yet', () => {
    const killed = beat('b', { name: 'x', seenMsAgo: 3000 });
    const restarted = beat('c', { name: 'x', joinedMsAgo: 2000, seenMsAgo: 0 });
    const { live, lost, drift } = look([beat('a'), killed, restarted]);
    assert.deepEqual([ids(live), ids(lost), drift], [['a', 'c'], [], []]);
  });

  it('leaves what is stored by a name to the gateway that has had it for longest', () => {
    const older = beat('b', { name: 'x', seenMsAgo: 1000 });
    const newer = beat('a', { name: 'x', joinedMsAgo: 2000, seenMsAgo: 0 });
    const twin = beat('c', { name: 'x', seenMsAgo: 1000 });
    const { live } = look([older, newer, twin, beat('d')]);
    assert.deepEqual(
      live.map(({ id }) => [id, isNamesake(live, id)]),
      [
        ['d', false],
        ['a', true],
        ['b', false],
        ['c', true],
      ],
    );
    assert.equal(isNamesake(look([newer, beat('d')]).live, 'a'), false);
    const killed = beat('b', { name: 'x', seenMsAgo: 3000 });
    assert.equal(isNamesake(look([newer, killed]).live, 'a'), false);
  });

  it('says that two gateways have one name if both beat on', () => {
    const older = beat('b', { name: 'x', seenMsAgo: 1000 });
    const newer = beat('c', { name: 'x', joinedMsAgo: 2000, seenMsAgo: 0 });
    const { live, drift } = look([beat('a'), older, newer]);
    assert.equal(live.length, 3);
    assert.deepEqual(drift, [{ kind: 'name', groups: [{ value: 'x', gateways: ['b', 'c'] }] }]);
  });

  it('finds configurations and versions that differ, the most common first', () => {
    const { drift } = look([
      beat('a', { configDigest: 'bbb' }),
      beat('b'),
      beat('c', { version: '1.1.0' }),
      beat('d', { configDigest: '' }),
      beat('e', { configDigest: 'ccc', seenMsAgo: EXPIRE_MS }),
    ]);
    assert.deepEqual(drift, [
      {
        kind: 'config',
        groups: [
          { value: 'aaa', gateways: ['gw-b', 'gw-c'] },
          { value: 'bbb', gateways: ['gw-a'] },
        ],
      },
      {
        kind: 'version',
        groups: [
          { value: '1.0.0', gateways: ['gw-a', 'gw-b', 'gw-d'] },
          { value: '1.1.0', gateways: ['gw-c'] },
        ],
      },
    ]);
  });
});

describe('what changed between two looks', () => {
  const changes = (before: readonly SeenBeat[], after: readonly SeenBeat[]) => changesOf(look(before), look(after));
  const lost = beat('b', { seenMsAgo: EXPIRE_MS });

  it('is that gateways joined, left, are lost, and are back', () => {
    const [a, b] = [beat('a'), beat('b')];
    assert.deepEqual(changes([a], [a]), []);
    assert.deepEqual(changes([a], [a, b]), [{ kind: 'joined', gateway: 'gw-b' }]);
    assert.deepEqual(changes([a, b], [a]), [{ kind: 'left', gateway: 'gw-b' }]);
    assert.deepEqual(changes([a, b], [a, lost]), [{ kind: 'lost', gateway: 'gw-b' }]);
    assert.deepEqual(changes([a, lost], [a, b]), [{ kind: 'back', gateway: 'gw-b' }]);
    assert.deepEqual(changes([a, lost], [a]), [], 'a lost one that is pruned has been reported');
  });

  it('is one restart, of a process that is live, lost or gone', () => {
    const a = beat('a');
    const again = beat('c', { name: 'gw-b', joinedMsAgo: 500, seenMsAgo: 0 });
    const restarted = [{ kind: 'restarted', gateway: 'gw-b' }];
    assert.deepEqual(changes([a, beat('b')], [a, beat('b', { seenMsAgo: 2000 }), again]), restarted);
    assert.deepEqual(changes([a, lost], [a, lost, again]), restarted);
  });

  it('is drift when it begins, changes and ends', () => {
    const [a, b, c] = [beat('a'), beat('b', { configDigest: 'bbb' }), beat('b', { configDigest: 'ccc' })];
    const kinds = (before: SeenBeat[], after: SeenBeat[]) => changes(before, after).map(({ kind }) => kind);
    assert.deepEqual(kinds([a, beat('b')], [a, b]), ['drift']);
    assert.deepEqual(kinds([a, b], [a, b]), []);
    assert.deepEqual(kinds([a, b], [a, c]), ['drift']);
    assert.deepEqual(changes([a, b], [a, beat('b')]), [{ kind: 'agreed', drift: 'config' }]);
  });
});
