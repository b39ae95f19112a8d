import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KeyedQueue } from '../../../src/core/keyed-queue.ts';

describe('a keyed queue', () => {
  it('runs work on one key in the order asked for, one at a time', async () => {
    const queue = new KeyedQueue();
    const events: string[] = [];
    const work = (name: string, turns: number) => async (): Promise<void> => {
      events.push(`begin ${name}`);
      for (; turns > 0; turns -= 1) await Promise.resolve();
      events.push(`end ${name}`);
    };
    await Promise.all([queue.run('k', work('a', 9)), queue.run('k', work('b', 1)), queue.run('k', work('c', 0))]);
    assert.deepEqual(events, ['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
  });

  it('lets other keys go ahead', async () => {
    const queue = new KeyedQueue();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = queue.run('slow', () => promise);
    assert.equal(await queue.run('quick', async () => 7), 7);
    resolve();
    await waiting;
  });

  it('hands on a failure to its caller only', async () => {
    const queue = new KeyedQueue();
    const failing = queue.run('k', async () => Promise.reject(new Error('no')));
    const next = queue.run('k', async () => 'yes');
    await assert.rejects(failing, /no/);
    assert.equal(await next, 'yes');
  });

  it('remembers no key whose work has ended', async () => {
    const queue = new KeyedQueue();
    await Promise.allSettled([
      queue.run('a', async () => 1),
      queue.run('b', async () => Promise.reject(new Error('no'))),
    ]);
    await Promise.resolve();
    assert.equal(queue.size, 0);
  });
});
