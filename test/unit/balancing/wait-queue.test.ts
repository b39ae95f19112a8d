import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allocateQueueTable, QueueTable } from '../../../src/balancing/queue-table.ts';
import { WaitQueue, type Waiter } from '../../../src/balancing/wait-queue.ts';

/** Queues of two threads over this many free slots; `reported` has the outcome of each request, in order. */
function newQueues(slots = 0) {
  const table = new QueueTable(allocateQueueTable(2));
  const state = { slots, nowMs: 0, woken: [] as number[], reported: [] as string[], begun: 0 };
  table.wake = (thread) => void state.woken.push(thread);
  const [one, two] = [0, 1].map(
    (thread) => new WaitQueue(5, { table, thread, nowMs: () => state.nowMs, onWaiting: () => void (state.begun += 1) }),
  ) as [WaitQueue, WaitQueue];
  const waiter = (name: string, sinceMs = state.nowMs, forMs = 1000, isLocal = false): Waiter => ({
    isLocal,
    sinceMs,
    deadlineMs: sinceMs + forMs,
    offer: () => {
      if (state.slots === 0) return false;
      state.slots -= 1;
      state.reported.push(name);
      return true;
    },
    expire: () => void state.reported.push(`${name} expired`),
  });
  return { table, one, two, state, waiter };
}

const microtasks = (): Promise<void> => Promise.resolve();

describe('a wait queue', () => {
  it('serves in the order of arrival, as many as there are slots', () => {
    const { one, state, waiter, table } = newQueues();
    for (const name of 'abc') one.add(waiter(name));
    state.slots = 2;
    one.serve(1, false);
    assert.deepEqual(state.reported, ['a', 'b']);
    assert.deepEqual([one.length, table.length(5)], [1, 1]);
  });

  it('asks for rounds when the first begins to wait', () => {
    const { one, state, waiter } = newQueues();
    one.add(waiter('a'));
    one.add(waiter('b'));
    assert.equal(state.begun, 1);
  });

  it('looks once more for the first, which may have come just too late to be seen', async () => {
    const { one, state, waiter } = newQueues(1);
    one.add(waiter('a'));
    assert.deepEqual(state.reported, []);
    await microtasks();
    assert.deepEqual(state.reported, ['a']);
  });

  it('serves soon after a slot is returned, once for many', async () => {
    const { one, state, waiter } = newQueues();
    one.add(waiter('a'));
    await microtasks();
    state.slots = 1;
    one.slotReturned();
    one.slotReturned();
    assert.deepEqual(state.reported, [], 'the caller that returns it continues first');
    await microtasks();
    assert.deepEqual(state.reported, ['a']);
  });

  it('forgets clients that left', () => {
    const { one, state, waiter, table } = newQueues();
    const leaving = waiter('a');
    one.add(leaving);
    one.add(waiter('b', 1));
    one.remove(leaving);
    one.remove(leaving);
    state.slots = 2;
    one.serve(1, false);
    assert.deepEqual([state.reported, table.length(5)], [['b'], 0]);
  });

  it('ends a wait at its deadline, not before, slots or not', () => {
    const { one, state, waiter } = newQueues();
    one.add(waiter('a', 0, 100));
    one.add(waiter('b', 50, 100));
    one.serve(99, true);
    assert.deepEqual(state.reported, []);
    one.serve(100, true);
    assert.deepEqual(state.reported, ['a expired']);
    state.slots = 1;
    one.serve(150, true);
    assert.deepEqual(state.reported, ['a expired', 'b expired']);
  });

  it('continues to be served when a listener asks again', () => {
    const { one, state, waiter } = newQueues(2);
    const again = waiter('a');
    one.add({ ...again, offer: (nowMs) => (one.serve(nowMs, true), again.offer(nowMs)) });
    one.add(waiter('b'));
    one.serve(1, false);
    assert.deepEqual(state.reported, ['a', 'b']);
  });
});

describe('two threads that wait', () => {
  it('let the one forward that has waited longer, and wake it', () => {
    const { one, two, state, waiter } = newQueues();
    two.add(waiter('two', 10));
    one.add(waiter('one', 20));
    state.slots = 1;
    one.serve(30, false);
    assert.deepEqual([state.reported, state.woken], [[], [1]]);
    two.serve(30, false);
    assert.deepEqual(state.reported, ['two']);
    assert.deepEqual(state.woken, [1, 0], 'there may be a slot for the next');
  });

  it('do not wait for one that does nothing, when it comes to that', () => {
    const { one, two, state, waiter } = newQueues();
    two.add(waiter('two', 10));
    one.add(waiter('one', 20));
    state.slots = 1;
    one.serve(30, true);
    assert.deepEqual(state.reported, ['one']);
  });

  it('are notified of a slot that this one cannot use', async () => {
    const { one, two, state, waiter } = newQueues();
    two.add(waiter('two', 10));
    await microtasks();
    one.slotReturned();
    await microtasks();
    assert.deepEqual(state.woken, [1]);
  });

  it('are both seen by a request that arrives now', () => {
    const { one, two, waiter } = newQueues();
    assert.ok(!one.isWaitedFor);
    two.add(waiter('two'));
    assert.ok(one.isWaitedFor && two.isWaitedFor);
  });
});

describe('waiting for something that only the thread has', () => {
  it('lets no other thread forward, and is let forward by none', () => {
    const { one, two, state, waiter } = newQueues(1);
    one.add(waiter('local', 0, 1000, true));
    two.add(waiter('shared', 5));
    two.serve(6, false);
    assert.deepEqual(state.reported, ['shared']);
    two.add(waiter('older', 1));
    state.slots = 1;
    one.serve(7, false);
    assert.deepEqual(state.reported, ['shared', 'local']);
  });

  it('is counted among those that wait, and expires like any other', () => {
    const { one, state, waiter, table } = newQueues();
    one.add(waiter('local', 0, 10, true));
    assert.deepEqual([table.length(5), table.longest(5, Infinity), one.isWaitedFor], [1, -1, true]);
    one.serve(10, false);
    assert.deepEqual([state.reported, table.length(5)], [['local expired'], 0]);
  });

  it('is counted by pool when it is refused, over all threads', () => {
    const { one, two, table } = newQueues();
    one.countRefused();
    two.countRefused();
    assert.deepEqual([table.refused(5), table.refused(4)], [2, 0]);
  });
});
