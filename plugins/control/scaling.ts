/** How many replicas pools and gateways need. Measures nothing unless something has `scale`. */
import { availableParallelism } from 'node:os';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { ScaleKeeper } from '../../src/scaling/control/scale-keeper.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly scaling: ScaleKeeper;
  }
}

export interface ScalingOptions {
  /** The CPU limit of the container, processors; null: none. */
  readonly cpuQuota: number | null;
}

async function scaling(app: FastifyInstance, { cpuQuota }: ScalingOptions): Promise<void> {
  const { fleet, live, tables } = app;
  const keeper = new ScaleKeeper({
    tables,
    settings: () => live.settings,
    snapshot: () => live.snapshot,
    gateways: () => fleet.report(),
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    cpus: cpuQuota ?? availableParallelism(),
  });
  live.onChange(() => keeper.advise());
  app.addHook('onClose', keeper.start());
  app.decorate('scaling', keeper);
}

export default fp(scaling, { name: 'scaling', dependencies: ['fleet', 'reload'] });
