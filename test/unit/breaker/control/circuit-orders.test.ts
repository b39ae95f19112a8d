import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import { CircuitOrders } from '../../../../src/breaker/control/circuit-orders.ts';
import type { Snapshot } from '../../../../src/config/snapshot.ts';
import { MemoryCircuitOrderStore } from '../../../support/memory-circuit-order-store.ts';

let nowMs: number;
let store: MemoryCircuitOrderStore;

interface Gateway {
  readonly orders: CircuitOrders;
  /** What was done to slots: `3 open 60`, `3 closed`. */
  readonly done: string[];
  /** Slots of its backends, by id. */
  slots: Record<string, number>;
}

/** With a clock of its own. */
function gateway(slots: Record<string, number>, offsetMs = 0): Gateway {
  const done: string[] = [];
  const ownMs = (): number => nowMs + offsetMs;
  const made: Gateway = {
    done,
    slots,
    orders: new CircuitOrders({
      store,
      circuits: {
        forceOpen: (index, untilMs) => done.push(`${index} open ${Math.round((untilMs - ownMs()) / 1000)}`),
        reset: (index) => done.push(`${index} closed`),
      },
      snapshot: () => {
        const backends = Object.entries(made.slots).map(([id, index]) => ({ id, index }));
        return { pools: [{ backends }] } as unknown as Snapshot;
      },
      nowMs: ownMs,
      log: pino({ level: 'silent' }),
    }),
  };
  return made;
}

async function started(slots: Record<string, number>, offsetMs = 0): Promise<Gateway> {
  const made = gateway(slots, offsetMs);
  await made.orders.refresh();
  return made;
}

describe('orders of operators for circuits', () => {
  beforeEach(() => {
    nowMs = 1_000_000;
    store = new MemoryCircuitOrderStore(() => nowMs);
  });

  it('apply here at once and once, and on another gateway for the time that is left', async () => {
    const [here, there] = [await started({ a: 3 }), await started({ a: 7 }, 1e9)];
    await here.orders.give(['a'], 60);
    await here.orders.refresh();
    assert.deepEqual(here.done, ['3 open 60']);
    nowMs += 10_000;
    await there.orders.refresh();
    await there.orders.refresh();
    assert.deepEqual(there.done, ['7 open 50']);
    await there.orders.give(['a'], null);
    await here.orders.refresh();
    assert.deepEqual(here.done, ['3 open 60', '3 closed']);
  });

  it('apply after a restart if they are not over; a closed circuit needs nothing', async () => {
    await (await started({ a: 1, b: 2, c: 3 })).orders.give(['a', 'b'], 60);
    await (await started({ c: 3 })).orders.give(['c'], null);
    nowMs += 20_000;
    assert.deepEqual((await started({ a: 5, c: 6 })).done, ['5 open 40']);
    nowMs += 40_000;
    assert.deepEqual((await started({ a: 5, b: 6 })).done, []);
  });

  it('close circuits that are open here, but not those that tripped before this gateway knew', async () => {
    const here = await started({ a: 1 });
    await (await started({ a: 1 })).orders.give(['a'], null);
    await here.orders.refresh();
    assert.deepEqual(here.done, ['1 closed']);
    const late = gateway({ a: 1 });
    store.isAway = true;
    await assert.rejects(late.orders.refresh());
    store.isAway = false;
    await late.orders.refresh();
    assert.deepEqual(late.done, []);
  });

  it('apply to a backend that is configured later, or again', async () => {
    const here = await started({});
    await (await started({ a: 1 })).orders.give(['a'], 60);
    await here.orders.refresh();
    assert.deepEqual(here.done, []);
    here.slots = { a: 4 };
    here.orders.applyKnown();
    here.orders.applyKnown();
    nowMs += 30_000;
    here.slots = { a: 5 };
    here.orders.applyKnown();
    assert.deepEqual(here.done, ['4 open 60', '5 open 30']);
  });

  it('apply here while the database is away, and are stored when it is back', async () => {
    const [here, there] = [await started({ a: 1 }), await started({ a: 1 })];
    store.isAway = true;
    await here.orders.give(['a'], 60);
    assert.deepEqual(here.done, ['1 open 60']);
    nowMs += 10_000;
    store.isAway = false;
    await here.orders.refresh();
    await there.orders.refresh();
    assert.deepEqual([here.done, there.done], [['1 open 60'], ['1 open 50']]);
  });

  it('give way to a later one that was stored meanwhile', async () => {
    const [here, there] = [await started({ a: 1 }), await started({ a: 1 })];
    store.isAway = true;
    await here.orders.give(['a'], 60);
    store.isAway = false;
    await there.orders.give(['a'], null);
    await here.orders.refresh();
    assert.deepEqual(here.done, ['1 open 60', '1 closed']);
    assert.equal((await store.all())[0]!.secondsLeft, null);
  });
});
