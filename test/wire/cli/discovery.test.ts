import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { DiscoveryControl, PoolReport, ProviderReport } from '../../../src/discovery/discovery-report.ts';
import { adminServer, command } from '../../support/admin-server.ts';

const AT = Date.UTC(2026, 0, 2);

function pool(some: Partial<PoolReport> = {}): PoolReport {
  const member = {
    address: '10.0.0.7',
    port: 80,
    weight: 2,
    backup: false,
    draining: false,
    region: null,
    zone: null,
    uid: null,
  };
  return {
    pool: 'web',
    source: 'dns',
    isStrong: false,
    state: 'current',
    members: [
      { ...member, id: 'web-10.0.0.7-80', url: 'http://10.0.0.7', isProven: true, held: null },
      {
        ...member,
        address: '10.0.0.8',
        draining: true,
        id: 'web-10.0.0.8-80',
        url: 'http://10.0.0.8',
        isProven: false,
        held: { since: AT, until: null, reason: 'gone' },
      },
    ],
    refused: [],
    ageMs: 2400,
    lastError: null,
    failingSince: null,
    failuresTotal: 0,
    changesTotal: 3,
    ...some,
  };
}

function discoveryOf(
  pools: readonly PoolReport[],
  providers: readonly ProviderReport[] = [],
): { readonly discovery: DiscoveryControl } {
  const unused = (): never => assert.fail('not asked for');
  return { discovery: { report: () => pools, providers: () => providers, pushed: unused, push: unused } };
}

describe('sluice discovery', () => {
  test('control characters in names and errors do not reach the terminal', async (t) => {
    const evil = 'a\x1B]0;x\x07\x9B2J';
    const pools = [pool({ source: 'docker', refused: [evil], state: 'failing', lastError: evil, failingSince: AT })];
    const { out } = await command(['discovery', '--admin', await adminServer(t, discoveryOf(pools))]);
    assert.match(out, /refused: a\?\]0;x\?\?2J$/m);
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    assert.doesNotMatch(out, /[\x00-\x09\x0B-\x1F\x7F-\x9F]/);
  });

  test('nor do those in the errors of what answers as the admin API', async (t) => {
    const server = createServer((_, response) => {
      response.statusCode = 400;
      response.end(JSON.stringify({ error: 'GW_X', message: 'a\x1B[2J', details: [{ field: 'b', message: '\x9Bm' }] }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { code, err } = await command(['discovery', '--admin', `http://127.0.0.1:${port}`]);
    assert.notEqual(code, 0);
    assert.match(err, /400 GW_X: a\?\[2J\n {2}b: \?m/);
  });

  test('lists pools and members, and succeeds while all sources answer', async (t) => {
    const admin = ['--admin', await adminServer(t, discoveryOf([pool()]))];
    const { code, out } = await command(['discovery', ...admin]);
    assert.deepEqual(out.split('\n'), [
      'web  dns  current  last list 2s ago  2 members, 3 changes, 0 failures',
      '  MEMBER           URL              WEIGHT  STATE',
      '  web-10.0.0.7-80  http://10.0.0.7       2  listed',
      '  web-10.0.0.8-80  http://10.0.0.8       2  held, unproven, draining',
      '',
    ]);
    assert.equal(code, 0);
    const { out: json } = await command(['discovery', '--json', ...admin]);
    assert.equal((JSON.parse(json) as { items: { members: unknown[] }[] }).items[0]!.members.length, 2);
  });

  test('says why a source fails and what was refused, and fails', async (t) => {
    const failing = pool({
      state: 'failing',
      lastError: 'timeout after 2 s',
      failingSince: AT,
      refused: ['entry 3: port: found 0'],
      members: [],
      ageMs: null,
    });
    const { code, out } = await command(['discovery', '--admin', await adminServer(t, discoveryOf([pool(), failing]))]);
    assert.equal(code, 1);
    assert.match(out, /^web {2}dns {2}failing {2}no list yet {2}0 members/m);
    assert.match(out, /^ {2}error: timeout after 2 s; failing since 2026-01-02T00:00:00\.000Z$/m);
    assert.match(out, /^ {2}refused: entry 3: port: found 0$/m);
  });

  test('lists routes of providers, and what of them does not apply', async (t) => {
    const kubernetes: ProviderReport = {
      provider: 'kubernetes',
      state: 'current',
      routes: ['shop/web@kubernetes'],
      problems: [{ subject: 'HTTPRoute shop/bad', message: 'filter CORS is not supported' }],
      ageMs: 1000,
      lastError: null,
      failingSince: null,
      failuresTotal: 1,
      changesTotal: 2,
    };
    const { code, out } = await command(['discovery', '--admin', await adminServer(t, discoveryOf([], [kubernetes]))]);
    assert.deepEqual(out.split('\n'), [
      'routes of kubernetes  current  last list 1s ago  1 routes, 2 changes, 1 failures',
      '  does not apply: HTTPRoute shop/bad: filter CORS is not supported',
      '  shop/web@kubernetes',
      '',
    ]);
    assert.equal(code, 0);
    const failing = { ...kubernetes, state: 'failing', lastError: 'no', failingSince: AT } as const;
    const failed = await command(['discovery', '--admin', await adminServer(t, discoveryOf([], [failing]))]);
    assert.equal(failed.code, 1);
  });

  test('says that no pool has a source', async (t) => {
    const { code, out } = await command(['discovery', '--admin', await adminServer(t, discoveryOf([]))]);
    assert.deepEqual([code, out], [0, 'no pool has `discover`\n']);
  });
});
