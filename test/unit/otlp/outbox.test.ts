import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox, type OtlpBatch } from '../../../src/otlp/outbox.ts';

function start() {
  const memories: ArrayBuffer[] = [];
  const sent: (Omit<OtlpBatch, 'bytes'> & { readonly text: string })[] = [];
  const planned: (() => void)[] = [];
  const box = new Outbox(',', {
    post: ({ bytes, ...batch }) => {
      memories.push(bytes.buffer);
      sent.push({ ...batch, text: Buffer.from(bytes).toString() });
    },
    later: (callback) => planned.push(callback),
  });
  const add = (count: number): void => {
    for (let turn = 0; turn < count; turn += 1) box.add('x');
  };
  const pass = (): void => planned.splice(0).forEach((callback) => callback());
  return { box, sent, memories, add, pass, planned };
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
  box.taken(new ArrayBuffer(0));
  assert.deepEqual(sent.at(-1), { count: 256, text: sent[0]!.text, dropped: 10 });
  add(1);
  pass();
  assert.equal(sent.length, 17);
  // Taken before its time has passed: the next round sends it.
  box.taken(new ArrayBuffer(0));
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

test('half a mebibyte is sent at once, whatever its characters, and a larger text alone', () => {
  const { box, sent } = start();
  const text = '\u00fc\u20ac'.repeat(60_000);
  box.add(text);
  box.add('b');
  assert.equal(sent.length, 0);
  box.add(text);
  assert.deepEqual(sent.shift(), { count: 2, text: `${text},b`, dropped: 0 });
  const large = 'x'.repeat(600_000);
  box.add(large);
  box.add('c');
  assert.deepEqual(sent.splice(0), [
    { count: 1, text, dropped: 0 },
    { count: 1, text: large, dropped: 0 },
  ]);
  box.flush();
  assert.deepEqual(sent, [{ count: 1, text: 'c', dropped: 0 }]);
});

test('bytes are limited while nothing is taken, too', () => {
  const { box, sent, pass } = start();
  const text = 'x'.repeat(500_000);
  for (let turn = 0; turn < 20; turn += 1) box.add(text);
  pass();
  assert.equal(sent.length, 16);
  box.taken(new ArrayBuffer(0));
  pass();
  assert.deepEqual(sent.at(-1), { count: 1, text, dropped: 3 });
});

test('memory that comes back is used again', () => {
  const { box, memories } = start();
  const text = 'x'.repeat(300_000);
  box.add(text);
  box.flush();
  box.taken(memories[0]!);
  box.add(text);
  box.flush();
  assert.equal(memories[1], memories[0]);
});

test('once it is full, drops can be counted without their texts', () => {
  const { box, sent, add } = start();
  add(17 * 256 - 1);
  assert.equal(box.isFull, false);
  add(1);
  assert.equal(box.isFull, true);
  box.drop(3);
  box.taken(new ArrayBuffer(0));
  assert.equal(box.isFull, false);
  assert.equal(sent.at(-1)!.dropped, 3);
});
