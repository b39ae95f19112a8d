/** Makes snapshots of settings: gives every backend, pool and route its slot in the shared tables, and keeps them. */
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { type BackendTable, MAX_BACKENDS } from '../state/backend-table.ts';
import { MAX_ROUTES, type MetricsTable } from '../state/metrics-table.ts';
import { MAX_POOLS } from '../state/shared-memory.ts';
import { Slots } from '../state/slots.ts';

export class SnapshotBuilder {
  readonly #backends = new Slots(MAX_BACKENDS, 'backends');
  readonly #pools = new Slots(MAX_POOLS, 'pools');
  readonly #routes = new Slots(MAX_ROUTES, 'routes');
  readonly #table: BackendTable;
  readonly #metrics: MetricsTable;
  #version = 0;

  constructor(table: BackendTable, metrics: MetricsTable) {
    this.#table = table;
    this.#metrics = metrics;
  }

  build(settings: Settings): Snapshot {
    this.#version += 1;
    return {
      version: this.#version,
      rateLimit: settings.rateLimit,
      trustProxy: settings.server.trustProxy,
      access: settings.log.access,
      pools: settings.pools.map((pool) => ({
        settings: pool,
        index: this.#pools.take(pool.name).slot,
        backends: pool.backends.map((backend) => {
          const { slot, isNew } = this.#backends.take(backend.id);
          if (isNew) this.#table.occupy(slot, backend.weight, backend.enabled);
          return { id: backend.id, url: backend.url, index: slot };
        }),
      })),
      routes: settings.routes.map((route) => {
        const { slot, isNew } = this.#routes.take(route.name);
        if (isNew) this.#metrics.occupy(slot);
        return { settings: route, index: slot };
      }),
    };
  }
}
