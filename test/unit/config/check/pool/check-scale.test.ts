import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadText } from '../../../../../src/config/load.ts';
import { withoutRestart } from '../../../../../src/config/restart.ts';
import type { Settings } from '../../../../../src/config/settings.ts';
import { problemsOf } from '../../../../support/config-problems.ts';

function pool(scale: string): string {
  return `pools: { web: { backends: [{ url: "http://b:1" }], scale: ${scale} } }\n`;
}

function load(text: string): Settings {
  return loadText(text, 'c.yaml', {}, {});
}

test('without scale nothing is computed; with it, bounds and stabilization have defaults', () => {
  assert.equal(load('pools: { web: { backends: [{ url: "http://b:1" }] } }').pools[0]!.scale, null);
  const { scale } = load(pool('{ rps: 200, p95: 500ms }')).pools[0]!;
  assert.deepEqual(scale, { min: 1, max: 10, rps: 200, inFlight: null, p95Ms: 500, stabilizationMs: 300_000 });
});

test('a scale needs a target, and bounds in their order', () => {
  assert.deepEqual(problemsOf(pool('{ min: 2 }')), [
    'c.yaml:1:59: pools.web.scale: no target; at least one of rps, in_flight, p95 is needed',
  ]);
  assert.deepEqual(problemsOf(pool('{ min: 5, max: 3, rps: 1 }')), [
    'c.yaml:1:66: pools.web.scale.min: min (5) is above max (3)',
  ]);
  assert.match(problemsOf(pool('{ min: 0, rps: 1 }'))[0]!, /pools\.web\.scale\.min: found 0/);
  assert.match(problemsOf(pool('{ cpu: 0.5 }'))[0]!, /pools\.web\.scale\.cpu: unknown key/);
  assert.match(problemsOf(pool('{ rps: 0 }'))[0]!, /pools\.web\.scale\.rps: found 0/);
});

test('several gateways need one database', () => {
  const fleet = (more: string): string => `fleet: { scale: { max: 4, cpu: 0.6 } }\n${more}${pool('{ rps: 1 }')}`;
  assert.match(problemsOf(fleet(''))[0]!, /fleet\.scale\.max: several gateways need one PostgreSQL database/);
  assert.deepEqual(problemsOf(fleet('database: { url: "postgres://db/sluice" }\n')), []);
});

test('both can be changed without a restart', () => {
  const url = 'database: { url: "postgres://db/sluice" }\n';
  const before = load(`${url}fleet: { scale: { cpu: 0.6 } }\n${pool('{ rps: 1 }')}`);
  const after = load(`${url}fleet: { scale: { cpu: 0.7 }, beat: 1s }\n${pool('{ rps: 2 }')}`);
  const { settings, restartRequired } = withoutRestart(before, after);
  assert.deepEqual([settings.fleet.scale!.cpu, settings.pools[0]!.scale!.rps], [0.7, 2]);
  assert.deepEqual([settings.fleet.beatMs, restartRequired], [5000, ['fleet.beat']]);
});
