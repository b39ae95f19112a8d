import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RiseFall } from '../../../../src/health/core/rise-fall.ts';

describe('rise and fall', () => {
  it('know nothing at first', () => {
    const verdict = new RiseFall({ rise: 2, fall: 3 });
    assert.equal(verdict.state, 'unknown');
    assert.equal(verdict.isChanging, false);
  });

  for (const [isSuccess, expected] of [
    [true, 'up'],
    [false, 'down'],
  ] as const) {
    it(`let the first result decide at once: ${expected}`, () => {
      const verdict = new RiseFall({ rise: 2, fall: 3 });
      assert.equal(verdict.record(isSuccess), expected);
      assert.equal(verdict.state, expected);
      assert.equal(verdict.isChanging, false);
    });
  }

  it('go down after `fall` failures in a row, and say so once', () => {
    const verdict = new RiseFall({ rise: 2, fall: 3 });
    verdict.record(true);
    assert.deepEqual(
      [false, false, false, false].map((isSuccess) => verdict.record(isSuccess)),
      [null, null, 'down', null],
    );
  });

  it('come up after `rise` successes in a row, and say so once', () => {
    const verdict = new RiseFall({ rise: 2, fall: 3 });
    verdict.record(false);
    assert.deepEqual(
      [true, true, true].map((isSuccess) => verdict.record(isSuccess)),
      [null, 'up', null],
    );
  });

  it('begin to count again when the row is broken', () => {
    const verdict = new RiseFall({ rise: 2, fall: 3 });
    verdict.record(true);
    for (const isSuccess of [false, false, true, false, false, true]) assert.equal(verdict.record(isSuccess), null);
    assert.equal(verdict.state, 'up');
  });

  it('are changing from the first result that contradicts the state until it is settled', () => {
    const verdict = new RiseFall({ rise: 2, fall: 2 });
    verdict.record(true);
    verdict.record(false);
    assert.equal(verdict.isChanging, true);
    verdict.record(true);
    assert.equal(verdict.isChanging, false);
    verdict.record(false);
    verdict.record(false);
    assert.equal(verdict.isChanging, false);
  });

  it('may be 1: every result decides', () => {
    const verdict = new RiseFall({ rise: 1, fall: 1 });
    assert.deepEqual(
      [true, false, true].map((isSuccess) => verdict.record(isSuccess)),
      ['up', 'down', 'up'],
    );
  });

  for (const wrong of [0, -1, 1.5, Number.NaN]) {
    it(`may not be ${wrong}`, () => {
      const message = /must be a whole number from 1, not/;
      assert.throws(() => new RiseFall({ rise: wrong, fall: 1 }), { name: 'RangeError', message });
      assert.throws(() => new RiseFall({ rise: 1, fall: wrong }), { name: 'RangeError', message });
    });
  }
});
