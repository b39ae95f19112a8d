import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackendSettings, Settings } from '../../../src/config/settings.ts';
import { applyOverlay, NO_MEMBERS } from '../../../src/backends/backend-overlay.ts';
import type { StoredBackend } from '../../../src/backends/backend-store.ts';
import { MAX_BACKENDS } from '../../../src/runtime/table-sizes.ts';
import { settingsOf } from '../../support/live-control.ts';
import { backendSettings } from '../../support/pool-settings.ts';

const FILE = settingsOf(`
pools:
  p: { backends: [{ url: "http://a:1", id: a, weight: 3 }, { url: "http://b:1", id: b, enabled: false }] }
  q: { backends: [{ url: "http://a:1", id: qa }] }
routes: [{ pool: p }]
`);

function row(id: string, values: Partial<StoredBackend> = {}): StoredBackend {
  return {
    id,
    url: null,
    pool: null,
    weight: null,
    enabled: null,
    draining: null,
    backup: null,
    maxInFlight: null,
    version: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    ...values,
  };
}

function idsOf(settings: Settings): Record<string, string[]> {
  return Object.fromEntries(settings.pools.map(({ name, backends }) => [name, backends.map(({ id }) => id)]));
}

function backend(settings: Settings, id: string) {
  return settings.pools.flatMap(({ backends }) => backends).find((each) => each.id === id);
}

describe('an empty overlay', () => {
  it('leaves the settings of the file as they are, the very same', () => {
    const { settings, origins, rejected } = applyOverlay(FILE, NO_MEMBERS, []);
    assert.equal(settings, FILE);
    assert.deepEqual([...origins.keys()], ['a', 'b', 'qa']);
    assert.deepEqual(origins.get('a'), { source: 'file', overrides: [], file: null, version: 0 });
    assert.deepEqual(rejected, []);
  });
});

describe('a stored backend whose URL does not fit the protocol of its pool', () => {
  it('does not apply, and neither does a move there', () => {
    const file = settingsOf(`
pools:
  p: { backends: [{ url: "https://a:1", id: a }, { url: "https://b:1", id: b }] }
  g: { backends: [{ url: "h2c://g:1", id: g }] }
routes: [{ pool: p }]
`);
    const { settings, rejected } = applyOverlay(file, NO_MEMBERS, [
      row('a', { pool: 'g' }),
      row('n', { url: 'https://n:1', pool: 'g' }),
      row('m', { url: 'http://m:1', pool: 'g' }),
    ]);
    assert.deepEqual(idsOf(settings), { p: ['a', 'b'], g: ['g', 'm'] });
    assert.deepEqual(
      rejected.map(({ id, kind }) => [id, kind]),
      [
        ['a', 'other_protocol'],
        ['n', 'other_protocol'],
      ],
    );
  });
});

describe('an overlay over a backend of the file', () => {
  it('replaces the given values, and leaves the rest as in the file', () => {
    const { settings, origins } = applyOverlay(FILE, NO_MEMBERS, [
      row('b', { enabled: true, maxInFlight: 9, version: 4 }),
    ]);
    const { weight, enabled, backup, maxInFlight, draining } = backend(settings, 'b')!;
    assert.deepEqual(
      { weight, enabled, backup, maxInFlight, draining },
      { weight: 1, enabled: true, backup: false, maxInFlight: 9, draining: undefined },
    );
    assert.deepEqual(origins.get('b'), {
      source: 'file',
      overrides: ['enabled', 'maxInFlight'],
      file: { enabled: false, maxInFlight: null },
      version: 4,
    });
  });

  it('may say false, and the lowest numbers', () => {
    const { settings } = applyOverlay(FILE, NO_MEMBERS, [
      row('a', { enabled: false, weight: 1, maxInFlight: 1, backup: false }),
    ]);
    const { weight, enabled, maxInFlight } = backend(settings, 'a')!;
    assert.deepEqual({ weight, enabled, maxInFlight }, { weight: 1, enabled: false, maxInFlight: 1 });
  });

  it('drains, which the file cannot', () => {
    const { settings, origins } = applyOverlay(FILE, NO_MEMBERS, [row('a', { draining: true })]);
    assert.equal(backend(settings, 'a')!.draining, true);
    assert.deepEqual(origins.get('a')!.file, { draining: false });
  });

  it('keeps the position of the backend in its pool, and the pools that it does not touch', () => {
    const { settings } = applyOverlay(FILE, NO_MEMBERS, [row('a', { weight: 9 })]);
    assert.deepEqual(idsOf(settings), idsOf(FILE));
    assert.equal(settings.pools[1], FILE.pools[1]);
    assert.notEqual(settings.pools[0], FILE.pools[0]);
  });

  it('moves the backend to the end of another pool', () => {
    const { settings, origins } = applyOverlay(FILE, NO_MEMBERS, [row('b', { pool: 'q', weight: 2 })]);
    assert.deepEqual(idsOf(settings), { p: ['a'], q: ['qa', 'b'] });
    assert.equal(backend(settings, 'b')!.weight, 2);
    assert.deepEqual(origins.get('b')!.file, { pool: 'p', weight: 1 });
  });

  it('may leave a pool without a backend', () => {
    const file = settingsOf(
      'pools: { p: { backends: [{ url: "http://a:1", id: a }] }, q: { backends: [{ url: "http://b:1" }] } }\n' +
        'routes: [{ pool: p }]\n',
    );
    assert.deepEqual(idsOf(applyOverlay(file, NO_MEMBERS, [row('a', { pool: 'q' })]).settings), {
      p: [],
      q: ['q-b-1', 'a'],
    });
  });

  it('overrides no pool when it names the pool of the file', () => {
    const { origins } = applyOverlay(FILE, NO_MEMBERS, [row('b', { pool: 'p', weight: 2 })]);
    assert.deepEqual(origins.get('b')!.overrides, ['weight']);
  });
});

