/** Waits for the database, which began to open before everything else, and loads its contents before traffic starts. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import type { Logger } from 'pino';
import { BackendRegistry } from '../../src/backends/control/backend-registry.ts';
import type { Settings } from '../../src/config/settings.ts';
import type { Database } from '../../src/database/database-port.ts';
import { shareStickyKeys } from '../../src/gateway/control/fleet-sticky-keys.ts';
import { databaseEvents } from '../../src/gateway/control/gateway-events.ts';
import { loadBackends } from '../../src/gateway/control/stored-backends.ts';
import { keepLevels, loadClients } from '../../src/gateway/control/stored-clients.ts';
import { keepQuotas } from '../../src/gateway/control/stored-quotas.ts';
import { followUploads } from '../../src/gateway/control/stored-uploads.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly database: Database;
    readonly backendRegistry: BackendRegistry;
  }
}

export interface DatabaseOptions {
  readonly settings: Settings;
  readonly opening: Promise<Database>;
  /** Why a backend's URL leads to this gateway itself; undefined: it does not. */
  readonly ownAddress: (url: string) => string | undefined;
  /** True: work that one gateway does for all is this one's. */
  readonly isLeader: () => boolean;
  /** True: another gateway has the same name, and keeps what is stored under it. */
  readonly isNamesake: () => boolean;
  readonly log: Logger;
}

async function database(app: FastifyInstance, options: DatabaseOptions): Promise<void> {
  const { settings, opening, ownAddress, isLeader, isNamesake, log } = options;
  const {
    backendAddresses: addresses,
    automaticCertificates: automatic,
    certificates,
    clientRegistry,
    dns,
    events,
    limiter,
    live,
    publish,
    snapshots,
    tables,
    uploadedCertificates: uploads,
  } = app;
  const backends = new BackendRegistry(settings, {
    ownAddress,
    store: async () => (await opening).backends,
    apply: async (wanted) => {
      const prepared = certificates.prepare(wanted.tls?.certificates ?? []);
      await automatic.prepare(wanted.tls);
      dns.use(wanted.dns);
      await addresses.prepare(wanted);
      await live.apply(wanted, publish);
      // In this order no host is without a certificate if it comes from elsewhere now.
      await automatic.use(wanted.tls, certificates.pairs);
      await certificates.use(prepared);
      await automatic.settle();
      await uploads.use();
      addresses.setCurrent(wanted);
    },
    log,
  });
  const opened = await opening;
  app.decorate('database', opened);
  app.decorate('backendRegistry', backends);
  await automatic.open(opened, settings.tls);
  const endUploads = await followUploads(opened, uploads, settings.tls, log);
  app.addHook('onClose', async () => endUploads());
  await loadClients(opened, clientRegistry, log);
  const endSharing = await shareStickyKeys({
    database: opened,
    ownSecret: tables.stickySecret,
    use: async (keys) => {
      snapshots.useStickyKeys(keys);
      // If no pool uses the secret, no snapshot is needed because of it.
      if (live.settings.pools.some(({ sticky, exposeBackend }) => sticky.enabled || exposeBackend)) {
        await backends.reapply();
      }
    },
    log,
  });
  app.addHook('onClose', async () => endSharing());
  await loadBackends(opened, backends, log);
  const { saveLevelsMs: everyMs } = settings.database;
  // Redis keeps those that are shared, and a level of this gateway alone would be wrong later.
  const isShared = (): boolean => settings.redis !== null && live.settings.rateLimit.shared.enabled;
  const isKept = (): boolean => !isShared() && !isNamesake();
  app.addHook('onClose', keepLevels(opened, clientRegistry, { everyMs, isKept, isLeader, log }));
  app.addHook('onClose', await keepQuotas(opened, { table: tables.quotas, limiter, isLeader, log }));
  const endEvents = databaseEvents(events, opened);
  app.addHook('onClose', async () => endEvents());
}

export default fp(database, { name: 'database', dependencies: ['threads'] });
