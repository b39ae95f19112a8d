/** `sluice load` as users run it, with a gateway and backends of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProfileResult } from '../../src/cli/load/profile.ts';
import { spawnSluice } from '../support/sluice-process.ts';

test('limit, distribution, failover and breaker pass in a lab of their own', async (t) => {
  const args = ['load', 'limit', 'distribution', 'failover', 'breaker', '--lab', '--json', '--duration', '1s'];
  const sluice = spawnSluice(t, ['bin/sluice.js', ...args]);
  assert.equal(await sluice.exit, 0, sluice.stdout() + sluice.stderr());
  const { verdict, profiles } = JSON.parse(sluice.stdout()) as { verdict: string; profiles: ProfileResult[] };
  assert.equal(verdict, 'passed');
  assert.deepEqual(
    profiles.map((each) => [each.profile, each.verdict]),
    ['limit', 'distribution', 'failover', 'breaker'].map((name) => [name, 'passed']),
  );
  assert.deepEqual(Object.keys(profiles[1]!.share!.backends).sort(), ['replica-1', 'replica-2', 'replica-3']);
});

test('a gateway that is not there ends it with 1, a mistake in the command line with 2', async (t) => {
  const away = spawnSluice(t, ['bin/sluice.js', 'load', 'basic', '--url', 'http://127.0.0.1:9']);
  assert.equal(await away.exit, 1);
  assert.match(away.stderr(), /cannot reach http:\/\/127\.0\.0\.1:9\//);
  const wrong = spawnSluice(t, ['bin/sluice.js', 'load', 'basik', '--url', 'http://127.0.0.1:9']);
  assert.equal(await wrong.exit, 2);
  assert.match(wrong.stderr(), /unknown profile 'basik'; allowed: basic, stress/);
});
