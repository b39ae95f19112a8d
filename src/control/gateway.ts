/**
 * The control thread: puts the parts together, in the order in which they need each other, and takes them apart again
 * in the reverse order.
 */
import { randomFillSync } from 'node:crypto';
import type { Logger } from 'pino';
import { openDatabase } from '../../drizzle/open-database.ts';
import { createSaveRound, restoreLevels, startSaving } from '../../drizzle/level-saver.ts';
import type { Settings } from '../config/settings.ts';
import { createLogger } from '../logging.ts';
import { BackendRow } from '../state/backend-row.ts';
import { Circuits } from '../state/circuits.ts';
import { RateLimiter } from '../state/rate-limiter.ts';
import type { ClientChanges } from '../state/client-changes.ts';
import type { Database } from '../state/database.ts';
import { allocateSharedMemory, attachSharedMemory, type SharedTables } from '../state/shared-memory.ts';
import { VERSION } from '../version.ts';
import { buildAdminApp } from './admin-app.ts';
import { LiveClientRegistry } from './client-registry.ts';
import { HealthKeeper } from './health-keeper.ts';
import { assertPortFree, isReusePortSupported } from './listening.ts';
import { SnapshotBuilder } from './snapshot-builder.ts';
import { Supervisor } from './supervisor.ts';
import { GatewayTelemetry } from './telemetry.ts';

export interface Gateway {
  /** Where clients and operators reach it: with port 0, the ports that were given. */
  readonly trafficUrl: string;
  readonly adminUrl: string;
  /** Readiness says 503, new connections are taken for a while, then what runs ends. Resolves when all is closed. */
  stop(): Promise<void>;
}

/** Rejects when it cannot start; nothing is left running then. */
export async function startGateway(configured: Settings, options: { readonly log?: Logger } = {}): Promise<Gateway> {
  const log = options.log ?? createLogger(configured.log, { name: 'control' });
  const closing: (() => unknown)[] = [];
  try {
    return await start(configured, log, closing);
  } catch (error) {
    for (const close of closing.reverse()) await close();
    throw error;
  }
}

