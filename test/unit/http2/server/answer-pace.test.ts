import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { AnswerPace } from '../../../../src/http2/server/answer-pace.ts';
import type { Http2Response } from '../../../../src/http2/server/http2-response.ts';

const SETTINGS = { minResponseRate: 1000, bodyRateWindowMs: 1000, writeTimeoutMs: 5000 };

function answer(waitingBytes = 0) {
  return { waitingBytes, progress: 0, writableEnded: false };
}

function start(settings = SETTINGS) {
  const handle = { bytesWritten: 0, writeQueueSize: 0 };
  const socket = { writableHighWaterMark: 65_536, _handle: handle };
  return { handle, pace: new AnswerPace(socket as unknown as Socket, settings) };
}

function open(...answers: readonly unknown[]): ReadonlySet<Http2Response> {
  return new Set(answers as Http2Response[]);
}

test('an answer of which nothing is taken for write_timeout is stuck; progress restarts the time', () => {
  const { pace } = start();
  const one = answer(100);
  assert.deepEqual(pace.stuck(open(one), 0), []);
  assert.deepEqual(pace.stuck(open(one), 4999), []);
  one.progress += 1;
  assert.deepEqual(pace.stuck(open(one), 5000), []);
  assert.deepEqual(pace.stuck(open(one), 9999), []);
  assert.deepEqual(pace.stuck(open(one), 10_000), [one]);
});

test('an answer that waits for its backend is not stuck, one whose end is not sent is', () => {
  const { pace } = start();
  const [waiting, ended] = [answer(), { ...answer(), writableEnded: true }];
  pace.stuck(open(waiting, ended), 0);
  assert.deepEqual(pace.stuck(open(waiting, ended), 5000), [ended]);
});

test('a connection that takes less than the minimum while much waits is slow, at the minimum it is not', () => {
  for (const [bytes, isSlow] of [
    [999, true],
    [1000, false],
  ] as const) {
    const { pace, handle } = start();
    const all = open(answer(600), answer(400));
    assert.equal(pace.isSlow(all, 0), false);
    handle.bytesWritten = bytes + 50;
    handle.writeQueueSize = 50;
    assert.equal(pace.isSlow(all, 999), false);
    assert.equal(pace.isSlow(all, 1000), isSlow);
  }
});

test('a window in which little waited does not count', () => {
  const { pace } = start();
  assert.equal(pace.isSlow(open(answer(1000)), 0), false);
  assert.equal(pace.isSlow(open(answer(999)), 500), false);
  assert.equal(pace.isSlow(open(answer(1000)), 1000), false);
  assert.equal(pace.isSlow(open(answer(1000)), 1999), false);
  assert.equal(pace.isSlow(open(answer(1000)), 2000), true);
});

test('without a minimum, no connection is slow', () => {
  const { pace } = start({ ...SETTINGS, minResponseRate: 0 });
  pace.isSlow(open(answer(100_000)), 0);
  assert.equal(pace.isSlow(open(answer(100_000)), 100_000), false);
});
