import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { HealthKeeper } from '../../../src/health/control/health-keeper.ts';
import type { Snapshot } from '../../../src/config/snapshot.ts';
import { stateName } from '../../../src/breaker/core/circuit-breaker.ts';
import { BackendRow } from '../../../src/backends/backend-row.ts';
import { Circuits } from '../../../src/breaker/circuits.ts';
import { allocateSharedMemory, attachSharedMemory } from '../../../src/threads/shared-memory.ts';
import { eventually } from '../../support/eventually.ts';
import { backendSettings, CIRCUIT, HEALTH_CHECK, poolSettings, snapshotBackend } from '../../support/pool-settings.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';

test('the first probe that a backend answers after an outage makes its circuit half-open, but not one that was forced open', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const memory = allocateSharedMemory({ threads: 1, maxClients: 16, hashKey: new Uint32Array([1, 2]) });
  const { backends: table, clock } = attachSharedMemory(memory, 1);
  const circuits = new Circuits(table, new BackendRow(table, 0), () => 0.5);
  const nowMs = clock.nowMs();
  for (const index of [0, 1]) {
    table.occupy(index, 1, true);
    for (let failure = 0; failure < 5; failure += 1) {
      circuits.failed(index, circuits.admit(index, CIRCUIT, nowMs), CIRCUIT, nowMs);
    }
  }
  circuits.forceOpen(1, nowMs + 3_600_000);
  const changed: string[] = [];
  const keeper = new HealthKeeper({
    table,
    circuits,
    clock,
    log: pino({ level: 'silent' }),
    random: Math.random,
    addressesOf: () => ['127.0.0.1'],
    onAddressesDown: () => {},
    onChange: (id) => changed.push(id),
  });
  t.after(() => keeper.stop());
  const pool = poolSettings([backendSettings('a'), backendSettings('b')], {
    healthCheck: { ...HEALTH_CHECK, enabled: true },
  });
  const at = { url: backend.url };
  keeper.update({
    pools: [{ settings: pool, index: 0, backends: [snapshotBackend('a', 0, at), snapshotBackend('b', 1, at)] }],
  } as unknown as Snapshot);
  await eventually('both were probed', () => table.health(0) === 'up' && table.health(1) === 'up');
  const states = [0, 1].map((index) => stateName(table.circuitWord(index)));
  assert.deepEqual([states, table.openUntil(0) > nowMs], [['half-open', 'open'], true]);
  assert.ok(changed.includes('a'));
});
