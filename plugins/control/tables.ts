/** The shared memory of all threads, and the control thread's objects on top of it. First of the control plane. */
import { randomFillSync } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { BackendRow } from '../../src/backends/backend-row.ts';
import { Circuits } from '../../src/breaker/circuits.ts';
import type { Settings } from '../../src/config/settings.ts';
import { RateLimiter } from '../../src/limits/rate-limiter.ts';
import {
  allocateSharedMemory,
  attachSharedMemory,
  type SharedMemory,
  type SharedTables,
} from '../../src/threads/shared-memory.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly memory: SharedMemory;
    readonly tables: SharedTables;
    readonly limiter: RateLimiter;
    /** The control thread's row: it runs no requests. */
    readonly row: BackendRow;
    readonly circuits: Circuits;
  }
}

export interface TablesOptions {
  readonly settings: Pick<Settings, 'server' | 'rateLimit' | 'redis'>;
}

async function tables(app: FastifyInstance, { settings: { server, rateLimit, redis } }: TablesOptions): Promise<void> {
  const memory = allocateSharedMemory({
    threads: server.threads,
    maxClients: rateLimit.maxClients,
    isShared: redis !== null,
    hashKey: randomFillSync(new Uint32Array(2)),
  });
  const attached = attachSharedMemory(memory, server.threads);
  const row = new BackendRow(attached.backends, 0);
  app.decorate('memory', memory);
  app.decorate('tables', attached);
  app.decorate('limiter', new RateLimiter(attached.clients, memory.hashKey));
  app.decorate('row', row);
  app.decorate('circuits', new Circuits(attached.backends, row, Math.random));
}

export default fp(tables, { name: 'tables' });
