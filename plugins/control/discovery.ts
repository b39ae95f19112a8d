/** Finds the members of pools, from their sources. Before traffic starts, which waits for first answers a moment. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { createSharedSources } from '../../src/discovery/control/shared-sources.ts';
import { Discovery } from '../../src/discovery/control/discovery.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly discovery: Discovery;
  }
}

export interface DiscoveryOptions {
  /** Relative names of files start here. */
  readonly cwd: string;
  /** Why a backend's URL leads to this gateway itself; undefined: it does not. */
  readonly ownAddress: (url: string) => string | undefined;
  readonly log: Logger;
}

async function discovery(app: FastifyInstance, { cwd, ownAddress, log }: DiscoveryOptions): Promise<void> {
  const { backendRegistry, dns, events, live, lookupOf, tables } = app;
  const { nowMs } = tables.clock;
  const found = new Discovery(live.settings, {
    applyMembers: (members) => backendRegistry.applyMembers(members),
    ownAddress,
    cwd,
    shared: createSharedSources({ dns, lookupOf, nowMs, schedule: runLater, random: Math.random }),
    nowMs,
    schedule: runLater,
    random: Math.random,
    log,
    events,
  });
  app.decorate('discovery', found);
  live.onChange(() => found.use(live.settings));
  app.addHook('onClose', async () => found.stop());
  await found.start();
}

function runLater(task: () => void, ms: number): () => void {
  const timer = setTimeout(task, ms).unref();
  return () => clearTimeout(timer);
}

export default fp(discovery, { name: 'discovery', dependencies: ['addresses', 'database'] });