describe('an added backend', () => {
  it('is appended to its pool, with the defaults of the file for what it does not say', () => {
    const { settings, origins } = applyOverlay(FILE, NO_MEMBERS, [
      row('new', { url: 'http://c:1', pool: 'q', version: 2 }),
    ]);
    assert.deepEqual(idsOf(settings).q, ['qa', 'new']);
    assert.deepEqual(backend(settings, 'new'), {
      id: 'new',
      url: 'http://c:1',
      weight: 1,
      enabled: true,
      backup: false,
      maxInFlight: null,
      region: null,
      zone: null,
    });
    assert.deepEqual(origins.get('new'), { source: 'api', overrides: [], file: null, version: 2 });
  });

  it('has what is said of it', () => {
    const said = { weight: 5, enabled: false, backup: true, maxInFlight: 2, draining: true } as const;
    const { settings } = applyOverlay(FILE, NO_MEMBERS, [row('new', { url: 'http://c:1', pool: 'q', ...said })]);
    const expected = { id: 'new', url: 'http://c:1', region: null, zone: null, ...said };
    assert.deepEqual(backend(settings, 'new'), expected);
  });

  it('that is now in the file, with the same id and URL, overrides the file’s', () => {
    const added = row('a', { url: 'http://a:1', pool: 'p', weight: 8, enabled: true });
    const { settings, origins, rejected } = applyOverlay(FILE, NO_MEMBERS, [added]);
    assert.deepEqual(rejected, []);
    assert.deepEqual(idsOf(settings), idsOf(FILE));
    assert.deepEqual(origins.get('a'), {
      source: 'file',
      overrides: ['weight', 'enabled'],
      file: { weight: 3, enabled: true },
      version: 1,
    });
  });
});

