import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteSettings } from '../../../src/config/settings.ts';
import type { Snapshot } from '../../../src/config/snapshot.ts';
import { requestTrailers } from '../../../src/http/fields/trailers.ts';
import { parseAddress } from '../../../src/net/ip-address.ts';
import { compilePolicies } from '../../../src/policies/compile-policies.ts';
import { compileSnapshot } from '../../../src/routing/live-snapshot.ts';
import { allocateSharedMemory, attachSharedMemory } from '../../../src/threads/shared-memory.ts';
import { poolPorts } from '../../support/pool-ports.ts';
import { backendSettings, poolSettings, snapshotBackend } from '../../support/pool-settings.ts';
import { rateLimitSettings } from '../../support/rate-limit-settings.ts';
import { routeSettings } from '../../support/route-settings.ts';

const RATE_LIMIT = rateLimitSettings({ allowlist: ['127.0.0.0/8'] });

function route(name: string, pathPrefix: string, pool: string): RouteSettings {
  return routeSettings({ name, path_prefix: pathPrefix, pool });
}

function snapshot(routes: RouteSettings[]): Snapshot {
  return {
    version: 7,
    rateLimit: RATE_LIMIT,
    trustProxy: ['10.0.0.0/8'],
    geo: { header: null, table: null, tableContent: null },
    locality: { region: null, zone: null },
    tls: null,
    logLevel: 'info',
    access: { enabled: true, sample: 1 },
    tracing: null,
    exportsLogs: false,
    pools: ['one', 'two'].map((name, index) => ({
      settings: poolSettings([backendSettings(name)], { name }),
      index,
      backends: [snapshotBackend(name, index)],
    })),
    routes: routes.map((settings, index) => ({ settings, index: index + 40 })),
    plugins: [],
  };
}

function ports() {
  const memory = allocateSharedMemory({ threads: 1, maxClients: 10, hashKey: new Uint32Array([1, 2]) });
  const { backends: table, turns } = attachSharedMemory(memory, 0);
  return { ...poolPorts(table, { turns }), policiesOf: compilePolicies };
}

test('routes lead to their pools and know their row in the metrics', () => {
  const live = compileSnapshot(snapshot([route('a', '/a', 'one'), route('b', '/b', 'two')]), ports());
  const found = live.routes.find('/b/x', { method: 'GET', headers: {}, query: '', geo: null })!;
  assert.equal(found.name, 'b');
  assert.equal(found.index, 41);
  assert.equal(found.target, live.pools.get('two'));
  assert.deepEqual(
    found.target!.backends.map(({ id }) => id),
    ['two'],
  );
});

test('lists of addresses can be asked, the rest is as it was', () => {
  const live = compileSnapshot(snapshot([]), ports());
  assert.equal(live.version, 7);
  assert.equal(live.allowlist.find(parseAddress('127.0.0.1')!), true);
  assert.equal(live.trustProxy.find(parseAddress('10.1.1.1')!), true);
  assert.equal(live.trustProxy.find(parseAddress('127.0.0.1')!), undefined);
  assert.equal(live.rateLimit, RATE_LIMIT);
  assert.deepEqual(live.access, { enabled: true, sample: 1 });
});

test('a route without its pool is refused by name', () => {
  const broken = snapshot([route('a', '/a', 'three')]);
  assert.throws(() => compileSnapshot(broken, ports()), new RangeError('route a: no pool three'));
});

test('other addresses make no other pool: what it knows and counts stays, and connections go there from now on', () => {
  const all = ports();
  const before = compileSnapshot(snapshot([]), all);
  const next = snapshot([]);
  const [first, ...others] = next.pools;
  const moved = { ...first!, backends: [snapshotBackend('one', 0, { addresses: ['192.0.2.2', '192.0.2.3'] })] };
  const after = compileSnapshot({ ...next, pools: [moved, ...others] }, all, before);
  const [pool, known] = [after.pools.get('one')!, before.pools.get('one')!];
  assert.equal(pool, known);
  assert.deepEqual(pool.backends[0]!.addresses.all, ['192.0.2.2', '192.0.2.3']);
});

test('the header of locations cannot come in trailers, in any spelling', () => {
  const live = compileSnapshot(
    { ...snapshot([route('a', '/a', 'one')]), geo: { header: 'x-country', table: null, tableContent: null } },
    ports(),
  );
  const { assertedFields } = live.routeList[0]!;
  assert.deepEqual(requestTrailers(['X-Country', 'AT', 'x_country', 'AT', 'X-Sum', '1'], [assertedFields]), [
    ['X-Sum', '1'],
  ]);
});
