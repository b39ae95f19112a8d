/** Finds the members of pools, and routes, from their sources. Before traffic starts, which waits for first answers a moment. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { createRouteSource } from '../../src/discovery/control/routes/create-route-source.ts';
import { createSharedSources } from '../../src/discovery/control/shared-sources.ts';
import { Discovery } from '../../src/discovery/control/discovery.ts';
import { MemberCache } from '../../src/discovery/control/member-cache.ts';
import { PushedLists } from '../../src/discovery/control/pushed-lists.ts';
import { probeTcp } from '../../src/health/control/tcp-probe.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly discovery: Discovery;
    /** Members that programs sent. */
    readonly pushedLists: PushedLists;
  }
}

export interface DiscoveryOptions {
  /** Relative names of files start here. */
  readonly cwd: string;
  /** Why a backend's URL leads to this gateway itself; undefined: it does not. */
  readonly ownAddress: (url: string) => string | undefined;
  readonly log: Logger;
}

const CONNECT_TIMEOUT_MS = 2000;

async function discovery(app: FastifyInstance, { cwd, ownAddress, log }: DiscoveryOptions): Promise<void> {
  const { backendAddresses: addresses, backendRegistry, database, dns, events, health, live, lookupOf, tables } = app;
  const { nowMs } = tables.clock;
  const pushed = new PushedLists({ store: database.members, nowMs, log });
  const cache = new MemberCache({ store: database.members, log });
  const stopping = new AbortController();
  const shared = createSharedSources({ dns, lookupOf, nowMs, schedule: runLater, random: Math.random });
  const found = new Discovery(live.settings, {
    applyFound: (members, extend) => backendRegistry.applyFound(members, extend),
    fileSettings: () => backendRegistry.fileSettings,
    createRouteSource: (provider, settings, report) =>
      createRouteSource({ provider, settings, cwd, shared, report, nowMs, schedule: runLater }),
    ownAddress,
    connect: async (pool, url) => {
      const [address] = addresses.known({ id: '', url });
      if (address === undefined) return false;
      const target = { url: new URL(url), address, timeoutMs: CONNECT_TIMEOUT_MS, pool };
      return (await probeTcp(target, stopping.signal)).ok;
    },
    cache,
    pushed,
    cwd,
    shared,
    nowMs,
    schedule: runLater,
    random: Math.random,
    log,
    events,
  });
  app.decorate('discovery', found);
  app.decorate('pushedLists', pushed);
  live.onChange(() => found.use(live.settings));
  health.onProbed((id, isUp) => found.probed(id, isUp));
  const unfollow = [
    database.onMembersChanged(() => pushed.refresh()),
    database.onAvailability((isAvailable) => {
      if (!isAvailable) return;
      void pushed.tryRefresh();
      cache.retry();
    }),
  ];
  app.addHook('onClose', async () => {
    for (const end of unfollow) end();
    stopping.abort();
    found.stop();
  });
  if (database.isAvailable()) await pushed.tryRefresh();
  await found.start();
}

function runLater(task: () => void, ms: number): () => void {
  const timer = setTimeout(task, ms).unref();
  return () => clearTimeout(timer);
}

export default fp(discovery, { name: 'discovery', dependencies: ['addresses', 'database', 'health'] });
