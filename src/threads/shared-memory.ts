/** The registry: all shared tables of one gateway process, as buffers for a thread and as tables built on them. */
import { randomBytes } from 'node:crypto';
import { allocateBackendTable, BackendTable, type BackendTableBuffers } from '../backends/backend-table.ts';
import { allocateClientTable, type ClientTableBuffers } from '../limits/client-table-memory.ts';
import { ClientTable } from '../limits/client-table.ts';
import { allocateInFlight, type InFlightBuffers, InFlightTable } from '../limits/in-flight-table.ts';
import { allocateQuotas, type QuotaBuffers, QuotaTable } from '../limits/quotas/quota-table.ts';
import {
  allocateSharedLimits,
  type SharedLimitBuffers,
  SharedLimitTable,
} from '../limits/shared/shared-limit-table.ts';
import { allocateChanges, ChangeTable } from '../runtime/change-table.ts';
import { allocateConnectionTable, ConnectionTable, type ConnectionTableBuffers } from '../runtime/connection-table.ts';
import { allocateHeartbeats, HeartbeatTable } from '../runtime/heartbeat-table.ts';
import { allocateMetrics, MetricsTable, type MetricsBuffers } from '../runtime/metrics-table.ts';
import {
  allocatePluginCounters,
  type PluginCounterBuffers,
  PluginCounterTable,
} from '../runtime/plugin-counter-table.ts';
import { MAX_POOLS } from '../runtime/table-sizes.ts';
import { allocateQueueTable, QueueTable, type QueueTableBuffers } from '../balancing/queue-table.ts';
import { allocatePlacements, PlacementTable, type PlacementBuffers } from '../balancing/placement-table.ts';
import { SharedClock } from '../runtime/shared-clock.ts';

/** Structured-cloneable: sent to a worker as it is. */
export interface SharedMemory {
  readonly threads: number;
  readonly epochNs: bigint;
  /** Secret of this process, 8 bytes: keys the hash of client keys, so that nobody can aim at a slot. */
  readonly hashKey: Uint32Array;
  readonly clients: ClientTableBuffers;
  readonly sharedLimits: SharedLimitBuffers;
  readonly inFlight: InFlightBuffers;
  readonly quotas: QuotaBuffers;
  readonly backends: BackendTableBuffers;
  readonly connections: ConnectionTableBuffers;
  /** Int32: beats of each traffic thread. */
  readonly heartbeats: SharedArrayBuffer;
  readonly metrics: MetricsBuffers;
  readonly queues: QueueTableBuffers;
  readonly placements: PlacementBuffers;
  readonly pluginCounters: PluginCounterBuffers;
  /** Int32: what invalidates stored answers. */
  readonly changes: SharedArrayBuffer;
  /** Of this gateway, in Via. */
  readonly viaId: string;
  /** Signs sticky cookies and makes opaque ids if the configuration has no key; 32 random bytes. */
  readonly stickySecret: string;
  /** Keys of TLS session tickets are derived from it; 32 random bytes. */
  readonly ticketSecret: Uint8Array;
  /** Int32: one shared counter per pool slot, for turns (round-robin). */
  readonly turns: SharedArrayBuffer;
}

export function allocateSharedMemory(options: {
  readonly threads: number;
  readonly maxClients: number;
  readonly hashKey: Uint32Array;
  /** Limits are shared with other gateways. Default: they are not. */
  readonly isShared?: boolean;
}): SharedMemory {
  return {
    threads: options.threads,
    epochNs: process.hrtime.bigint(),
    hashKey: options.hashKey,
    clients: allocateClientTable(options.maxClients, options.isShared),
    sharedLimits: allocateSharedLimits(options.threads),
    inFlight: allocateInFlight(options.threads),
    quotas: allocateQuotas(options.maxClients),
    backends: allocateBackendTable(options.threads),
    connections: allocateConnectionTable(options.threads),
    heartbeats: allocateHeartbeats(options.threads),
    metrics: allocateMetrics(options.threads),
    queues: allocateQueueTable(options.threads),
    placements: allocatePlacements(options.threads),
    pluginCounters: allocatePluginCounters(options.threads),
    changes: allocateChanges(),
    viaId: randomBytes(4).toString('hex'),
    stickySecret: randomBytes(32).toString('base64url'),
    ticketSecret: Uint8Array.from(randomBytes(32)),
    turns: new SharedArrayBuffer(4 * MAX_POOLS),
  };
}

/** A thread's view of the shared memory. */
export interface SharedTables {
  readonly clock: SharedClock;
  readonly clients: ClientTable;
  readonly sharedLimits: SharedLimitTable;
  readonly inFlight: InFlightTable;
  readonly quotas: QuotaTable;
  readonly backends: BackendTable;
  readonly connections: ConnectionTable;
  readonly heartbeats: HeartbeatTable;
  readonly metrics: MetricsTable;
  readonly queues: QueueTable;
  readonly placements: PlacementTable;
  readonly pluginCounters: PluginCounterTable;
  readonly changes: ChangeTable;
  readonly viaId: string;
  readonly stickySecret: string;
  readonly ticketSecret: Uint8Array;
  readonly turns: Int32Array;
}

/** @param writer 0..threads−1 for a traffic thread, `threads` for the control thread. */
export function attachSharedMemory(memory: SharedMemory, writer: number): SharedTables {
  return {
    clock: new SharedClock(memory.epochNs),
    clients: new ClientTable(memory.clients, writer),
    sharedLimits: new SharedLimitTable(memory.sharedLimits),
    inFlight: new InFlightTable(memory.inFlight),
    quotas: new QuotaTable(memory.quotas, writer),
    backends: new BackendTable(memory.backends),
    connections: new ConnectionTable(memory.connections),
    heartbeats: new HeartbeatTable(memory.heartbeats),
    metrics: new MetricsTable(memory.metrics),
    queues: new QueueTable(memory.queues),
    placements: new PlacementTable(memory.placements),
    pluginCounters: new PluginCounterTable(memory.pluginCounters),
    changes: new ChangeTable(memory.changes),
    viaId: memory.viaId,
    stickySecret: memory.stickySecret,
    ticketSecret: memory.ticketSecret,
    turns: new Int32Array(memory.turns),
  };
}
