/** What every CircuitOrderStore does. Run by the tests of each implementation. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, it } from 'node:test';
import type { CircuitOrder, CircuitOrderStore } from '../../src/backends/circuit-order-store.ts';

/** `open` gives the store under test; tests use ids of their own. */
export function circuitOrderStoreContract(open: () => CircuitOrderStore): void {
  describe('a store of orders for circuits', () => {
    let store: CircuitOrderStore;
    let id: string;
    beforeEach(() => {
      store = open();
      id = randomUUID();
    });

    const stored = async (backend = id): Promise<CircuitOrder | undefined> =>
      (await store.all()).find((order) => order.backend === backend);

    it('gives back the last order of each backend, with the time that is left', async () => {
      const [put] = await store.put([id], 60);
      const order = (await stored())!;
      assert.equal(order.version, put!.version);
      for (const { secondsLeft } of [put!, order]) assert.ok(secondsLeft! > 30 && secondsLeft! <= 60, `${secondsLeft}`);
      const [closed] = await store.put([id], null);
      assert.deepEqual(await stored(), { backend: id, secondsLeft: null, version: closed!.version });
      assert.ok(closed!.version > put!.version);
    });

    it('takes orders for several backends, or for none', async () => {
      const orders = await store.put([`${id}b`, `${id}a`], 5);
      assert.deepEqual(orders.map(({ backend }) => backend).toSorted(), [`${id}a`, `${id}b`]);
      assert.deepEqual(await store.put([], 5), []);
    });

    it('keeps one that is over, for gateways that missed it', async () => {
      await store.put([id], -1);
      assert.ok((await stored())!.secondsLeft! <= -1);
    });
  });
}
