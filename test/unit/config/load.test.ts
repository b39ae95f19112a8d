import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { configSource } from '../../../src/config/file/source.ts';
import { ConfigError, loadText, type LoadInput } from '../../../src/config/load.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { usableCpus } from '../../../src/config/usable-cpus.ts';
import { POOL } from '../../support/config-problems.ts';

async function load(input: LoadInput): Promise<Settings> {
  return configSource(input).read();
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-config-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('one backend is a configuration: everything else has a default', () => {
  const settings = loadText(POOL, 'c.yaml', {}, {});
  assert.equal(settings.server.port, 8080);
  assert.equal(settings.server.threads, Math.min(64, usableCpus()));
  assert.equal(settings.admin.token, null);
  assert.equal(settings.database.url, null);
  assert.equal(settings.rateLimit.global, null);
  assert.deepEqual(settings.rateLimit.default, { capacity: 100, ratePerSecond: 10 });
  assert.deepEqual(settings.pools[0]?.timeouts, { connectMs: 3000, responseMs: 15_000, idleMs: 60_000 });
  assert.equal(settings.routes.length, 1);
  const { name, host, path, pathPrefix, pathRegex, methods, pool, cost, timeoutMs } = settings.routes[0]!;
  assert.deepEqual([name, host, path, pathPrefix, pathRegex, methods], ['/', null, null, '/', null, []]);
  assert.deepEqual([pool, cost, timeoutMs], ['default', 1, 120_000]);
});

test('limits are a token bucket or a sliding window, for the gateway and for routes', () => {
  const settings = loadText(
    `${POOL}rate_limit:
  algorithm: sliding-window
  window: { limit: 30, size: 10s }
  global: { limit: 500, size: 1s }
routes:
  - pool: default
    cost: 5
    rate_limit: { client: { capacity: 10, rate_per_second: 2 }, total: { limit: 100, size: 1m }, dry_run: true }
`,
    'c.yaml',
    {},
    {},
  );
  const { algorithm, window, global } = settings.rateLimit;
  assert.deepEqual([algorithm, window], ['sliding-window', { limit: 30, sizeMs: 10_000 }]);
  assert.deepEqual(global, { capacity: null, ratePerSecond: null, limit: 500, sizeMs: 1000, scope: null });
  assert.deepEqual(
    [settings.routes[0]!.cost, settings.routes[0]!.rateLimit],
    [
      5,
      {
        client: { capacity: 10, ratePerSecond: 2, limit: null, sizeMs: null, scope: null, key: null },
        total: { capacity: null, ratePerSecond: null, limit: 100, sizeMs: 60_000, scope: null },
        dryRun: true,
        freePreflight: false,
      },
    ],
  );
});

test('settings are frozen to the last list', () => {
  const settings = loadText(POOL, 'c.yaml', {}, {});
  const parts: unknown[] = [settings];
  for (const part of parts) {
    assert.ok(Object.isFrozen(part));
    parts.push(...Object.values(part as object).filter((value) => typeof value === 'object' && value !== null));
  }
  assert.ok(parts.length > 20);
});

test('a second load does not share anything with the first', () => {
  const [one, other] = [loadText(POOL, 'c.yaml', {}, {}), loadText(POOL, 'c.yaml', {}, {})];
  assert.deepEqual(one, other);
  assert.notEqual(one.pools[0]!.retries.methods, other.pools[0]!.retries.methods);
});

test('JSON and YAML make the same settings', () => {
  const json =
    '{\n\t"server": { "port": 1, "keep_alive": "1m" },\n\t"pools": { "a": { "backends": [{ "url": "http:\\/\\/b" }] } }\n}';
  const yaml = 'server:\n  port: 1\n  keep_alive: 1m\npools:\n  a:\n    backends:\n      - url: http://b\n';
  assert.deepEqual(loadText(json, 'c.json', {}, {}), loadText(yaml, 'c.yaml', {}, {}));
  assert.deepEqual(loadText(`\uFEFF${json}`, 'c.json', {}, {}), loadText(yaml, 'c.yaml', {}, {}));
});

test('a pool inherits the top-level sections key by key, and its own keys win', () => {
  const text = `
health_check: { interval: 10s, path: /up, expected_status: [200, 204] }
retries: { methods: [GET] }
pools:
  a: { backends: [{ url: http://a }], health_check: { path: /alive }, retries: { methods: [PUT], attempts: 0 } }
  default: { backends: [{ url: http://b }], timeouts: { idle: 1s } }
`;
  const [a, b] = loadText(text, 'c.yaml', {}, {}).pools;
  assert.equal(a?.healthCheck.path, '/alive');
  assert.equal(a?.healthCheck.intervalMs, 10_000);
  assert.equal(a?.healthCheck.timeoutMs, 2000);
  assert.deepEqual(a?.retries.methods, ['PUT']);
  assert.equal(b?.healthCheck.path, '/up');
  assert.deepEqual(b?.healthCheck.expectedStatus, [200, 204]);
  assert.deepEqual(b?.retries.methods, ['GET']);
  assert.deepEqual(b?.timeouts, { connectMs: 3000, responseMs: 15_000, idleMs: 1000 });
});

test('the fast interval is never slower than the interval unless it is given so', () => {
  const fast = (healthCheck: string): number | undefined =>
    loadText(`${POOL}health_check: ${healthCheck}`, 'c.yaml', {}, {}).pools[0]?.healthCheck.fastIntervalMs;
  assert.equal(fast('{ interval: 1s, timeout: 500ms }'), 1000);
  assert.equal(fast('{ interval: 3s }'), 2000);
  assert.equal(fast('{ interval: 1s, timeout: 500ms, fast_interval: 600ms }'), 600);
});

test('the timeout of a check fits its intervals unless it is given', () => {
  const timeoutMs = (healthCheck: string): number | undefined =>
    loadText(`${POOL}health_check: ${healthCheck}`, 'c.yaml', {}, {}).pools[0]?.healthCheck.timeoutMs;
  assert.equal(timeoutMs('{}'), 2000);
  assert.equal(timeoutMs('{ interval: 2100ms }'), 2000);
  assert.equal(timeoutMs('{ interval: 2s }'), 1000);
  assert.equal(timeoutMs('{ interval: 1s }'), 500);
  assert.equal(timeoutMs('{ fast_interval: 700ms }'), 700);
  assert.equal(timeoutMs('{ interval: 1s, fast_interval: 400ms }'), 400);
  assert.equal(timeoutMs('{ interval: 1s, timeout: 900ms }'), 900);
});

test('names and URLs get their one canonical form', () => {
  const text = `
rate_limit: { api_key_header: X-Key }
pools:
  a: { hash: { by: header, name: X-User }, algorithm: consistent-hash, backends: [{ url: "HTTP://B:80/x/" }] }
  default: { hash: { by: cookie, name: SID }, backends: [{ url: http://c }] }
routes:
  - { host: API.Example.com, path_prefix: /v1/, methods: [GET, GET], pool: a }
  - { pool: default, timeout: 0s, max_body_bytes: 0, name: rest }
`;
  const { rateLimit, pools, routes } = loadText(text, 'c.yaml', {}, {});
  assert.equal(rateLimit.apiKeyHeader, 'x-key');
  assert.deepEqual(pools[0]?.hash, { by: 'header', name: 'x-user' });
  assert.deepEqual(pools[1]?.hash, { by: 'cookie', name: 'SID' });
  assert.equal(pools[0]?.backends[0]?.url, 'http://b/x');
  assert.equal(pools[0]?.backends[0]?.id, 'a-b-80-x');
  assert.equal(routes[0]?.name, 'GET api.example.com/v1');
  assert.equal(routes[0]?.pathPrefix, '/v1');
  assert.deepEqual(routes[0]?.methods, ['GET']);
  assert.equal(routes[1]?.name, 'rest');
  assert.equal(routes[1]?.timeoutMs, 0);
  assert.equal(routes[1]?.maxBodyBytes, 0);
});

test('without routes everything goes to the pool named default', () => {
  const text = 'pools: { a: { backends: [{ url: http://a }] }, default: { backends: [{ url: http://b }] } }';
  assert.deepEqual(
    loadText(text, 'c.yaml', {}, {}).routes.map(({ pool }) => pool),
    ['default'],
  );
});

test('a variable may be a number or a boolean, quoted or not', () => {
  const text = `
server: { port: "\${PORT}", threads: "\${THREADS:-auto}" }
metrics:
  interval: \${EVERY:-2s}
rate_limit:
  enabled: \${LIMIT}
  default: { capacity: '\${CAP}' }
log: { access: { sample: "\${SAMPLE:-0.5}" } }
pools: { a: { backends: [{ url: "http://\${HOST}:\${PORT}" }] } }
`;
  const env = { PORT: '8088', THREADS: '3', LIMIT: 'false', CAP: '1e3', HOST: 'h' };
  const { server, metrics, rateLimit, log, pools } = loadText(text, 'c.yaml', env, {});
  assert.equal(server.port, 8088);
  assert.equal(server.threads, 3);
  assert.equal(metrics.intervalMs, 2000);
  assert.equal(rateLimit.enabled, false);
  assert.equal(rateLimit.default.capacity, 1000);
  assert.equal(log.access.sample, 0.5);
  assert.equal(pools[0]?.backends[0]?.url, 'http://h:8088');
});

test('a key without a value has its default', () => {
  const text = `${POOL}server:\nadmin: { token: , port: "\${PORT:-}" }\nroutes: null\nlog: { level: ~ }\n`;
  const settings = loadText(text, 'c.yaml', {}, {});
  assert.equal(settings.admin.token, null);
  assert.equal(settings.admin.port, 9000);
  assert.equal(settings.log.level, 'info');
});

test('flags win over the file', () => {
  const text = `${POOL}server: { host: 10.0.0.1, port: 1 }\nadmin: { port: 2 }\n`;
  const flags = { host: '::', port: '0', adminHost: '::1', adminPort: '0', threads: '2', dataDir: '/d' };
  const { server, admin, database } = loadText(text, 'c.yaml', {}, flags);
  assert.deepEqual([server.host, server.port, server.threads], ['::', 0, 2]);
  assert.deepEqual([admin.host, admin.port], ['::1', 0]);
  assert.equal(database.dataDir, '/d');
});

test('a token from the environment must be as long as one in the file, beyond loopback only', () => {
  const load = (host: string, token: string) => () =>
    loadText(`${POOL}admin: { host: ${host} }`, 'c.yaml', { SLUICE_ADMIN_TOKEN: token }, {});
  assert.throws(load('0.0.0.0', 'x'.repeat(19)), /admin\.token: too short/);
  assert.equal(load('0.0.0.0', 'x'.repeat(20))().admin.token, 'x'.repeat(20));
  assert.equal(load('127.0.0.1', 'a')().admin.token, 'a');
  assert.equal(load('localhost', 'a')().admin.token, 'a');
});

test('DATABASE_URL and SLUICE_ADMIN_TOKEN count unless the file says otherwise', () => {
  const env = { DATABASE_URL: 'postgres://e/d', SLUICE_ADMIN_TOKEN: 'from-env' };
  const bare = loadText(POOL, 'c.yaml', env, {});
  assert.deepEqual([bare.database.url, bare.admin.token], ['postgres://e/d', 'from-env']);
  const given = loadText(`${POOL}database: { url: postgres://f/d }\nadmin: { token: from-file }`, 'c.yaml', env, {});
  assert.deepEqual([given.database.url, given.admin.token], ['postgres://f/d', 'from-file']);
  const empty = loadText(POOL, 'c.yaml', { DATABASE_URL: '', SLUICE_ADMIN_TOKEN: '' }, {});
  assert.deepEqual([empty.database.url, empty.admin.token], [null, null]);
});

test('--backend is a gateway without a file', async (t) => {
  const settings = await load({
    cwd: folder(t),
    env: {},
    flags: { backends: ['http://127.0.0.1:8081', 'http://127.0.0.1:8082'] },
  });
  assert.deepEqual(
    settings.pools.map(({ name, backends }) => [name, ...backends.map(({ id }) => id)]),
    [['default', 'default-127.0.0.1-8081', 'default-127.0.0.1-8082']],
  );
  assert.equal(settings.routes[0]?.pool, 'default');
});

test('the file is --config, else SLUICE_CONFIG, else ./sluice.yaml', async (t) => {
  const cwd = folder(t);
  const port = async (input: { file?: string; env?: Record<string, string> }): Promise<number> =>
    (await load({ cwd, env: {}, flags: {}, ...input })).server.port;
  writeFileSync(join(cwd, 'sluice.yaml'), `${POOL}server: { port: 1 }`);
  writeFileSync(join(cwd, 'two.yaml'), `${POOL}server: { port: 2 }`);
  writeFileSync(join(cwd, 'three.json'), '{"pools":{"p":{"backends":[{"url":"http://b"}]}},"server":{"port":3}}');
  assert.equal(await port({}), 1);
  assert.equal(await port({ env: { SLUICE_CONFIG: 'two.yaml' } }), 2);
  assert.equal(await port({ file: 'three.json', env: { SLUICE_CONFIG: 'two.yaml' } }), 3);
  assert.equal(await port({ file: join(cwd, 'two.yaml') }), 2);
});

test('a file that cannot be read says so by its name', async (t) => {
  const cwd = folder(t);
  const message = async (file: string): Promise<string> => {
    try {
      await load({ file, cwd, env: {}, flags: {} });
    } catch (error) {
      if (error instanceof ConfigError) return error.format();
    }
    return '';
  };
  writeFileSync(join(cwd, 'latin.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
  assert.equal(
    await message('no.yaml'),
    'no.yaml: cannot be read: the file does not exist\n1 problem found; nothing was started',
  );
  assert.match(await message('.'), /^\.: cannot be read: it is a folder/);
  assert.match(await message('latin.yaml'), /^latin\.yaml: is not UTF-8 text/);
});

test('without file and backend there is a hint how to begin', async (t) => {
  await assert.rejects(
    load({ cwd: folder(t), env: {}, flags: {} }),
    (error) => error instanceof ConfigError && /--config FILE.*--backend http/s.test(error.format()),
  );
});

test('backend ids survive a reload that changes everything else', () => {
  const ids = (text: string): unknown =>
    loadText(text, 'c.yaml', {}, {}).pools.flatMap(({ backends }) => backends.map(({ id }) => id));
  const before = 'pools: { a: { backends: [{ url: http://x:1 }, { url: http://y:1 }] } }';
  const after =
    'pools: { a: { algorithm: random, backends: [{ url: "http://x:1/", weight: 9 }, { url: http://y:1, enabled: false }] } }';
  assert.deepEqual(ids(before), ids(after));
});

test('anchors and aliases share values', () => {
  const text = 'health_check: &h { path: /up }\npools: { a: { health_check: *h, backends: [{ url: http://b }] } }';
  assert.equal(loadText(text, 'c.yaml', {}, {}).pools[0]?.healthCheck.path, '/up');
});

test('a pool may be named like something every object has', () => {
  const { pools, routes } = loadText('pools: { constructor: { backends: [{ url: http://b }] } }', 'c.yaml', {}, {});
  assert.equal(pools[0]?.name, 'constructor');
  assert.equal(routes[0]?.pool, 'constructor');
});
