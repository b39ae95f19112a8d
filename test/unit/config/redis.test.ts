import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { loadText } from '../../../src/config/load.ts';
import { toFile } from '../../../src/config/to-file.ts';
import { withoutRestart } from '../../../src/config/restart.ts';
import { POOL, problemsOf } from '../../support/config-problems.ts';
import { authority } from '../../support/issued.ts';
import { temporaryFolder } from '../../support/sluice-process.ts';

const load = (redis: string, cwd?: string) => loadText(`${POOL}${redis}`, 'c.yaml', {}, {}, cwd);
const settings = (redis: string, cwd?: string) => load(redis, cwd).redis;

describe('redis in the configuration', () => {
  test('is off without it, and with an empty URL', () => {
    assert.equal(settings(''), null);
    assert.equal(settings('redis: { url: "" }'), null);
    assert.equal(settings('redis: { url: "${REDIS_URL:-}", prefix: mine }'), null);
    assert.deepEqual(settings('redis: { url: "${REDIS_URL:-}", nodes: [a] }')?.nodes, ['a']);
  });

  test('has defaults', () => {
    assert.deepEqual(settings('redis: { url: "redis://h" }'), {
      url: 'redis://h',
      nodes: null,
      sentinel: null,
      prefix: 'sluice',
      username: null,
      password: null,
      db: 0,
      tls: null,
      connectTimeoutMs: 1000,
    });
  });

  test('takes the contents of its TLS files', (t) => {
    const folder = temporaryFolder(t);
    const root = authority();
    const { cert, key } = root.issue(['gateway']);
    for (const [name, text] of Object.entries({ ca: root.cert, cert, key })) writeFileSync(join(folder, name), text);
    const redis = settings(
      'redis: { nodes: [a, "b:7000"], tls: { ca_file: ca, cert_file: cert, key_file: key, server_name: r.example } }',
      folder,
    );
    assert.deepEqual(redis?.nodes, ['a', 'b:7000']);
    assert.deepEqual([redis?.tls?.caPem, redis?.tls?.certPem, redis?.tls?.keyPem], [root.cert, cert, key]);
    assert.deepEqual(settings('redis: { nodes: [a], tls: {} }')?.tls?.caPem, null);
  });

  test('hides its secrets, and needs a restart', () => {
    const text = 'redis: { url: "redis://u:hunter2@h", prefix: a }';
    const sentinel = 'redis: { password: hunter2, sentinel: { name: m, nodes: [h], password: hunter2 } }';
    for (const each of [text, sentinel]) assert.doesNotMatch(JSON.stringify(toFile(load(each))), /hunter2/);
    assert.deepEqual((toFile(load(text))['redis'] as { prefix: string }).prefix, 'a');
    const change = withoutRestart(load(text), load('redis: { url: "redis://u:hunter2@h", prefix: b }'));
    assert.deepEqual(change.restartRequired, ['redis.prefix']);
    assert.equal(change.settings.redis?.prefix, 'a');
  });
});

/** One mistake, one line. */
const MISTAKES: Readonly<Record<string, readonly [text: string, line: RegExp]>> = {
  'a scheme of something else': ['url: http://h', /redis\.url: .*begin with redis:\/\/, rediss:\/\/ or unix:\/\/\)$/],
  'a port that is none': ['url: "redis://h:70000"', /redis\.url: .*a port of 1 to 65535;/],
  'two ways to find the server': [
    'url: redis://h, nodes: [h]',
    /redis\.nodes: only one of url, nodes and sentinel; url is set, too/,
  ],
  'no server': ['prefix: a', /redis: names no server: url, nodes or sentinel is missing/],
  'an empty list of nodes': ['nodes: []', /redis\.nodes: the list is empty/],
  'a node with a scheme': ['nodes: ["redis://h:1"]', /redis\.nodes\.0: .*TLS is turned on by redis\.tls\)/],
  'a prefix with braces': ['url: redis://h, prefix: "{a}"', /redis\.prefix: .*braces would put all keys on one node/],
  'a prefix with a space': ['url: redis://h, prefix: "a b"', /redis\.prefix: found "a b"; allowed: 1 to 64/],
  'an authority that cannot be read': [
    'url: rediss://h, tls: { ca_file: none.pem }',
    /redis\.tls\.ca_file: "none\.pem" cannot be read/,
  ],
  'a certificate without its key': [
    'nodes: [h], tls: { cert_file: c.yaml }',
    /redis\.tls\.key_file: missing|cannot be read/,
  ],
  'TLS for a URL without it': ['url: redis://h, tls: {}', /redis\.tls: no effect: redis\.url is not rediss:\/\//],
  'a password twice': ['url: "redis://:a@h", password: b', /redis\.password: redis\.url has a password, too/],
  'a user without a password': ['nodes: [h], username: a', /redis\.password: missing; username needs it/],
  'a database in a Cluster': ['nodes: [h], db: 1', /redis\.db: only with sentinel/],
  'a master without Sentinels': ['sentinel: { name: m }', /redis\.sentinel\.nodes: missing/],
};

for (const [name, [text, line]] of Object.entries(MISTAKES))
  test(`${name} is a mistake`, () => {
    const lines = problemsOf(`${POOL}redis: { ${text} }`);
    assert.match(lines[0] ?? '', line);
    if (name !== 'a certificate without its key') assert.equal(lines.length, 1);
  });
