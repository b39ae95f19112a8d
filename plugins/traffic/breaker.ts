/**
 * Decides whether a request may go to a backend, records the outcome of every attempt, and reports circuits that
 * change.
 */
import type { FastifyPluginCallback } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import type { BackendRow } from '../../src/backends/backend-row.ts';
import type { BackendTable } from '../../src/backends/backend-table.ts';
import { Breaker, type BreakerPorts } from '../../src/breaker/breaker.ts';
import { Circuits } from '../../src/breaker/circuits.ts';
import type { Random } from '../../src/core/random.ts';
import type { SharedClock } from '../../src/runtime/shared-clock.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly breaker: Breaker;
  }
}

export interface BreakerOptions {
  readonly log: Logger;
  readonly table: BackendTable;
  readonly row: BackendRow;
  readonly clock: SharedClock;
  readonly random: Random;
  /** Asks the control thread to eject the backend. */
  readonly onPassiveErrors: (backendId: string) => void;
}

const plugin: FastifyPluginCallback<BreakerOptions> = (app, options, done) => {
  const { log, table, row, clock, random, onPassiveErrors } = options;
  const ports: BreakerPorts = {
    nowMs: clock.nowMs,
    addPassiveError: (index) => table.addPassiveError(index),
    isProbedHealthy: (index) => table.health(index) === 'up',
  };
  app.decorate(
    'breaker',
    new Breaker(new Circuits(table, row, random), ports, {
      onTrip: (backend, pool) => {
        const retryInMs = Math.round(table.openUntil(backend.index) - clock.nowMs());
        log.warn({ backend: backend.id, pool: pool.settings.name, retry_in_ms: retryInMs }, 'circuit opened');
      },
      onClose: (backend, pool) => log.info({ backend: backend.id, pool: pool.settings.name }, 'circuit closed'),
      onPassiveErrors: (backend) => onPassiveErrors(backend.id),
    }),
  );
  done();
};

export default fp(plugin, { name: 'breaker', dependencies: ['sticky'] });
