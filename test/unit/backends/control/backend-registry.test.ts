import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import type { Settings } from '../../../../src/config/settings.ts';
import { BackendRegistry } from '../../../../src/backends/control/backend-registry.ts';
import { GatewayError } from '../../../../src/errors.ts';
import { settingsOf } from '../../../support/live-control.ts';
import { MemoryBackendStore } from '../../../support/memory-backend-store.ts';

const YAML = 'pools: { p: { backends: [{ url: "http://a:1", id: a }, { url: "http://b:1", id: b }] } }\n';
const NOTHING = { pool: null, weight: null, enabled: null, draining: null, backup: null, maxInFlight: null };

function start(store = new MemoryBackendStore(), apply: (settings: Settings) => Promise<void> = async () => {}) {
  const applied: Settings[] = [];
  const warnings: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(JSON.parse(line)) });
  const registry = new BackendRegistry(settingsOf(YAML), {
    store: async () => store,
    apply: async (settings) => {
      await apply(settings);
      applied.push(settings);
    },
    ownAddress: (url) => (url === 'http://own:1' ? 'leads here' : undefined),
    log,
  });
  const weights = () =>
    applied
      .at(-1)
      ?.pools[0]!.backends.map(({ id, weight }) => `${id}:${weight}`)
      .join();
  return { registry, store, applied, warnings, weights };
}

