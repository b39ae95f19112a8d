/** Owns the prober and everything that follows from its verdicts: ejections, states, slow starts, adapted weights. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { EffectiveWeights } from '../../src/balancing/control/effective-weights.ts';
import { BackendConditions } from '../../src/health/control/backend-conditions.ts';
import { HealthKeeper } from '../../src/health/control/health-keeper.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly health: HealthKeeper;
    readonly conditions: BackendConditions;
    readonly weights: EffectiveWeights;
  }
}

export interface HealthOptions {
  readonly log: Logger;
}

async function health(app: FastifyInstance, { log }: HealthOptions): Promise<void> {
  const { backendAddresses: addresses, backendHistory: history, circuits, events, tables } = app;
  const { backends: table, clock } = tables;
  const weights = new EffectiveWeights(table);
  const keeper: HealthKeeper = new HealthKeeper({
    table,
    circuits,
    clock,
    log,
    random: Math.random,
    onChange: (id) => conditions.look(id),
    addressesOf: (backend) => addresses.known(backend),
    onAddressesDown: (id, down) => addresses.setDown(id, down),
  });
  const conditions = new BackendConditions({
    table,
    weights,
    history,
    events,
    clock,
    log,
    probeReason: (id) => keeper.probeReason(id),
  });
  app.decorate('health', keeper);
  app.decorate('conditions', conditions);
  app.decorate('weights', weights);
  const endRounds = conditions.start();
  app.addHook('onClose', async () => {
    endRounds();
    keeper.stop();
  });
}

export default fp(health, { name: 'health', dependencies: ['tables', 'event-log', 'addresses'] });
