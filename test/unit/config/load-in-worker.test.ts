import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { ConfigError, loadText } from '../../../src/config/load.ts';
import { loadInWorker, LoadTooCostly } from '../../../src/config/load-in-worker.ts';
import { problemsOf } from '../../support/config-problems.ts';

const sample = readFileSync(new URL('../../../sluice.example.yaml', import.meta.url), 'utf8');
const flags = { threads: '2' };
const job = (text: string, env: Record<string, string> = {}) => ({
  content: { text },
  fileName: 'c.yaml',
  env,
  flags,
  cwd: '/',
});

test('settings loaded on another thread are the same, and frozen', async () => {
  const { settings } = await loadInWorker(job(sample), { limitMs: 60_000 });
  assert.deepStrictEqual(settings, loadText(sample, 'c.yaml', {}, flags));
  assert.ok(Object.isFrozen(settings.pools[0]!.backends[0]));
});

test('so are the problems', async () => {
  const wrong = 'pools: {}\nserver: { port: 70000 }';
  await assert.rejects(loadInWorker(job(wrong), { limitMs: 60_000 }), (error) => {
    assert.ok(error instanceof ConfigError);
    assert.deepEqual(error.format().split('\n').slice(0, -1), problemsOf(wrong));
    return true;
  });
});

test('a load that does not end is ended', { timeout: 60_000 }, async () => {
  const file = new URL('../../support/endless-worker.ts', import.meta.url);
  await assert.rejects(loadInWorker(job(''), { limitMs: 20, file }), (error) => {
    assert.ok(error instanceof LoadTooCostly);
    assert.match(error.message, /not done within 20 ms/);
    return true;
  });
});

test('the thread has no other environment than the one it is given', async () => {
  await assert.rejects(
    loadInWorker(job('pools: { a: { backends: [{ url: "http://${PATH}" }] } }'), { limitMs: 60_000 }),
    {
      message: /the environment variable PATH is not set/,
    },
  );
});