async function start(configured: Settings, log: Logger, closing: (() => unknown)[]): Promise<Gateway> {
  const reusePort = await isReusePortSupported();
  const settings = reusePort ? configured : { ...configured, server: { ...configured.server, threads: 1 } };
  const { server, admin, rateLimit } = settings;
  if (!reusePort && configured.server.threads > 1) {
    log.warn('this platform cannot share a port between threads: one traffic thread only');
  }
  await assertPortFree(server.host, server.port);

  const database = await openDatabase(settings.database, { log });
  closing.push(() => database.close());

  const memory = allocateSharedMemory({
    threads: server.threads,
    maxClients: rateLimit.maxClients,
    hashKey: randomFillSync(new Uint32Array(2)),
  });
  const tables = attachSharedMemory(memory, server.threads);
  const { clock } = tables;
  const limiter = new RateLimiter(tables.clients, memory.hashKey);
  limiter.setGlobal(rateLimit.global, clock.nowMs());
  const snapshot = new SnapshotBuilder(tables.backends, tables.metrics).build(settings);

  const health = new HealthKeeper({ table: tables.backends, clock, log, random: Math.random });
  health.update(snapshot);
  closing.push(() => health.stop());

  const circuits = new Circuits(tables.backends, new BackendRow(tables.backends, 0), Math.random);
  const supervisor: Supervisor = new Supervisor(
    {
      log,
      memory,
      server,
      logSettings: settings.log,
      reusePort,
      nowMs: clock.nowMs,
      directory: () => registry.directory(),
      onThreadDied: (thread) => releaseThread(tables, circuits, thread),
      onPassiveErrors: (backendId) => health.onPassiveErrors(backendId),
    },
    snapshot,
  );
  const registry: LiveClientRegistry = new LiveClientRegistry({
    limiter,
    nowMs: clock.nowMs,
    limits: () => rateLimit,
    publish: (changes) => supervisor.changeClients(changes),
  });
  await loadClients(database, registry, log);
  closing.push(keepLevels(database, registry, settings, log));

  closing.push(() => supervisor.stop(server.drainTimeoutMs));
  await supervisor.start();

  const telemetry = new GatewayTelemetry({
    tables,
    limiter,
    version: VERSION,
    settings: () => settings,
    snapshot: () => snapshot,
    threads: () => supervisor.threads,
    registeredClients: () => registry.size,
    probe: (id) => health.lastProbe(id),
    database: () => ({ mode: database.mode, available: database.isAvailable() }),
  });
  telemetry.start();
  closing.push(() => telemetry.stop());

  let isStopping = false;
  const app = await buildAdminApp({
    settings,
    telemetry,
    database,
    registry,
    logger: log,
    version: VERSION,
    readiness: () => {
      const reasons: string[] = [];
      if (isStopping) reasons.push('stopping');
      if (!supervisor.threads.some((thread) => thread.state === 'running')) reasons.push('no traffic thread runs');
      return { ready: reasons.length === 0, reasons };
    },
  });
  closing.push(() => app.close());
  closing.push(followDatabase(database, registry, app.clientChanges, log));
  await app.listen({ host: admin.host, port: admin.port });

  const address = app.server.address();
  const adminPort = typeof address === 'object' && address !== null ? address.port : admin.port;
  const gateway: Gateway = {
    trafficUrl: url(server.host, supervisor.port),
    adminUrl: url(admin.host, adminPort),
    stop: async () => {
      if (isStopping) return;
      isStopping = true;
      log.info({ drain_delay_ms: server.drainDelayMs }, 'stopping');
      await new Promise((resolve) => setTimeout(resolve, server.drainDelayMs));
      // Traffic ends first; the admin app can be asked about it until the end. Levels are saved when no thread takes
      // tokens any more.
      await supervisor.stop(server.drainTimeoutMs);
      for (const close of closing.reverse()) await close();
      log.info('stopped');
    },
  };
  log.info(
    { gateway: gateway.trafficUrl, admin: gateway.adminUrl, threads: server.threads, database: database.mode },
    'sluice runs',
  );
  return gateway;
}

async function loadClients(database: Database, registry: LiveClientRegistry, log: Logger): Promise<void> {
  if (!database.isAvailable()) {
    log.warn('the database is not available: registered clients have the default limits until it is');
    return;
  }
  await registry.load(database.clients);
  await restoreLevels(database.clients, (level) => registry.restore(level, new Date()));
}

/** Another gateway changed a client, or the database is back: what is stored is put in force. */
function followDatabase(
  database: Database,
  registry: LiveClientRegistry,
  changes: ClientChanges,
  log: Logger,
): () => void {
  // In one queue with the changes that come by our own API.
  const refresh = (key: string): Promise<void> => changes.exclusive(key, () => registry.refresh(key, database.clients));
  const follow = async (key: string | null): Promise<void> => {
    try {
      const keys = key === null ? await registry.differences(database.clients) : [key];
      for (const each of keys) await refresh(each);
    } catch (error) {
      log.warn({ err: error, key }, 'stored clients cannot be put in force');
    }
  };
  const unfollow = [
    database.onClientsChanged((key) => void follow(key)),
    database.onAvailability((isAvailable) => {
      if (isAvailable) void follow(null);
    }),
  ];
  // What changed while the gateway was starting.
  if (database.mode === 'postgres') void follow(null);
  return () => {
    for (const end of unfollow) end();
  };
}

function keepLevels(
  database: Database,
  registry: LiveClientRegistry,
  settings: Settings,
  log: Logger,
): () => Promise<void> {
  const round = createSaveRound({ store: database.clients, levels: () => registry.levels(new Date()), log });
  return startSaving(round, settings.database.saveLevelsMs);
}

function releaseThread(tables: SharedTables, circuits: Circuits, thread: number): void {
  for (const { index, trials } of tables.backends.releaseThread(thread)) circuits.releaseTrials(index, trials);
  tables.metrics.releaseThread(thread);
  tables.connections.releaseThread(thread);
  tables.clients.releaseClaims(thread);
  tables.backends.bumpAvailability();
}

function url(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
