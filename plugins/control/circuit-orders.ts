/** Operators' orders for circuits, of all gateways that share the database. Before traffic starts. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { CircuitOrders, tryRefresh } from '../../src/breaker/control/circuit-orders.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly circuitOrders: CircuitOrders;
  }
}

export interface CircuitOrdersOptions {
  readonly log: Logger;
}

async function circuitOrders(app: FastifyInstance, { log }: CircuitOrdersOptions): Promise<void> {
  const { circuits, database, live, tables } = app;
  const orders = new CircuitOrders({
    store: database.circuitOrders,
    circuits,
    snapshot: () => live.snapshot,
    nowMs: tables.clock.nowMs,
    log,
  });
  app.decorate('circuitOrders', orders);
  live.onChange(() => orders.applyKnown());
  const unfollow = [
    database.onCircuitsChanged(() => orders.refresh()),
    database.onAvailability((isAvailable) => {
      if (isAvailable) void tryRefresh(orders, log);
    }),
  ];
  app.addHook('onClose', async () => {
    for (const end of unfollow) end();
  });
  await tryRefresh(orders, log);
}

export default fp(circuitOrders, { name: 'circuit-orders', dependencies: ['database'] });
