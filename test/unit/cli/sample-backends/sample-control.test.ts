import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readControl } from '../../../../src/cli/sample-backends/sample-control.ts';

const mistakes = (body: unknown): readonly string[] => {
  const read = readControl(typeof body === 'string' ? body : JSON.stringify(body));
  return 'mistakes' in read ? read.mistakes : [];
};

describe('changing a sample backend while it runs', () => {
  test('given values change, the rest stays', () => {
    assert.deepEqual(readControl('{"delay": "1.5s", "error_rate": 0.5, "for": "10s"}'), {
      behaviour: { delayMs: 1500, errorRate: 0.5 },
      forMs: 10_000,
    });
    assert.deepEqual(readControl('{}'), { behaviour: {}, forMs: null });
  });

  test('every mistake is reported with what is allowed', () => {
    const reported = mistakes({ delay: 5, error_rate: 2, hang: 'yes', hnag: true, for: '0s' });
    assert.deepEqual(reported, [
      'delay: found 5, allowed is a duration such as 250ms',
      'error_rate: found 2, allowed is a share from 0 to 1',
      'hang: found "yes", allowed is true or false',
      'unknown key "hnag"; did you mean "hang"?',
      'for: found "0s", allowed is a duration above 0, at most 1h',
    ]);
  });

  test('down needs a time, because nobody could take it back', () => {
    assert.match(mistakes({ down: true })[0]!, /needs "for"/);
    assert.deepEqual(mistakes({ down: true, for: '1s' }), []);
    assert.deepEqual(mistakes({ down: false }), []);
  });

  for (const body of ['', 'x', '[]', 'null', '3']) {
    test(`${body || 'nothing'} is no change`, () =>
      assert.deepEqual(mistakes(body), ['the body is not a JSON object']));
  }
});
