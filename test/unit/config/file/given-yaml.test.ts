import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadContent, loadText, type LoadedHere } from '../../../../src/config/load.ts';

const around = {
  env: { URL: 'http://b:1', TOKEN: 'hunter2-hunter2-hunter2', PORT: '5' },
  flags: {},
  cwd: '/',
  wantsYaml: true,
};
const load = (value: unknown): LoadedHere => loadContent({ value }, 'c.ts', around);

test('the YAML of evaluated values means the same', () => {
  const value = {
    server: { port: '${PORT}', threads: 2 },
    timeouts: { idle: '5s' },
    pools: {
      a: {
        backends: [
          { url: '${URL}', weight: 3 },
          { url: 'http://c:1/$${x}', id: 'yes' },
        ],
      },
      'b-1': { backends: [{ url: 'http://d' }], retries: { attempts: 1 } },
    },
    routes: [{ pool: 'a', path_prefix: '/x', methods: ['GET'] }, { pool: 'b-1' }],
  };
  const { settings, yaml } = load(value);
  assert.deepEqual(loadText(yaml!, 'c.yaml', around.env, {}), settings);
  assert.equal(settings.server.port, 5);
  // As written, without defaults.
  assert.match(yaml!, /^server:\n  port: \$\{PORT\}\n  threads: 2\ntimeouts:\n/);
  assert.match(yaml!, /url: http:\/\/c:1\/\$\$\{x\}\n/);
});

test('secrets are hidden, variables are shown by their names', () => {
  const secret = 'hunter2-hunter2-hunter2-hunter2-hunter2';
  const { yaml } = load({
    admin: { token: '${TOKEN}' },
    database: { url: `postgres://u:${secret}@h/d` },
    pools: {
      a: {
        backends: [{ url: 'http://b' }],
        health_check: { headers: { authorization: secret }, expected_headers: { server: 'x' } },
        sticky: { keys: [{ id: 'k', secret }] },
      },
    },
  });
  assert.doesNotMatch(yaml!, /hunter2/);
  assert.match(yaml!, /token: \$\{TOKEN\}\n/);
  // Beside a variable, too.
  const mixed = load({
    admin: { token: '${NO_TOKEN:-hunter2-hunter2-hunter2}' },
    database: { url: 'postgres://u:hunter2@${HOST:-h}/d' },
    pools: { a: { backends: [{ url: 'http://${HOST:-h}:1' }] } },
  }).yaml;
  assert.equal(
    mixed,
    'admin:\n  token: "***"\ndatabase:\n  url: "***"\npools:\n  a:\n    backends:\n      - url: http://${HOST:-h}:1\n',
  );
  assert.match(yaml!, /authorization: "\*\*\*"\n +expected_headers:\n +server: x\n/);
});

test('flags are part of it, and it is made only if somebody asks', () => {
  const flags = { port: '7', backends: ['http://b'] };
  assert.equal(
    loadContent({ text: '' }, 'c.yaml', { ...around, env: {}, flags }).yaml,
    'server:\n  port: 7\npools:\n  default:\n    backends:\n      - url: http://b\n',
  );
  assert.equal(loadContent({ text: '' }, 'c.yaml', { env: {}, flags, cwd: '/' }).yaml, null);
});

test('problems of evaluated values have a key and no line', () => {
  assert.throws(() => load({ server: { prt: 1 }, pools: { a: { backends: [{ url: 'x:' }], algorithm: null } } }), {
    problems: [
      {
        source: 'c.ts',
        line: null,
        column: null,
        path: 'server.prt',
        message: 'unknown key "prt"; did you mean "port"?',
      },
      {
        source: 'c.ts',
        line: null,
        column: null,
        path: 'pools.a.backends.0.url',
        message:
          'found "x:"; allowed: http://, https:// or h2c://, a host, and optionally a port and a base path (it is not a full URL)',
      },
    ],
  });
});
