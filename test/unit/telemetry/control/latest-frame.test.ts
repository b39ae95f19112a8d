import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatestFrame } from '../../../../src/telemetry/control/latest-frame.ts';

function connected() {
  const sent: string[] = [];
  const pings: string[] = [];
  const socket = {
    bufferedAmount: 0,
    send: (text: string) => void sent.push(text),
    ping: (payload: string) => void pings.push(payload),
  };
  const client = new LatestFrame(socket, 0);
  return { client, socket, sent, pings, answer: (nowMs: number) => client.acknowledge(pings.at(-1)!, nowMs) };
}

test('an idle client gets a frame at once, followed by a ping', () => {
  const { client, sent, pings } = connected();
  client.offer('one', 0);
  assert.deepEqual(sent, ['one']);
  assert.equal(pings.length, 1);
});

test('while a frame is on its way, only the newest of those that come waits', () => {
  const { client, sent, answer } = connected();
  for (const frame of ['one', 'two', 'three', 'four']) client.offer(frame, 0);
  assert.deepEqual(sent, ['one']);
  answer(1);
  assert.deepEqual(sent, ['one', 'four']);
  answer(2);
  assert.deepEqual(sent, ['one', 'four']);
});

test('an unsolicited pong sends nothing', () => {
  const { client, sent, pings } = connected();
  client.offer('one', 0);
  client.offer('two', 0);
  client.acknowledge('', 1);
  client.acknowledge('99', 1);
  client.acknowledge(`${pings[0]} `, 1);
  assert.deepEqual(sent, ['one']);
});

test('a client that answers without reading gets nothing while bytes are buffered', () => {
  const { client, socket, sent, answer } = connected();
  client.offer('one', 0);
  socket.bufferedAmount = 1;
  answer(1);
  client.offer('two', 2);
  assert.deepEqual(sent, ['one']);
  assert.equal(client.stalledMs(30_000), 30_000);
  socket.bufferedAmount = 0;
  client.offer('three', 3);
  assert.deepEqual(sent, ['one', 'three']);
});

test('a client is stalled from the moment it was last sent something, until it answers', () => {
  const { client, answer } = connected();
  assert.equal(client.stalledMs(500), 0);
  client.offer('one', 1000);
  client.offer('two', 20_000);
  assert.equal(client.stalledMs(30_999), 29_999);
  assert.equal(client.stalledMs(31_000), 30_000);
  answer(31_000);
  assert.equal(client.stalledMs(31_000), 0);
  answer(31_500);
  assert.equal(client.stalledMs(90_000), 0);
});

test('a beat pings a client that owes nothing, and leaves a busy one alone', () => {
  const { client, pings, answer } = connected();
  client.beat(0);
  client.beat(5000);
  assert.equal(pings.length, 1);
  assert.equal(client.stalledMs(5000), 5000);
  answer(5001);
  client.beat(10_000);
  assert.equal(pings.length, 2);
});