describe('overrides that no longer fit the file', () => {
  const cases: readonly [what: string, row: StoredBackend, kind: string, message: RegExp][] = [
    ['an overlay whose backend is gone', row('gone', { weight: 2 }), 'gone', /no backend with this id/],
    [
      'an added backend whose pool is gone',
      row('n', { url: 'http://c:1', pool: 'x' }),
      'unknown_pool',
      /"x"; pools: p, q/,
    ],
    ['an added backend whose URL the pool has', row('n', { url: 'http://a:1', pool: 'p' }), 'url_taken', /as "a"/],
    [
      'an added backend whose id the file gave away',
      row('a', { url: 'http://c:1', pool: 'p' }),
      'id_taken',
      /http:\/\/a:1/,
    ],
  ];
  for (const [what, stored, kind, message] of cases) {
    it(`${what} does not apply, and is reported`, () => {
      const { settings, rejected } = applyOverlay(FILE, NO_MEMBERS, [stored]);
      assert.deepEqual(idsOf(settings), idsOf(FILE));
      assert.deepEqual(settings.pools, FILE.pools);
      assert.deepEqual(
        rejected.map((rejection) => [rejection.id, rejection.kind]),
        [[stored.id, kind]],
      );
      assert.match(rejected[0]!.message, message);
    });
  }

  it('a move to a pool that is gone, or that has the URL, does not apply; the other values do', () => {
    for (const [pool, kind] of [
      ['x', 'unknown_pool'],
      ['q', 'url_taken'],
    ] as const) {
      const { settings, origins, rejected } = applyOverlay(FILE, NO_MEMBERS, [row('a', { pool, weight: 9 })]);
      assert.deepEqual(idsOf(settings), idsOf(FILE));
      assert.equal(backend(settings, 'a')!.weight, 9);
      assert.deepEqual(origins.get('a')!.overrides, ['weight']);
      assert.equal(rejected[0]!.kind, kind);
    }
  });

  it('a moved backend of the file takes precedence over an added one with its URL', () => {
    const added = row('added', { url: 'http://b:1', pool: 'q' });
    const { settings, rejected } = applyOverlay(FILE, NO_MEMBERS, [added, row('b', { pool: 'q' })]);
    assert.deepEqual(idsOf(settings), { p: ['a'], q: ['qa', 'b'] });
    assert.deepEqual(
      rejected.map(({ id }) => id),
      ['added'],
    );
  });

  it('more backends than the tables hold: those that come last', () => {
    const many = Array.from({ length: MAX_BACKENDS }, (_, at) =>
      row(`n${String(at).padStart(4, '0')}`, { url: `http://n${at}:1`, pool: 'q' }),
    );
    const { origins, rejected } = applyOverlay(FILE, NO_MEMBERS, many);
    assert.equal(origins.size, MAX_BACKENDS);
    assert.deepEqual(
      rejected.map(({ id, kind }) => [id, kind]),
      ['n4093', 'n4094', 'n4095'].map((id) => [id, 'too_many']),
    );
  });
});

describe('members that discovery found', () => {
  const file = settingsOf(`
pools:
  p: { backends: [{ url: "http://a:1", id: a }], discover: { push: {} } }
  q: { discover: { push: {} } }
  r: { backends: [{ url: "http://r:1", id: r }] }
routes: [{ pool: p }]
`);
  const member = (id: string, url: string): BackendSettings => backendSettings(id, { url, region: null, zone: null });

  it('lie between the file and the API', () => {
    const members = new Map([['p', [member('m', 'http://m:1')]]]);
    const { settings, origins } = applyOverlay(file, members, [
      row('m', { weight: 9, enabled: false, draining: true }),
      row('added', { url: 'http://n:1', pool: 'q' }),
    ]);
    assert.deepEqual(idsOf(settings), { p: ['a', 'm'], q: ['added'], r: ['r'] });
    assert.deepEqual(origins.get('m'), {
      source: 'discovery',
      overrides: ['weight', 'enabled', 'draining'],
      file: { weight: 1, enabled: true, draining: false },
      version: 1,
    });
    assert.deepEqual([backend(settings, 'm')!.weight, backend(settings, 'm')!.draining], [9, true]);
  });

  it('do not apply in pools without a source, and an override waits for its member', () => {
    const members = new Map([['r', [member('m', 'http://m:1')]]]);
    const { settings, rejected } = applyOverlay(file, members, [row('m', { weight: 9 })]);
    assert.deepEqual(idsOf(settings), { p: ['a'], q: [], r: ['r'] });
    assert.deepEqual(rejected, [
      { id: 'm', kind: 'gone', message: 'neither the file nor discovery has a backend with this id at present' },
    ]);
  });

  it('are refused by name if the file has them, or another pool their id', () => {
    const members = new Map([
      ['p', [member('other', 'http://a:1'), member('m', 'http://m:1')]],
      ['q', [member('m', 'http://m:2'), member('n', 'http://n:1')]],
    ]);
    const { settings, refusedMembers } = applyOverlay(file, members, []);
    assert.deepEqual(idsOf(settings), { p: ['a', 'm'], q: ['n'], r: ['r'] });
    assert.deepEqual(refusedMembers, [
      { pool: 'p', id: 'other', message: 'the pool already has http://a:1, as "a"' },
      { pool: 'q', id: 'm', message: 'pool "p" already has a backend with this id' },
    ]);
  });

  it('beyond what the tables hold are refused by name, and the rest stays', () => {
    const many = Array.from({ length: MAX_BACKENDS }, (_, at) => member(`m${at}`, `http://m${at}:1`));
    const { origins, refusedMembers } = applyOverlay(file, new Map([['q', many]]), []);
    assert.equal(origins.size, MAX_BACKENDS);
    assert.deepEqual(
      refusedMembers.map(({ id }) => id),
      ['m4094', 'm4095'],
    );
    assert.match(refusedMembers[0]!.message, /^at most 4096 backends are supported$/);
  });
});
