import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CircuitBreakerSettings,
  validateCircuitBreaker,
} from '../../../../src/breaker/core/circuit-breaker-settings.ts';
import { CIRCUIT as SETTINGS } from '../../../support/pool-settings.ts';

const ALLOWED: [keyof CircuitBreakerSettings, number[]][] = [
  ['windowMs', [10, 1e9]],
  ['minimumRequests', [1]],
  ['errorRatio', [0, 1]],
  ['consecutiveFailures', [1]],
  ['openMs', [1, 300_000]],
  ['maxOpenMs', [10_000]],
  ['halfOpenTrials', [1, 15]],
  ['halfOpenSuccesses', [1, 15]],
  ['forgetMs', [0]],
];

const REFUSED: [keyof CircuitBreakerSettings, number[]][] = [
  ['windowMs', [9, Infinity, Number.NaN]],
  ['minimumRequests', [0, 1.5]],
  ['errorRatio', [-0.1, 1.1, Number.NaN]],
  ['consecutiveFailures', [0, 2.5]],
  ['openMs', [0, Infinity, Number.NaN]],
  ['maxOpenMs', [9999, Infinity]],
  ['halfOpenTrials', [0, 16, 1.5]],
  ['halfOpenSuccesses', [0, 16, 1.5]],
  ['forgetMs', [-1, Infinity]],
];

describe('the settings of a circuit breaker', () => {
  it('are allowed as they are by default', () => validateCircuitBreaker(SETTINGS));

  for (const [name, values] of ALLOWED) {
    it(`may have ${name} ${values.join(' and ')}`, () => {
      for (const value of values) validateCircuitBreaker({ ...SETTINGS, [name]: value });
    });
  }

  for (const [name, values] of REFUSED) {
    it(`may not have ${name} ${values.join(' or ')}`, () => {
      for (const value of values) {
        const message = new RegExp(`^${name} must be .*, not ${value}$`);
        assert.throws(() => validateCircuitBreaker({ ...SETTINGS, [name]: value }), { name: 'RangeError', message });
      }
    });
  }
});
