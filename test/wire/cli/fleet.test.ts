import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { membership, type SeenBeat } from '../../../src/fleet/core/membership.ts';
import type { FleetSource, LimitMode } from '../../../src/fleet/core/fleet-vocabulary.ts';
import { adminServer, command } from '../../support/admin-server.ts';

function beat(name: string, some: Partial<SeenBeat> = {}): SeenBeat {
  return {
    id: `id-${name}`,
    name,
    version: '1.2.0',
    configDigest: 'aaaaaaaaaaaa',
    adminUrl: `http://${name}:9000`,
    uptimeSeconds: 7300,
    figures: { requestsPerSecond: 100.5, refusedPerSecond: 2, threads: 2, limitMode: 'local', limitModeSeconds: null },
    joinedMsAgo: 1e6,
    seenMsAgo: 1200,
    ...some,
  };
}

function fleetOf(beats: readonly SeenBeat[], source: FleetSource = 'database') {
  const members = membership(beats, { ownId: 'id-gw-1', expireMs: 15_000, kept: new Set() });
  const report = { name: 'gw-1', ownId: 'id-gw-1', source, asOf: Date.UTC(2026, 0, 2), ...members };
  return { fleet: { name: 'gw-1', isLeader: true, report: () => report } };
}

describe('sluice fleet', () => {
  test('lists gateways that agree, and succeeds', async (t) => {
    const admin = ['--admin', await adminServer(t, fleetOf([beat('gw-1', { seenMsAgo: 0 }), beat('gw-2')]))];
    const { code, out } = await command(['fleet', ...admin]);
    assert.equal(code, 0);
    assert.deepEqual(out.split('\n'), [
      'NAME    STATE  VERSION  UPTIME  CONFIG        REQ/S  429/S  LIMITS  SEEN    ADMIN',
      'gw-1 *  live   1.2.0    2h      aaaaaaaaaaaa  100.5    2.0  local   0s ago  http://gw-1:9000',
      'gw-2    live   1.2.0    2h      aaaaaaaaaaaa  100.5    2.0  local   1s ago  http://gw-2:9000',
      '',
      '2 live: 201.0 requests/s, 4.0 refused/s',
      '',
    ]);
    const { out: json } = await command(['fleet', '--json', ...admin]);
    assert.deepEqual(
      (JSON.parse(json) as { items: { name: string }[] }).items.map(({ name }) => name),
      ['gw-1', 'gw-2'],
    );
  });

  test('warns of drift, of a lost gateway and of a database that is away, and fails', async (t) => {
    const drift = fleetOf([beat('gw-1'), beat('gw-2', { configDigest: 'bbbbbbbbbbbb', adminUrl: null })]);
    const first = await command(['fleet', '--admin', await adminServer(t, drift)]);
    assert.equal(first.code, 1);
    assert.match(first.out, /^warning: configurations differ: gw-1: aaaaaaaaaaaa; gw-2: bbbbbbbbbbbb$/m);
    const lost = fleetOf([beat('gw-1'), beat('gw-2', { seenMsAgo: 90_000 })], 'last_known');
    const second = await command(['fleet', '--admin', await adminServer(t, lost)]);
    assert.equal(second.code, 1);
    assert.match(second.out, /^gw-2 +lost .* 1m ago/m);
    assert.match(second.out, /^1 live: 100\.5 requests\/s/m, 'a lost one counts no more');
    assert.match(second.out, /^warning: the database is away; this is as of 2026-01-02T00:00:00\.000Z$/m);
  });

  test('shows how limits are shared, warns of a lost Redis, and fails', async (t) => {
    const sharing = (limitMode: LimitMode, limitModeSeconds: number | null) => ({
      figures: { ...beat('any').figures, limitMode, limitModeSeconds },
    });
    const whole = fleetOf([beat('gw-1', sharing('shared', null)), beat('gw-2', sharing('slow', 5))]);
    const first = await command(['fleet', '--admin', await adminServer(t, whole)]);
    assert.equal(first.code, 0, 'slow is not lost');
    assert.match(first.out, /^gw-1 .* shared +1s ago.*\ngw-2 .* slow 6s +1s ago/m, 'aged since its beat');
    const gone = { ...beat('gw-3', sharing('lost', 9)), seenMsAgo: 90_000 };
    const lost = fleetOf([beat('gw-1', sharing('shared', null)), beat('gw-2', sharing('lost', 180)), gone]);
    const second = await command(['fleet', '--admin', await adminServer(t, lost)]);
    assert.equal(second.code, 1);
    assert.match(second.out, /^gw-2 .* lost 3m +1s ago/m);
    assert.match(second.out, /^gw-3 +lost .* - +1m ago/m);
    assert.deepEqual(second.out.match(/^warning: .*/gm), [
      'warning: gw-2 has lost Redis: it admits its share of each limit',
    ]);
  });

  test('of an embedded database has one', async (t) => {
    const { code, out } = await command(['fleet', '--admin', await adminServer(t)]);
    assert.equal(code, 0);
    assert.match(out, /^gw-test \* +live .*\n\n1 live \(embedded database\): /m);
    assert.equal((await command(['fleet', 'all'])).code, 2);
  });
});
