import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readWords } from '../../../../src/cli/read-words.ts';
import { SAMPLE_OPTIONS, sampleOptions } from '../../../../src/cli/sample-backends/sample-arguments.ts';

const readSampleArguments = (words: readonly string[]) => sampleOptions(readWords(SAMPLE_OPTIONS, words).values);

describe('the command line of the sample backends', () => {
  test('no words: three at 8081, calm', () => {
    const options = readSampleArguments([]);
    assert.deepEqual([options.count, options.port], [3, 8081]);
    assert.deepEqual(options.behaviour, { delayMs: 0, jitterMs: 0, errorRate: 0, hang: false });
  });

  test('slow and flaky change one backend each', () => {
    const { each } = readSampleArguments(['--slow', '2:1.5s', '--flaky', '3:0.5', '--flaky', '2:1']);
    assert.deepEqual(
      each,
      new Map([
        [2, { delayMs: 1500, errorRate: 1 }],
        [3, { errorRate: 0.5 }],
      ]),
    );
  });

  for (const words of [
    ['--count', '0'],
    ['--port', '70000'],
    ['--delay', '5'],
    ['--flaky', '1:2'],
    ['--slow', '4:1s'],
  ]) {
    test(`${words.join(' ')} is refused with what is allowed`, () => {
      assert.throws(() => readSampleArguments(words), /found '.*', allowed is/);
    });
  }
});
