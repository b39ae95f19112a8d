import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  isArraySchema,
  isObjectSchema,
  isRecordSchema,
  isTupleSchema,
  recordValue,
} from '../../../src/config/schema/schema-at.ts';
import { ConfigError, loadWithReferences, type Loaded } from '../../../src/config/load.ts';
import { formatProblem } from '../../../src/config/file/problem.ts';
import { NO_REFERENCES, type References } from '../../../src/config/file/references.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { ConfigSchema } from '../../../src/config/schema/schema.ts';
import { HIDDEN, toFile } from '../../../src/config/to-file.ts';
import type { TSchema } from '@sinclair/typebox';

type Env = Readonly<Record<string, string>>;
const load = (text: string, env: Env = {}, current?: References): Loaded =>
  loadWithReferences(text, 'c.yaml', {
    env,
    flags: { threads: '1' },
    cwd: '/',
    ...(current === undefined ? {} : { current }),
  });

function problemsOf(text: string, env: Env, current?: References): readonly string[] {
  try {
    load(text, env, current);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(formatProblem);
    throw error;
  }
}

const backend = '{ url: "http://b:1" }';
const POOL = `pools: { default: { backends: [${backend}] } }\n`;

/** Every key with a single value, as a document with `value` there and nowhere else. */
function* places(
  schema: TSchema,
  wrap: (value: unknown) => unknown,
  name = '',
): Generator<[string, (value: unknown) => unknown]> {
  if (isObjectSchema(schema)) {
    for (const [key, inner] of Object.entries(schema.properties)) {
      yield* places(inner, (value) => wrap({ [key]: value }), `${name}.${key}`);
    }
  } else if (isRecordSchema(schema)) yield* places(recordValue(schema), (value) => wrap({ p: value }), `${name}.p`);
  else if (isArraySchema(schema)) yield* places(schema.items, (value) => wrap([value]), `${name}.0`);
  else if (isTupleSchema(schema)) yield* places(schema.items![0]!, (value) => wrap([value, 1]), `${name}.0`);
  else yield [name, wrap];
}

