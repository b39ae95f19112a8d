import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameChannel } from '../../../../src/telemetry/control/frame-channel.ts';
import { LatestFrame } from '../../../../src/telemetry/control/latest-frame.ts';

test('a round takes one sample for all clients, and none without clients', () => {
  let samples = 0;
  const channel = new FrameChannel(() => `frame ${(samples += 1)}`);
  channel.round(0);
  assert.equal(samples, 0);
  const sent: string[] = [];
  for (let index = 0; index < 3; index += 1) {
    const socket = { bufferedAmount: 0, send: (text: string) => void sent.push(text), ping: () => {} };
    channel.members.add(new LatestFrame(socket, 0));
  }
  channel.round(0);
  assert.equal(samples, 1);
  assert.deepEqual(sent, ['frame 1', 'frame 1', 'frame 1']);
});
