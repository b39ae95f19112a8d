/** Opens the storage of clients and backends: a PostgreSQL server if a URL is given, else a database in a folder. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import type { DatabaseSettings } from '../src/config/settings.ts';
import type { Database } from '../src/database/database-port.ts';
import { AcmeRepository } from './stores/acme-repository.ts';
import { AuditRepository } from './stores/audit-repository.ts';
import { Availability } from './database-availability.ts';
import { BackendRepository } from './stores/backend-repository.ts';
import { CannotOpenDatabase } from './cannot-open-database.ts';
import { ChangeFollower } from './change-follower.ts';
import { CircuitOrderRepository } from './stores/circuit-order-repository.ts';
import { ClientRepository } from './stores/client-repository.ts';
import { GatewayError } from '../src/errors.ts';
import { DatabaseLink } from './database-link.ts';
import type { DatabaseLog, Engine } from './engine.ts';
import { FleetRepository } from './stores/fleet-repository.ts';
import { FleetSecretRepository } from './stores/fleet-secrets.ts';
import { MemberRepository } from './stores/member-repository.ts';
import { QuotaRepository } from './stores/quota-repository.ts';
import { createRound, startLoop } from './keep-connected.ts';
import { explainFailure } from './postgres/postgres-advice.ts';
import { pgliteFolder, sqlitePath } from './sqlite/sqlite-paths.ts';
import { TransferRepository } from './table-transfer.ts';
import { UploadRepository } from './stores/upload-repository.ts';

export interface OpenOptions {
  readonly log: DatabaseLog;
  /** A query that takes longer is abandoned, ms. Default 5 s. */
  readonly deadlineMs?: number;
  /**
   * Interval at which to check whether the database answers, and what others have changed, ms. Default 1.5 s, with the
   * embedded database 5 s; while it does not answer: 250 ms, doubling.
   */
  readonly pingIntervalMs?: number;
  /** The embedded database is in memory, and ends with `close`. Default: in the data folder. */
  readonly inMemory?: boolean;
}

/** A change by another gateway applies within 2 s, whether or not a notification arrives. */
const FOLLOW_MS = 1_500;

/** True if there is no embedded database yet: opening it creates an empty one. */
export function isNewDatabase({ url, dataDir }: DatabaseSettings): boolean {
  return url === null && !existsSync(sqlitePath(dataDir)) && !existsSync(pgliteFolder(dataDir));
}

/**
 * Resolves when the tables are up to date. Rejects with DataFolderLocked if another process has the folder, and with an
 * error naming host and port if the server cannot be reached and `required` is true; if it is false, resolves all the
 * same, and the database becomes available when it can.
 */