describe('no error contains a value of the environment', () => {
  const ALL = [...places(ConfigSchema, (value) => value)];

  test('whatever its key, and whatever it looks like', () => {
    assert.ok(ALL.length > 200);
    for (const [name, make] of ALL) {
      for (const held of [
        'c4n4ry',
        '48151623',
        '48151623ms',
        'http://u:c4n4ry@h',
        'c4n4ry x',
        '/c4n4ry?q',
        'true c4n4ry',
      ]) {
        const lines = problemsOf(JSON.stringify(make('${CANARY}')), { CANARY: held });
        assert.doesNotMatch(lines.join('\n'), /c4n4ry|48151623/, `${name}: ${held}`);
      }
    }
  });

  /** Each valid by itself, invalid together. */
  const TOGETHER: readonly (readonly [text: string, env: Env])[] = [
    [`${POOL}admin: { host: "\${A}" }`, { A: '192.0.2.81' }],
    [
      `${POOL}server: { host: "\${A}", port: "\${B}" }\nadmin: { host: "\${A}", port: "\${B}" }`,
      { A: '127.0.0.81', B: '4815' },
    ],
    [
      `${POOL}rate_limit: { default: { capacity: "\${A}", rate_per_second: "\${B}" } }`,
      { A: '481516234', B: '0.4815' },
    ],
    [
      `${POOL}rate_limit: { global: { capacity: "\${A}", rate_per_second: 5 } }\nroutes: [{ pool: default, cost: "\${B}" }]`,
      { A: '42', B: '81' },
    ],
    [
      `${POOL}routes: [{ pool: default, cost: "\${B}", rate_limit: { total: { limit: "\${A}", size: 1s } } }]`,
      { A: '42', B: '81' },
    ],
    [`${POOL}routes: [{ pool: "\${A}" }]`, { A: 'defau1t' }],
    [
      `${POOL}routes: [{ pool: default, name: "\${A}" }, { pool: default, name: "\${A}", path_prefix: /b }]`,
      { A: 'c4n4ry' },
    ],
    [
      `${POOL}routes: [{ pool: default, name: "\${A}/x" }, { pool: default, host: "\${A}", path_prefix: /x }]`,
      { A: 'c4n4ry' },
    ],
    [`pools: { a: { backends: [{ url: http://a, id: "\${A}" }, { url: http://b, id: "\${A}" }] } }`, { A: 'c4n4ry' }],
    [`pools: { a: { hash: { by: "\${A}" }, backends: [${backend}] } }`, { A: 'cookie' }],
    [
      `pools: { a: { sticky: { enabled: true, cookie: "\${A}", keys: [{ id: "\${A}", secret: "\${S}" }, { id: "\${A}", secret: "\${S}" }] }, backends: [${backend}] }, b: { sticky: { enabled: true, cookie: "\${A}" }, backends: [${backend}] } }`,
      { A: 'c4n4ry', S: 'c4n4ry'.repeat(8) },
    ],
    [`${POOL}health_check: { timeout: "\${A}" }`, { A: '4815s' }],
    [`${POOL}circuit_breaker: { window: "\${A}" }`, { A: '7ms' }],
    [`${POOL}health_check: { expected_status: ["\${A}", "\${B}"] }`, { A: '481', B: '423' }],
    [`${POOL}admin: { host: "\${A}", token: "\${T}" }`, { A: '192.0.2.81', T: 'c4n4ry' }],
    [
      `pools: { a: { sticky: { cookie: "\${A}", secure: "\${B}", domain: a.example }, backends: [${backend}] } }`,
      { A: '__Host-c4n4ry', B: 'never' },
    ],
    [
      `server: { host: "\${A}", port: "\${B}" }\npools: { a: { backends: [{ url: "http://\${A}:\${B}" }] } }`,
      { A: '127.0.0.81', B: '4815' },
    ],
  ];
  for (const [text, env] of TOGETHER) {
    test(text.slice(text.startsWith(POOL) ? POOL.length : 0).slice(0, 100), () => {
      const lines = problemsOf(text, env);
      assert.ok(lines.length > 0);
      for (const held of Object.values(env)) {
        // The words of a message may have it: "needs the cookie's name".
        assert.ok(!lines.some((line) => line.includes(held)), lines.join('\n'));
      }
      assert.match(lines.join('\n'), /\$\{[AB]\}/);
    });
  }

  test('the reference is shown instead, with neither a reason nor the nearest word', () => {
    assert.deepEqual(problemsOf(`${POOL}server: { port: "\${PORT}" }`, { PORT: '80a' }), [
      'c.yaml:2:17: server.port: found the value of "${PORT}"; allowed: an integer from 0 to 65535',
    ]);
    assert.deepEqual(problemsOf(`${POOL}log: { level: "\${LEVEL}" }`, { LEVEL: 'inf0' }), [
      'c.yaml:2:15: log.level: found the value of "${LEVEL}"; allowed: trace, debug, info, warn, error, fatal, silent',
    ]);
  });
});

describe('a text sent to the API', () => {
  const env = {
    SLUICE_ADMIN_TOKEN: 's3cret',
    DATABASE_URL: 'postgres://a:s3cret@b/c',
    HOME: '/root',
    HOST: 'b',
    KEY: 'k'.repeat(32),
  };
  const file = `pools:
  default:
    backends: [{ url: "http://\${HOST}:1" }]
    sticky: { keys: [{ id: a, secret: "\${KEY}" }] }
`;
  const current = load(file, env).references;
  const check = (text: string): readonly string[] => problemsOf(text, env, current);

  test('may use the variables of the current file, a secret one at its key only', () => {
    assert.deepEqual(check(file), []);
    assert.deepEqual(check(`${file}server: { host: "\${HOST}" }`), []);
    assert.deepEqual(check(file.replaceAll('default:', 'other:')), []);
    assert.deepEqual(
      check(`${file}admin: { token: "\${SLUICE_ADMIN_TOKEN}" }\ndatabase: { url: "\${DATABASE_URL}" }`),
      [],
    );
    for (const text of [
      `${file}routes: [{ pool: default, name: "\${KEY}" }]`,
      `${file}health_check: { headers: { x: "\${KEY}" } }`,
      `${file}admin: { token: "\${KEY}" }`,
      `${file}admin: { token: "\${DATABASE_URL}" }`,
    ])
      assert.match(
        check(text).join('\n'),
        /^c\.yaml:5:\d+: [\w.]+: the current file does not use the variable \w+ here/,
        text,
      );
  });

  test('may use no other, whether it is set or not, with or without a default', () => {
    const lines = ['HOME', 'NOPE', 'HOME:-x', 'NOPE:-x', 'SLUICE_ADMIN_TOKEN', 'SLUICE_ADMIN_TOKEN:-x'].map(
      (variable) =>
        check(`${file}routes: [{ pool: default, name: "\${${variable}}" }]`)
          .join('\n')
          .replaceAll(/HOME|NOPE|SLUICE_ADMIN_TOKEN/g, 'X'),
    );
    assert.deepEqual(new Set(lines).size, 1);
    assert.match(lines[0]!, /routes\.0\.name: the current file does not use the variable X here/);
  });

  test('has no variables where there is no file', () => {
    assert.match(problemsOf(file, env, NO_REFERENCES).join('\n'), /does not use the variable HOST here/);
  });

  test('takes the two variables that need no naming at their keys, as the file does', () => {
    assert.equal(load(file, env, current).settings.admin.token, 's3cret');
  });
});

