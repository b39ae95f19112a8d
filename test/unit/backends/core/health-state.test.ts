import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthState, type HealthSigns } from '../../../../src/backends/core/health-state.ts';

const WELL: HealthSigns = {
  isEnabled: true,
  isUnresolved: false,
  isUnproven: false,
  probes: 'up',
  probeReason: null,
  isEjected: false,
  circuit: 'closed',
  requests: 0,
  failures: 0,
};

const CASES: readonly (readonly [change: Partial<HealthSigns>, state: string, reason: string | null])[] = [
  [{}, 'healthy', null],
  [{ probes: 'unchecked' }, 'healthy', null],
  [{ probes: 'unknown' }, 'degraded', 'no probe has answered yet'],
  [{ probes: 'down', probeReason: '3 failed probes: connect refused' }, 'down', '3 failed probes: connect refused'],
  [{ probes: 'down' }, 'down', 'its probes fail'],
  [{ isUnresolved: true, probes: 'unknown' }, 'down', 'its host name never resolved'],
  [{ circuit: 'open', requests: 8, failures: 5 }, 'down', 'circuit open: 5 of 8 requests failed'],
  [{ circuit: 'open' }, 'down', 'circuit open'],
  [{ circuit: 'forced-open' }, 'down', 'circuit forced open'],
  [{ circuit: 'half-open', requests: 9, failures: 9 }, 'degraded', 'circuit half-open: trial requests only'],
  [{ isEjected: true, requests: 5, failures: 5 }, 'down', 'ejected for consecutive errors: 5 of 5 requests failed'],
  [{ requests: 50, failures: 31 }, 'degraded', 'error rate 62 % of 50 requests'],
  [{ requests: 50, failures: 25 }, 'healthy', null],
  [{ requests: 4, failures: 4 }, 'healthy', null],
  [{ requests: 5, failures: 3 }, 'degraded', 'error rate 60 % of 5 requests'],
  [{ isEnabled: false, probes: 'unknown' }, 'down', 'disabled'],
];
for (const [change, state, reason] of CASES) {
  test(`${JSON.stringify(change)} is ${state}: ${reason}`, () => {
    const verdict = healthState({ ...WELL, ...change });
    assert.deepEqual([verdict.state, verdict.reason], [state, reason]);
  });
}

test('probes take precedence over the circuit, and that over an ejection', () => {
  const all = { ...WELL, probes: 'down', probeReason: 'p', circuit: 'open', isEjected: true } as const;
  const rules = [all, { ...all, probes: 'up' }, { ...all, probes: 'up', circuit: 'closed' }] as const;
  assert.deepEqual(
    rules.map((signs) => healthState(signs).rule),
    ['probes', 'circuit', 'ejected'],
  );
});
