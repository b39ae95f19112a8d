import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeartbeat, type Notifications } from '../../../drizzle/heartbeat.ts';
import { keptLog } from '../../support/kept-log.ts';

function start() {
  const log = keptLog();
  const state = { nowMs: 0, isDeaf: false, connection: {}, silences: 0, channels: [] as string[] };
  let hear: (payload: string) => void = () => assert.fail('nobody listens');
  const notifications = (): Notifications => ({
    connection: state.connection,
    listen: async (channel, listener) => {
      state.channels.push(channel);
      hear = listener;
    },
    notify: async (channel, payload) => {
      assert.equal(channel, state.channels.at(-1));
      if (!state.isDeaf) hear(payload);
    },
  });
  const round = createHeartbeat({
    notifications,
    onSilence: () => void (state.silences += 1),
    log,
    nowMs: () => state.nowMs,
    patienceMs: 30_000,
  });
  const runUntil = async (endMs: number): Promise<void> => {
    for (; state.nowMs <= endMs; state.nowMs += 5000) await round();
  };
  return { state, log, runUntil };
}

test('while beats are heard, nothing is polled', async () => {
  const { state, log, runUntil } = start();
  await runUntil(600_000);
  assert.equal(state.silences, 0);
  assert.deepEqual(log.lines, []);
  assert.equal(state.channels.length, 1);
});

test('beats that are no longer heard make it poll, again and again, and are told once', async () => {
  const { state, log, runUntil } = start();
  await runUntil(5000);
  state.isDeaf = true;
  await runUntil(30_000);
  assert.equal(state.silences, 0, 'not before its patience is at an end');
  await runUntil(35_000);
  assert.equal(state.silences, 1);
  await runUntil(95_000);
  assert.equal(state.silences, 3);
  assert.deepEqual(
    log.lines.map(({ message }) => message),
    ['no notifications of the database arrive: changes are polled'],
  );
  state.isDeaf = false;
  await runUntil(300_000);
  assert.equal(state.silences, 3);
  assert.equal(log.lines.at(-1)?.message, 'notifications of the database arrive again');
});

test('on a new connection it listens anew, and is patient again', async () => {
  const { state, runUntil } = start();
  await runUntil(5000);
  state.isDeaf = true;
  await runUntil(30_000);
  state.connection = {};
  await runUntil(60_000);
  assert.equal(state.channels.length, 2);
  assert.equal(state.silences, 0);
});
