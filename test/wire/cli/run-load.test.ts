/** The profiles that need no gateway, directly against sample backends. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runLoad, type LoadRun, type ProfileName } from '../../../src/cli/load/run-load.ts';
import type { Behaviour } from '../../../src/cli/sample-backends/behaviour.ts';
import { startSampleBackends } from '../../../src/cli/sample-backends/sample-backends.ts';

const calm = { connections: undefined, durationMs: undefined, requests: undefined, rate: undefined };

async function load(profile: ProfileName, options: Partial<LoadRun['options']>, behaviour: Partial<Behaviour> = {}) {
  const { backends, close } = await startSampleBackends({ count: 1, behaviour, random: () => 0.5 });
  try {
    const answers: string[] = [];
    const results = await runLoad({
      url: backends[0]!.url,
      headers: { 'x-mine': '1' },
      profiles: [profile],
      options: { ...calm, ...options },
      operator: 'there is none',
      signal: new AbortController().signal,
      runId: 'test',
      onAnswer: (_profile, status, _ms, backend) => answers.push(`${status} ${backend}`),
    });
    return { result: results[0]!, answers };
  } finally {
    await close();
  }
}

describe('a load', () => {
  test('counts every answer, by status and by backend', async () => {
    const { result, answers } = await load('basic', { requests: 20, connections: 4, rate: 1000 });
    assert.equal(result.verdict, 'passed');
    assert.deepEqual(result.load?.statuses, { 200: 20 });
    assert.deepEqual(result.share?.backends, { 'replica-1': 20 });
    assert.deepEqual(answers, Array(20).fill('200 replica-1'));
    assert.ok(result.load.latency_ms.max >= result.load.latency_ms.min);
  });

  test('at a rate sends each request when it is due, and none before', async () => {
    const { result } = await load('basic', { requests: 21, connections: 4, rate: 100 });
    assert.deepEqual(result.load?.statuses, { 200: 21 });
    // The last is due 200 ms after the first.
    assert.ok(result.load.seconds >= 0.2, `${result.load.seconds} s`);
  });

  test('of answers 503 fails', async () => {
    const { result } = await load('stress', { requests: 20, connections: 2 }, { errorRate: 1 });
    assert.equal(result.verdict, 'failed');
    assert.deepEqual(result.load?.statuses, { 503: 20 });
  });

  test('by time ends by itself', async () => {
    const { result } = await load('stress', { durationMs: 200, connections: 2 });
    assert.equal(result.verdict, 'passed');
    assert.ok(result.load!.requests > 0);
  });

  test('that needs the admin API is skipped without it, and says why', async () => {
    for (const profile of ['limit', 'failover', 'breaker'] as const) {
      const { result } = await load(profile, {});
      assert.equal(result.verdict, 'skipped');
      assert.match(result.notes[0]!, /needs the admin API.*there is none/);
    }
  });
});
