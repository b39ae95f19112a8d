import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox, type OtlpBatch } from '../../../src/otlp/outbox.ts';

function start() {
  const sent: OtlpBatch[] = [];
  const planned: (() => void)[] = [];
  const box = new Outbox(',', { post: (batch) => sent.push(batch), later: (callback) => planned.push(callback) });
  const add = (count: number): void => {
    for (let turn = 0; turn < count; turn += 1) box.add('x');
  };
  const pass = (): void => planned.splice(0).forEach((callback) => callback());
  return { box, sent, add, pass, planned };
}

test('texts are sent together after some time, and nothing is planned while there are none', () => {
  const { box, sent, pass, planned } = start();
  assert.equal(planned.length, 0);
  box.add('a');
  box.add('b');
  assert.deepEqual(sent, []);
  pass();
  assert.deepEqual(sent, [{ count: 2, text: 'a,b', dropped: 0 }]);
  pass();
  assert.equal(sent.length, 1);
  assert.equal(planned.length, 0);
});

test('256 of them are sent at once', () => {
  const { sent, add } = start();
  add(255);
  assert.equal(sent.length, 0);
  add(1);
  assert.equal(sent[0]!.count, 256);
  assert.equal(sent[0]!.text.length, 511);
});

test('a control thread that takes nothing gets sixteen batches, and what comes later is dropped and counted', () => {
  const { box, sent, add, pass } = start();
  add(16 * 256);
  assert.equal(sent.length, 16);
  add(256 + 10);
  pass();
  assert.equal(sent.length, 16);
  box.taken();
  assert.deepEqual(sent.at(-1), { count: 256, text: sent[0]!.text, dropped: 10 });
  add(1);
  pass();
  assert.equal(sent.length, 17);
  // Taken before its time has passed: the next round sends it.
  box.taken();
  pass();
  assert.deepEqual(sent.at(-1), { count: 1, text: 'x', dropped: 0 });
});

test('what is left is sent before the thread ends, whatever was taken', () => {
  const { box, sent, add } = start();
  add(16 * 256 + 3);
  box.flush();
  assert.equal(sent.at(-1)!.count, 3);
  box.flush();
  assert.equal(sent.length, 17);
});