export async function openDatabase(settings: DatabaseSettings, options: OpenOptions): Promise<Database> {
  const { log, deadlineMs = 5_000, pingIntervalMs = settings.url === null ? 5_000 : FOLLOW_MS } = options;
  const engine = await createEngine(settings, deadlineMs, options.inMemory ?? false);
  const availability = new Availability();
  const link = new DatabaseLink({ connect: () => engine.connect(), availability, deadlineMs });

  const changeListeners = new Set<(key: string | null) => unknown>();
  const backendListeners = new Set<() => unknown>();
  const certificateListeners = new Set<() => unknown>();
  const gatewayListeners = new Set<() => unknown>();
  const circuitListeners = new Set<() => unknown>();
  const memberListeners = new Set<() => unknown>();
  const follower = new ChangeFollower({
    link,
    onClientsChanged: async (keys) => {
      for (const key of keys ?? [null]) for (const listener of changeListeners) await listener(key);
    },
    onBackendsChanged: async () => {
      for (const listener of backendListeners) await listener();
    },
    onCertificatesChanged: async () => {
      for (const listener of certificateListeners) await listener();
    },
    onGatewaysChanged: async () => {
      for (const listener of gatewayListeners) await listener();
    },
    onCircuitsChanged: async () => {
      for (const listener of circuitListeners) await listener();
    },
    onMembersChanged: async () => {
      for (const listener of memberListeners) await listener();
    },
  });
  const round = createRound({
    engine,
    link,
    poll: () => follower.poll(),
    hint: () => follower.hint(),
    migrationDeadlineMs: Math.max(60_000, deadlineMs),
  });

  const failure = await round().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (failure !== undefined && (settings.url === null || settings.required)) {
    await link.close();
    await engine.stop();
    throw cannotOpen(engine, failure.error);
  }
  logChanges(availability, engine, log, failure?.error);
  const loop = startLoop(round, { intervalMs: pingIntervalMs, retryMs: 250 }, failure !== undefined);
  availability.onChange((isAvailable) => isAvailable || loop.retrySoon());

  return {
    mode: engine.mode,
    clients: new ClientRepository(link, engine.dialect, settings.url === null ? '' : (settings.gateway ?? hostname())),
    backends: new BackendRepository(link, engine.dialect),
    audit: new AuditRepository(link, engine.dialect),
    acme: new AcmeRepository(link, engine.dialect),
    uploads: new UploadRepository(link, engine.dialect),
    circuitOrders: new CircuitOrderRepository(link, engine.dialect),
    members: new MemberRepository(link, engine.dialect),
    quotas: new QuotaRepository(link, engine.dialect),
    fleet: new FleetRepository(link, engine.dialect),
    secrets: new FleetSecretRepository(link, engine.dialect),
    transfer: new TransferRepository(link, engine.dialect),
    isAvailable: () => availability.isAvailable,
    onAvailability: (listener) => availability.onChange(listener),
    onClientsChanged: (listener) => {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    onBackendsChanged: (listener) => {
      backendListeners.add(listener);
      return () => backendListeners.delete(listener);
    },
    onCertificatesChanged: (listener) => {
      certificateListeners.add(listener);
      return () => certificateListeners.delete(listener);
    },
    onGatewaysChanged: (listener) => {
      gatewayListeners.add(listener);
      return () => gatewayListeners.delete(listener);
    },
    onCircuitsChanged: (listener) => {
      circuitListeners.add(listener);
      return () => circuitListeners.delete(listener);
    },
    onMembersChanged: (listener) => {
      memberListeners.add(listener);
      return () => memberListeners.delete(listener);
    },
    close: async () => {
      const stopped = loop.stop();
      await link.close();
      await stopped;
      await engine.stop();
    },
  };
}

/** Loads only the engine that is needed. */
async function createEngine(
  { url, schema, dataDir }: DatabaseSettings,
  deadlineMs: number,
  inMemory: boolean,
): Promise<Engine> {
  if (url === null) return (await import('./sqlite/sqlite-engine.ts')).sqliteEngine(inMemory ? null : dataDir);
  return (await import('./postgres/postgres-engine.ts')).postgresEngine(url, schema, deadlineMs);
}

function logChanges(availability: Availability, engine: Engine, log: DatabaseLog, failure: unknown): void {
  const context = { mode: engine.mode, target: engine.target };
  const warn = (error: unknown): void =>
    log.warn({ ...context, reason: explain(engine, error) }, 'database unavailable; retrying in the background');
  if (failure === undefined) log.info(context, 'database available');
  else warn(failure);
  availability.onChange((isAvailable) => {
    if (isAvailable) log.info(context, 'database available');
    else warn(availability.lastFailure);
  });
}

function cannotOpen(engine: Engine, error: unknown): Error {
  const cause = error instanceof GatewayError && error.cause !== undefined ? error.cause : error;
  if (cause instanceof CannotOpenDatabase) return cause;
  return new CannotOpenDatabase(`cannot open the database at ${engine.target}: ${explain(engine, cause)}`, { cause });
}

/** One line, for people. */
function explain(engine: Engine, error: unknown): string {
  const cause = error instanceof GatewayError && error.cause !== undefined ? error.cause : error;
  return explainFailure(cause);
}