describe('settings shown as a file', () => {
  const env = {
    HOST: 'c4n4ry',
    PORT: '4815',
    NAME: 'c4n4ry',
    TIME: '42s',
    TOKEN: 'c4n4ry',
    STATUS: '242',
    VALUE: 'c4n4ry',
  };
  const text = `server: { port: "\${PORT}" }
admin: { token: "\${TOKEN}" }
timeouts: { idle: "\${TIME}" }
pools:
  a:
    backends: [{ url: "http://\${HOST}:1", weight: 3 }, { url: "http://b:1", id: "\${NAME}" }]
    health_check: { expected_status: ["\${STATUS}", 299], expected_headers: { X-Name: "\${VALUE}" } }
  b: { backends: [{ url: "http://b:2" }], timeouts: { idle: 5s } }
routes:
  - { pool: a, name: "\${NAME}" }
  - { pool: b, host: "\${HOST}.example", methods: [GET] }
`;
  const { settings, references } = load(text, env);
  const shown = toFile(settings, references) as Record<string, any>; // oxlint-disable-line typescript/no-explicit-any

  test('have the references, also where a pool has them from the top', () => {
    assert.doesNotMatch(JSON.stringify(shown), /c4n4ry|4815|"42s"|242/);
    assert.equal(shown['server'].port, '${PORT}');
    assert.equal(shown['admin'].token, HIDDEN);
    assert.deepEqual([shown['pools'].a.timeouts.idle, shown['pools'].b.timeouts.idle], ['${TIME}', '5s']);
    assert.deepEqual(
      shown['pools'].a.backends.map(({ id, url }: { id: string; url: string }) => [id, url]),
      [
        ['http://${HOST}:1', 'http://${HOST}:1'],
        ['${NAME}', 'http://b:1'],
      ],
    );
    assert.deepEqual(shown['pools'].a.health_check.expected_status, ['${STATUS}', 299]);
    assert.deepEqual(shown['pools'].a.health_check.expected_headers, { 'x-name': '${VALUE}' });
    assert.deepEqual(
      shown['routes'].map(({ name, host }: { name: string; host?: string }) => [name, host]),
      [
        ['${NAME}', undefined],
        ['GET ${HOST}.example/', '${HOST}.example'],
      ],
    );
  });

  test("show the API's override of a number, and not the reference", () => {
    const weighted = load(`pools: { a: { backends: [{ url: http://b, weight: "\${W}" }] } }`, { W: '7' });
    const [pool] = weighted.settings.pools;
    const changed = { ...weighted.settings, pools: [{ ...pool!, backends: [{ ...pool!.backends[0]!, weight: 9 }] }] };
    const weight = (of: Settings) => (toFile(of, weighted.references) as any).pools.a.backends[0].weight; // oxlint-disable-line typescript/no-explicit-any
    assert.deepEqual([weight(weighted.settings), weight(changed)], ['${W}', 9]);
  });
});
