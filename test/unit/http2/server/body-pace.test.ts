import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BodyPace } from '../../../../src/http2/server/body-pace.ts';
import type { Http2Response } from '../../../../src/http2/server/http2-response.ts';

const SETTINGS = { requestTimeoutMs: 5000, minBodyRate: 1000, bodyRateWindowMs: 1000 };

function arriving() {
  const req = { complete: false, isRead: true, mayPause: false, receivedBytes: 0 };
  const response = { req, headersSent: false };
  return { req, response, late: (all: readonly unknown[]) => all.includes(response) };
}

function open(...streams: readonly { readonly response: unknown }[]): ReadonlySet<Http2Response> {
  return new Set(streams.map(({ response }) => response as Http2Response));
}

test('a body that is slower than the minimum in a whole window is late, one at the minimum is not', () => {
  for (const [bytes, isLate] of [
    [999, true],
    [1000, false],
  ] as const) {
    const pace = new BodyPace(SETTINGS);
    const one = arriving();
    assert.deepEqual(pace.late(open(one), 0), []);
    one.req.receivedBytes = bytes;
    assert.deepEqual(pace.late(open(one), 999), []);
    assert.equal(one.late(pace.late(open(one), 1000)), isLate);
  }
});

test('streams share the minimum of their connection', () => {
  const pace = new BodyPace(SETTINGS);
  const [fast, slow] = [arriving(), arriving()];
  pace.late(open(fast, slow), 0);
  fast.req.receivedBytes = 500;
  slow.req.receivedBytes = 499;
  const late = pace.late(open(fast, slow), 1000);
  assert.deepEqual([fast.late(late), slow.late(late)], [false, true]);
});

test('only a body that was wanted all the time can be late', () => {
  const pace = new BodyPace(SETTINGS);
  const one = arriving();
  pace.late(open(one), 0);
  one.req.isRead = false;
  pace.late(open(one), 500);
  one.req.isRead = true;
  assert.deepEqual(pace.late(open(one), 1000), []);
  assert.equal(one.late(pace.late(open(one), 2000)), true);
});

test('a request has its time, however fast it is; 0 is no limit', () => {
  const pace = new BodyPace(SETTINGS);
  const unlimited = new BodyPace({ ...SETTINGS, requestTimeoutMs: 0 });
  const one = arriving();
  for (let nowMs = 0; nowMs < 5000; nowMs += 1000) {
    one.req.receivedBytes += 5000;
    assert.deepEqual(pace.late(open(one), nowMs), []);
    assert.deepEqual(unlimited.late(open(one), nowMs), []);
  }
  one.req.receivedBytes += 5000;
  assert.equal(one.late(pace.late(open(one), 5000)), true);
  assert.deepEqual(unlimited.late(open(one), 5000), []);
});

test('what is complete, has an answer or may pause is not late', () => {
  const [complete, answered, paused] = [arriving(), arriving(), arriving()];
  complete.req.complete = true;
  answered.response.headersSent = true;
  paused.req.mayPause = true;
  const pace = new BodyPace(SETTINGS);
  pace.late(open(complete, answered, paused), 0);
  assert.deepEqual(pace.late(open(complete, answered, paused), 10_000), []);
});
