import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareSettings } from '../../../src/config/compare.ts';
import { loadText } from '../../../src/config/load.ts';
import { withoutRestart } from '../../../src/config/restart.ts';
import type { Settings } from '../../../src/config/settings.ts';

const BASE = `pools:
  a: { backends: [{ url: "http://a:1", id: one }, { url: "http://a:2", id: two }] }
  b: { backends: [{ url: "http://b:1" }] }
routes: [{ pool: a, path_prefix: /a, name: first }, { pool: b }]
`;

const settings = (yaml: string): Settings => loadText(yaml, 'c.yaml', {}, { threads: '2' });
const changes = (after: string) =>
  compareSettings(settings(BASE), settings(after)).map(({ kind, action, name, keys }) =>
    `${action} ${kind} ${name} ${keys.join()}`.trimEnd(),
  );

const TOKEN = `{ name: deploy, role: operator, hash: "sha256:${'a'.repeat(64)}" }`;

test('the same configuration, written differently, has no changes', () => {
  assert.deepEqual(changes(`server: { port: 8080, keep_alive: 72000ms }\n${BASE}`), []);
});

test("every kind of difference is reported by name, in the file's terms", () => {
  const after = `log: { access: { sample: 0.5 } }
rate_limit: { global: { capacity: 5, rate_per_second: 1 }, allowlist: [10.0.0.0/8] }
timeouts: { idle: 5s }
pools:
  a: { algorithm: random, backends: [{ url: "http://a:9", id: one, weight: 3 }, { url: "http://a:3", id: three }] }
  c: { backends: [{ url: "http://c:1", id: c1 }] }
routes: [{ pool: c, path_prefix: /a, name: first, strip_prefix: true }]
`;
  assert.deepEqual(changes(after), [
    'changed setting log.access.sample',
    'changed setting rate_limit.global',
    'changed setting rate_limit.allowlist',
    'changed pool a algorithm,timeouts.idle',
    'added pool c',
    'removed pool b',
    'changed backend one url,weight',
    'added backend three',
    'added backend c1',
    'removed backend two',
    'removed backend b-b-1',
    'changed route first pool,strip_prefix',
    'removed route /',
  ]);
});

test('what follows from another key is not reported besides it', () => {
  const before = `${BASE}discovery: {}`.replace('b: { backends', 'b: { discover: { file: { path: x } }, backends');
  const after = before.replace('file: { path: x }', 'dns: { name: web.test, port: 80 }');
  const [change, ...others] = compareSettings(settings(before), settings(after));
  assert.deepEqual([change?.keys, others], [['discover.file', 'discover.dns'], []]);
});

test('a backend that moves to another pool is a changed one', () => {
  const moved = BASE.replace(', { url: "http://a:2", id: two }', '').replace(
    '"http://b:1" }',
    '"http://a:2", id: two }',
  );
  assert.ok(changes(moved).includes('changed backend two pool'));
});

test('settings that need a restart keep their value and are reported; the rest is as wanted', () => {
  const current = settings(BASE);
  const wanted = settings(`server: { port: 1, head_timeout: 1s, trust_proxy: [10.0.0.1], drain_delay: 9s }
admin: { port: 2, token: "some-secret-token-of-mine" }
database: { data_dir: /elsewhere }
log: { level: debug, format: json, access: { enabled: false } }
metrics: { interval: 2s }
reload: { watch: false }
rate_limit: { max_clients: 5, default: { capacity: 1 } }
${BASE}`);
  const { settings: applied, restartRequired } = withoutRestart(current, wanted);
  assert.deepEqual(restartRequired.toSorted(), [
    'admin.port',
    'database.data_dir',
    'log.format',
    'metrics.interval',
    'rate_limit.max_clients',
    'server.head_timeout',
    'server.port',
  ]);
  assert.deepEqual(applied, {
    ...current,
    server: { ...current.server, trustProxy: ['10.0.0.1'], drainDelayMs: 9000 },
    admin: { ...current.admin, token: 'some-secret-token-of-mine' },
    log: { ...current.log, level: 'debug', access: { enabled: false, sample: 1 } },
    reload: { watch: false },
    rateLimit: { ...current.rateLimit, default: { capacity: 1, ratePerSecond: 10 } },
  });
  assert.deepEqual(withoutRestart(applied, wanted).restartRequired, restartRequired, 'reported until the restart');
});

test('the last token of a port that others reach stays until that port is gone', () => {
  const open = settings(`admin: { host: 0.0.0.0, tokens: [${TOKEN}] }\n${BASE}`);
  const closed = settings(BASE);
  const { settings: applied, restartRequired } = withoutRestart(open, closed);
  assert.deepEqual(applied.admin, open.admin);
  assert.deepEqual(restartRequired.toSorted(), ['admin.host', 'admin.tokens']);
  const other = settings(`admin: { token: "some-secret-token-of-mine" }\n${BASE}`);
  assert.deepEqual(withoutRestart(open, other).settings.admin.tokens, [], 'another token may replace it');
  const weak = settings(`admin: { token: weak }\n${BASE}`);
  assert.deepEqual(withoutRestart(open, weak).settings.admin, open.admin, 'but none that can be guessed');
});
