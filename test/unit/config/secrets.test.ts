import assert from 'node:assert/strict';
import { test } from 'node:test';

import { POOL, problemsOf } from '../../support/config-problems.ts';

/** Every way to put a secret at the wrong key: no line may show it. */
const LEAKS: Readonly<Record<string, string>> = {
  'a token with a space': 'admin: { token: "hunter2 x" }',
  'a token that is a list': 'admin: { token: [hunter2] }',
  'a token one level too high': 'admin: hunter2',
  'a token instead of its hash': 'admin: { tokens: [{ name: a, role: admin, hash: "hunter2" }] }',
  'a database URL of another kind': 'database: { url: "mysql://root:hunter2@h/d" }',
  'a database URL one level too high': 'database: "postgres://root:hunter2@h/d"',
  'a Redis URL of another kind': 'redis: { url: "http://u:hunter2@h" }',
  'a Redis URL with a wrong port': 'redis: { url: "redis://u:hunter2@h:x" }',
  'a Redis URL as a node': 'redis: { nodes: ["redis://u:hunter2@h"] }',
  'a Redis URL one level too high': 'redis: "redis://u:hunter2@h"',
  'a Redis password that is a list': 'redis: { url: redis://h, password: [hunter2] }',
  'a Redis password twice': 'redis: { url: "redis://:hunter2@h", password: hunter2 }',
  'a password at the Sentinels that is a number':
    'redis: { sentinel: { name: m, nodes: [h], password: { a: hunter2 } } }',
  'a database URL as a host': 'server: { host: "postgres://root:hunter2@h/d" }',
  'a backend URL with a password': 'x: 1\npools: { a: { backends: [{ url: "http://root:hunter2@h" }] } }',
  'a variable that is a secret by its name': 'server: { port: "${MY_PASSWORD}" }',
  'a variable with a password in a URL': 'server: { host: "${WHERE}" }',
  'a sticky secret that is too short':
    'pools: { a: { sticky: { keys: [{ id: k, secret: hunter2 }] }, backends: [{ url: http://b }] } }',
  'a token that is not closed': 'admin: { token: "hunter2',
};

for (const [name, text] of Object.entries(LEAKS)) {
  test(`${name} is a mistake that does not show it`, () => {
    const env = { MY_PASSWORD: 'hunter2', WHERE: 'postgres://root:hunter2@h/d' };
    const lines = problemsOf(text.includes('pools:') ? text : `${POOL}${text}`, { env });
    assert.ok(lines.length > 0);
    assert.doesNotMatch(lines.join('\n'), /hunter2/);
  });
}

test('the token and the database password of the environment are never shown', () => {
  const env = { SLUICE_ADMIN_TOKEN: 'hunter2 x', DATABASE_URL: 'mysql://root:hunter2@h/d' };
  const lines = problemsOf(POOL, { env });
  assert.equal(lines.length, 2);
  assert.doesNotMatch(lines.join('\n'), /hunter2/);
});
