import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { startLoop } from '../../../drizzle/keep-connected.ts';
import { eventually } from '../../support/eventually.ts';

describe('the loop that keeps a database connected', () => {
  it('goes on after failed rounds, and ends when stopped', async () => {
    let rounds = 0;
    const round = async (): Promise<void> => {
      rounds += 1;
      if (rounds % 2 === 1) throw new Error('away');
    };
    const loop = startLoop(round, { intervalMs: 2, retryMs: 1 }, false);
    await eventually('five rounds', () => rounds >= 5);
    await loop.stop();
    loop.retrySoon();
    const last = rounds;
    await after(10);
    assert.equal(rounds, last);
  });

  it('waits for the interval while the database answers, and not when hurried', async () => {
    let rounds = 0;
    const loop = startLoop(async () => void (rounds += 1), { intervalMs: 60_000, retryMs: 1 }, false);
    loop.retrySoon();
    await eventually('a round', () => rounds === 1);
    await loop.stop();
  });

  it('stops only when the round that runs has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isRunning = false;
    const round = async (): Promise<void> => {
      isRunning = true;
      await promise;
      isRunning = false;
    };
    const loop = startLoop(round, { intervalMs: 1, retryMs: 1 }, false);
    await eventually('a running round', () => isRunning);
    const stopped = loop.stop();
    resolve();
    await stopped;
    assert.equal(isRunning, false);
  });
});
