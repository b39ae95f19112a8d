import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tunnel } from '../../../../src/forwarding/upgrade/tunnel.ts';
import { Tunnels } from '../../../../src/forwarding/upgrade/tunnels.ts';
import type { MetricsTable } from '../../../../src/runtime/metrics-table.ts';

function world(): { tunnels: Tunnels; open: (slot: number | null) => { isDestroyed: boolean } } {
  const metrics = { setLevel: () => undefined } as unknown as MetricsTable;
  const tunnels = new Tunnels(metrics, 0, 30_000);
  return {
    tunnels,
    open: (slot) => {
      const state = { isDestroyed: false };
      const tunnel = {
        isIdle: () => false,
        destroy: () => {
          state.isDestroyed = true;
        },
      } as unknown as Tunnel;
      tunnels.add(tunnel, slot);
      return state;
    },
  };
}

test('tunnels of a member that left its pool end after the time for them, the others stay', () => {
  const { tunnels, open } = world();
  const [leaving, staying, fixed] = [open(1), open(2), open(null)];
  tunnels.retain(new Set([2]), 1000);
  tunnels.closeIdle(30_999);
  assert.equal(leaving.isDestroyed, false);
  // A later change does not give it more time.
  tunnels.retain(new Set([2, 3]), 20_000);
  tunnels.closeIdle(31_000);
  assert.deepEqual([leaving.isDestroyed, staying.isDestroyed, fixed.isDestroyed], [true, false, false]);
});

test('a member that comes back in time keeps its tunnels', () => {
  const { tunnels, open } = world();
  const tunnel = open(1);
  tunnels.retain(new Set(), 0);
  tunnels.retain(new Set([1]), 10_000);
  tunnels.closeIdle(100_000);
  assert.equal(tunnel.isDestroyed, false);
});
