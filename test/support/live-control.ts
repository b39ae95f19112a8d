/** The control plane without traffic threads: real tables, registry, switches and telemetry behind a real admin app. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { loadText } from '../../src/config/load.ts';
import type { Settings } from '../../src/config/settings.ts';
import { BackendRegistry } from '../../src/backends/control/backend-registry.ts';
import { CircuitOrders } from '../../src/breaker/control/circuit-orders.ts';
import { LiveBackendSwitches } from '../../src/breaker/control/backend-switches.ts';
import { SnapshotBuilder } from '../../src/gateway/control/snapshot-builder.ts';
import { GatewayTelemetry } from '../../src/telemetry/control/gateway-telemetry.ts';
import { BackendRow } from '../../src/backends/backend-row.ts';
import type { Database } from '../../src/database/database-port.ts';
import { Circuits } from '../../src/breaker/circuits.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import { allocateSharedMemory, attachSharedMemory, type SharedTables } from '../../src/threads/shared-memory.ts';
import { fakeAdminApp } from './admin-app.ts';
import { MemoryBackendStore } from './memory-backend-store.ts';
import { MemoryCircuitOrderStore } from './memory-circuit-order-store.ts';

export interface LiveControl {
  readonly app: FastifyInstance;
  readonly store: MemoryBackendStore;
  readonly registry: BackendRegistry;
  readonly tables: SharedTables;
  /** As the one traffic thread writes it. */
  readonly row: BackendRow;
  readonly circuits: Circuits;
  /** Settings applied so far, the newest last. */
  readonly applied: readonly Settings[];
  /** Slot of a current backend. */
  slot(id: string): number;
  send(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<LightMyRequestResponse>;
}

export function settingsOf(yaml: string): Settings {
  return loadText(yaml, 'c.yaml', {}, { threads: '1' });
}

export async function startLiveControl(
  t: Pick<TestContext, 'after'>,
  yaml: string,
  store = new MemoryBackendStore(),
  /** Default: in memory, its backends those of `store`. */
  database?: Database,
): Promise<LiveControl> {
  const memory = allocateSharedMemory({ threads: 1, maxClients: 16, hashKey: new Uint32Array([1, 2]) });
  const tables = attachSharedMemory(memory, 1);
  const { backends: table, metrics, clock } = tables;
  const log = pino({ level: 'silent' });
  const row = new BackendRow(table, 0);
  const circuits = new Circuits(table, row, () => 0.5);
  const builder = new SnapshotBuilder({ backends: table, metrics, nowMs: clock.nowMs });
  const settings = settingsOf(yaml);
  const applied = [settings];
  let snapshot = builder.build(settings);
  const registry = new BackendRegistry(settings, {
    store: async () => database?.backends ?? store,
    apply: async (wanted) => {
      snapshot = builder.build(wanted);
      builder.settle(wanted);
      applied.push(wanted);
    },
    ownAddress: () => undefined,
    log,
  });
  const telemetry = new GatewayTelemetry({
    exporters: () => [],
    tables,
    limiter: new RateLimiter(tables.clients, memory.hashKey),
    version: '0.0.0-test',
    settings: () => applied.at(-1)!,
    snapshot: () => snapshot,
    retiredRoutes: () => builder.retiredRoutes(),
    threads: () => [],
    registeredClients: () => 0,
    probe: () => undefined,
    addresses: { known: () => ['192.0.2.1'], used: () => ['192.0.2.1'], resolution: () => null },
    condition: () => ({ state: 'healthy', stateReason: null, stateSince: 0, slowStart: null, adaptive: null }),
    database: () => ({ mode: 'embedded', available: !store.isAway }),
    origin: (id) => registry.origin(id),
    configuration: () => ({ isLastReloadGood: true }),
  });
  const switches = new LiveBackendSwitches({
    table,
    orders: new CircuitOrders({
      store: new MemoryCircuitOrderStore(),
      circuits,
      snapshot: () => snapshot,
      nowMs: clock.nowMs,
      log,
    }),
    snapshot: () => snapshot,
    threads: () => [{ index: 0, state: 'running' }],
    resetRows: async (index) => row.reset(index),
    onReset: (id) => telemetry.forgetBackend(id),
    log,
  });
  const app = await fakeAdminApp({
    telemetry,
    currentSettings: () => applied.at(-1)!,
    backends: registry,
    switches,
    ...(database === undefined ? {} : { database }),
  });
  t.after(() => app.close());
  return {
    app,
    store,
    registry,
    tables,
    row,
    circuits,
    applied,
    slot: (id) => snapshot.pools.flatMap(({ backends }) => backends).find((each) => each.id === id)!.index,
    send: (method, url, body, headers = {}) =>
      app.inject({
        method: method as NonNullable<InjectOptions['method']>,
        url,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}
