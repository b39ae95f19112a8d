/** Opens the storage of clients and backends: a PostgreSQL server when a URL is given, else a database in a folder. */
import { existsSync } from 'node:fs';
import type { DatabaseSettings } from '../src/config/settings.ts';
import type { Database } from '../src/state/database.ts';
import { AuditRepository } from './audit-repository.ts';
import { Availability } from './availability.ts';
import { BackendRepository } from './backend-repository.ts';
import { CannotOpenDatabase } from './cannot-open-database.ts';
import { ClientRepository } from './client-repository.ts';
import { GatewayError } from '../src/errors.ts';
import { DatabaseLink } from './database-link.ts';
import type { DatabaseLog, Engine } from './engine.ts';
import { createHeartbeat, type Notifications } from './heartbeat.ts';
import { createRound, startLoop } from './keep-connected.ts';
import { explainFailure } from './postgres-advice.ts';
import { pgliteFolder, sqlitePath } from './sqlite-paths.ts';
import { TransferRepository } from './transfer.ts';

export interface OpenOptions {
  readonly log: DatabaseLog;
  /** A query that takes longer is given up, ms. Default 5 s. */
  readonly deadlineMs?: number;
  /** Between two questions whether the database answers, ms. Default 5 s; while it does not: 250 ms, doubling. */
  readonly pingIntervalMs?: number;
}

/** True when there is no embedded database yet: to open it makes an empty one. */
export function isNewDatabase({ url, dataDir }: DatabaseSettings): boolean {
  return url === null && !existsSync(sqlitePath(dataDir)) && !existsSync(pgliteFolder(dataDir));
}

/**
 * Resolves when the tables are up to date. Rejects with DataFolderLocked when another process has the folder, and
 * with an error naming host and port when the server cannot be reached and `required` is true; when it is false,
 * resolves all the same, and the database becomes available when it can.
 */
export async function openDatabase(settings: DatabaseSettings, options: OpenOptions): Promise<Database> {
  const { log, deadlineMs = 5_000, pingIntervalMs = 5_000 } = options;
  const engine = await createEngine(settings, deadlineMs);
  const availability = new Availability();
  const link = new DatabaseLink({ connect: () => engine.connect(), availability, deadlineMs });

  const changeListeners = new Set<(key: string | null) => void>();
  const backendListeners = new Set<() => void>();
  let isStarting = true;
  const round = createRound({
    engine,
    link,
    onClientsChanged: (key) => {
      // Who waits for openDatabase reads all clients afterwards anyway; and all backends.
      if (!isStarting) for (const listener of changeListeners) listener(key);
    },
    onBackendsChanged: () => {
      if (!isStarting) for (const listener of backendListeners) listener();
    },
    migrationDeadlineMs: Math.max(60_000, deadlineMs),
  });

  const failure = await round().then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  isStarting = false;
  if (failure !== undefined && (settings.url === null || settings.required)) {
    await link.close();
    await engine.stop();
    throw cannotOpen(engine, failure.error);
  }
  logChanges(availability, engine, log, failure?.error);
  const heartbeat = createHeartbeat({
    notifications: () => notificationsOf(link),
    onSilence: () => {
      for (const listener of changeListeners) listener(null);
    },
    log,
    nowMs: () => performance.now(),
  });
  const keepUp = async (): Promise<void> => {
    await round();
    if (link.connection.channels !== null) await heartbeat();
  };
  const loop = startLoop(keepUp, { intervalMs: pingIntervalMs, retryMs: 250 }, failure !== undefined);
  availability.onChange((isAvailable) => isAvailable || loop.hurry());

  return {
    mode: engine.mode,
    clients: new ClientRepository(link, engine.dialect),
    backends: new BackendRepository(link, engine.dialect),
    audit: new AuditRepository(link, engine.dialect),
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
    close: async () => {
      const stopped = loop.stop();
      await link.close();
      await stopped;
      await engine.stop();
    },
  };
}

/** Loads the one that is needed only. */
async function createEngine({ url, dataDir }: DatabaseSettings, deadlineMs: number): Promise<Engine> {
  if (url === null) return (await import('./sqlite-engine.ts')).sqliteEngine(dataDir);
  return (await import('./postgres-engine.ts')).postgresEngine(url, deadlineMs);
}

function notificationsOf(link: DatabaseLink): Notifications {
  const { connection } = link;
  const channels = connection.channels!;
  return {
    connection,
    listen: async (channel, hear) => {
      try {
        await link.attempt('LISTEN', () => channels.listen(channel, hear));
      } catch (error) {
        // The driver keeps a failed subscription as if it were one.
        link.replace(connection, error as Error);
        throw error;
      }
    },
    notify: async (channel, payload) => {
      await link.attempt('NOTIFY', () => channels.notify(channel, payload));
    },
  };
}

function logChanges(availability: Availability, engine: Engine, log: DatabaseLog, failure: unknown): void {
  const context = { mode: engine.mode, target: engine.target };
  const warn = (error: unknown): void =>
    log.warn({ ...context, reason: explain(engine, error) }, 'database unavailable; trying on in the background');
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