describe('the registry of backends', () => {
  it('applies what is stored at start, and nothing if nothing is', async () => {
    const { registry, store, applied, weights } = start();
    await registry.refresh();
    assert.equal(applied.length, 0);
    await store.create({ ...NOTHING, id: 'a', url: null, weight: 4 });
    await store.create({ ...NOTHING, id: 'n', url: 'http://n:1', pool: 'p' });
    await registry.refresh();
    assert.equal(weights(), 'a:4,b:1,n:1');
    await registry.refresh();
    assert.equal(applied.length, 1, 'current values are not applied again');
  });

  it('has one change after the other, and a reload between them', async () => {
    const first = Promise.withResolvers<void>();
    let running = 0;
    let calls = 0;
    const { registry, weights } = start(undefined, async () => {
      running += 1;
      calls += 1;
      assert.equal(running, 1, 'never two at a time');
      if (calls === 1) await first.promise;
      running -= 1;
    });
    const done = [
      registry.change('a', { weight: 2 }),
      registry.applyFile(settingsOf(YAML.replace('id: b', 'id: b, weight: 9'))),
      registry.change('a', { weight: 3 }),
      registry.create({ pool: 'p', url: 'http://n:1', id: 'n' }),
    ];
    first.resolve();
    await Promise.all(done);
    assert.equal(weights(), 'a:3,b:9,n:1');
  });

  it('shares one refresh among all calls while it waits, and starts a new one for later calls', async () => {
    const { registry, store } = start();
    let reads = 0;
    const { all } = store;
    store.all = () => {
      reads += 1;
      return all.call(store);
    };
    await Promise.all([registry.refresh(), registry.refresh(), registry.refresh()]);
    assert.equal(reads, 1);
    await registry.refresh();
    assert.equal(reads, 2);
  });

  it('goes on after a change that failed', async () => {
    const { registry, store, weights } = start();
    store.isAway = true;
    await assert.rejects(registry.change('a', { weight: 2 }), { code: 'GW_DATABASE_UNAVAILABLE' });
    await assert.rejects(registry.refresh(), { code: 'GW_DATABASE_UNAVAILABLE' });
    store.isAway = false;
    await registry.change('a', { weight: 2 });
    assert.equal(weights(), 'a:2,b:1');
  });

  it('refuses a URL that does not fit the protocol of the pool', async () => {
    const { registry, store } = start();
    await registry.applyFile(
      settingsOf(`${YAML.trimEnd().slice(0, -1)}, g: { backends: [{ url: "h2c://g:1" }] } }\nroutes: [{ pool: p }]\n`),
    );
    const refused = (url: string, pool: string, message: RegExp) =>
      assert.rejects(registry.create({ pool, url }), ({ code, details }: GatewayError) => {
        assert.equal(code, 'GW_VALIDATION');
        assert.match(details![0]!.message, message);
        return true;
      });
    await refused('h2c://n:1', 'p', /pool "p": h2c:\/\/ URLs need protocol: h2c/);
    await refused('https://n:1', 'g', /pool "g": protocol: h2c needs h2c:\/\/ or http:\/\/ URLs/);
    await registry.create({ pool: 'g', url: 'h2c://n:1', id: 'n' });
    assert.deepEqual(
      (await store.all()).map(({ id, url }) => [id, url]),
      [['n', 'http://n:1']],
    );
  });

  it('stores no backend that cannot be applied', async () => {
    const { registry, store } = start(undefined, () => Promise.reject(new RangeError('no room')));
    await assert.rejects(registry.create({ pool: 'p', url: 'http://n:1' }), /no room/);
    assert.deepEqual(await store.all(), []);
    assert.deepEqual(registry.overlay(), []);
  });

  it('takes a change back with the last value, and knows what another gateway has stored meanwhile', async () => {
    const { registry, store, weights } = start();
    await registry.change('a', { weight: 2 });
    await store.update('a', { enabled: false });
    await registry.change('a', { weight: null });
    assert.deepEqual(registry.origin('a')?.overrides, ['enabled']);
    assert.equal(weights(), 'a:1,b:1');
    await store.remove('a');
    await registry.change('a', { weight: 5 });
    assert.deepEqual(registry.origin('a')?.overrides, ['weight']);
  });

  it('reports that another gateway has already removed it', async () => {
    const { registry, store } = start();
    await registry.create({ pool: 'p', url: 'http://n:1', id: 'n' });
    await registry.change('a', { weight: 2 });
    await store.remove('n');
    await store.remove('a');
    await assert.rejects(registry.remove('n'), { code: 'GW_BACKEND_NOT_FOUND' });
    await assert.rejects(registry.remove('a'), { code: 'GW_BACKEND_IN_FILE' });
    assert.equal(registry.origin('n'), undefined);
    assert.deepEqual(registry.origin('a')?.overrides, []);
  });

  it('warns once about an override that does not fit, and again when it stops fitting once more', async () => {
    const { registry, store, warnings } = start();
    await store.create({ ...NOTHING, id: 'n', url: 'http://n:1', pool: 'x' });
    await registry.refresh();
    await registry.change('a', { weight: 2 });
    assert.deepEqual(
      warnings.map(({ backend, reason }) => [backend, reason]),
      [['n', 'there is no pool "x"; pools: p']],
    );
    const withX = settingsOf(
      `${YAML.replace('} }\n', '}, x: { backends: [{ url: "http://x:1" }] } }')}\nroutes: [{ pool: p }]\n`,
    );
    await registry.applyFile(withX);
    assert.equal(registry.overlay().find(({ id }) => id === 'n')?.problem, null);
    await registry.applyFile(settingsOf(YAML));
    assert.equal(warnings.length, 2);
  });

  it('refuses a backend that is the gateway itself, and says so of its URL', async () => {
    const { registry, applied } = start();
    await assert.rejects(registry.create({ pool: 'p', url: 'http://OWN:1/' }), {
      code: 'GW_VALIDATION',
      details: [{ field: 'url', message: 'leads here' }],
    });
    assert.deepEqual(applied, []);
  });

  it('refuses a removal that would displace another, and names that', async () => {
    const { registry } = start();
    const twoPools = `pools:
  p: { backends: [{ url: "http://a:1", id: a }, { url: "http://b:1", id: b }] }
  q: { backends: [{ url: "http://c:1", id: c }] }
routes: [{ pool: p }]
`;
    await registry.applyFile(settingsOf(twoPools));
    await registry.change('a', { pool: 'q' });
    await registry.create({ pool: 'p', url: 'http://a:1', id: 'new-a' });
    await assert.rejects(
      registry.remove('a'),
      (error) => error instanceof GatewayError && error.code === 'GW_BACKEND_EXISTS' && /"new-a"/.test(error.message),
    );
    await registry.remove('new-a');
    await registry.remove('a');
    assert.deepEqual(registry.overlay(), []);
  });
});
