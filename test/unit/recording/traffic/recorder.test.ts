import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RecordedBatch, RecordingSpec } from '../../../../src/recording/recording-spec.ts';
import { Recorder } from '../../../../src/recording/traffic/recorder.ts';

const SPEC: RecordingSpec = { id: 'r1', route: null, sample: 1, bodies: false, startMs: 0, secretNames: [] };

function start(spec: Partial<RecordingSpec> = {}) {
  const sent: RecordedBatch[] = [];
  const planned: (() => void)[] = [];
  const draws: number[] = [];
  const recorder = new Recorder({
    post: (batch) => sent.push(batch),
    random: () => draws.shift() ?? 0,
    later: (callback) => planned.push(callback),
  });
  recorder.start({ ...SPEC, ...spec });
  const add = (line: string): void => recorder.add(recorder.active!, () => line);
  const pass = (): void => planned.splice(0).forEach((callback) => callback());
  return { recorder, sent, add, pass, draws };
}

describe('a recorder', () => {
  test('chooses the requests of its route, by its share', () => {
    const { recorder, draws } = start({ route: 'api', sample: 0.25 });
    draws.push(0.24, 0.25, 0.9);
    assert.deepEqual(
      ['api', 'web', 'api', 'api'].map((route) => recorder.chooses(route) !== null),
      [true, false, false, false],
    );
    recorder.stop();
    assert.equal(recorder.chooses('api'), null);
    assert.equal(recorder.active, null);
  });

  test('sends its lines in batches, after some time', () => {
    const { sent, add, pass } = start();
    add('a\n');
    add('b\n');
    assert.deepEqual(sent, []);
    pass();
    assert.deepEqual(sent, [{ recording: 'r1', lines: 'a\nb\n', count: 2, dropped: 0 }]);
  });

  test('sends a large batch at once, and the next one when that was taken', () => {
    const { recorder, sent, add, pass } = start();
    const large = 'x'.repeat(0x10000);
    add(large);
    add('next\n');
    pass();
    assert.equal(sent.length, 1);
    recorder.taken();
    assert.deepEqual(sent[1], { recording: 'r1', lines: 'next\n', count: 1, dropped: 0 });
    recorder.taken();
    assert.equal(sent.length, 2);
  });

  test('leaves requests out, and counts them, while nobody takes them', () => {
    const { recorder, sent, add } = start();
    const large = 'x'.repeat(0x10000);
    for (let line = 0; line < 20; line += 1) add(large);
    recorder.taken();
    const [first, second] = sent;
    assert.deepEqual([first!.count, second!.count, second!.dropped], [1, 16, 3]);
  });

  test('makes no line that it leaves out', () => {
    const { recorder, add } = start();
    for (let line = 0; line < 17; line += 1) add('x'.repeat(0x10000));
    recorder.add(recorder.active!, () => assert.fail('made'));
  });

  test('sends what is left when it stops; what ends later is not recorded', () => {
    const { recorder, sent, add, pass } = start();
    add('a\n');
    const active = recorder.active!;
    recorder.stop();
    assert.deepEqual(sent, [{ recording: 'r1', lines: 'a\n', count: 1, dropped: 0 }]);
    recorder.add(active, () => assert.fail('made'));
    recorder.start({ ...SPEC, id: 'r2' });
    recorder.add(active, () => assert.fail('made'));
    pass();
    assert.equal(sent.length, 1);
  });
});
