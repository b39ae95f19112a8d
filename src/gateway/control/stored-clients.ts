/** Keeps stored and current clients in sync. */
import type { Logger } from 'pino';
import { createSaveRound, startSaving } from '../../limits/control/level-saver.ts';
import type { ClientChanges } from '../../limits/control/client-changes.ts';
import type { Database } from '../../database/database-port.ts';
import type { BucketLevel } from '../../limits/client-store.ts';
import type { LiveClientRegistry } from '../../limits/control/client-registry.ts';

/** Before the threads start: registered clients with their settings and levels. */
export async function loadClients(database: Database, registry: LiveClientRegistry, log: Logger): Promise<void> {
  if (!database.isAvailable()) {
    log.warn('the database is unavailable: registered clients have the default limits until it is back');
    return;
  }
  await registry.load(database.clients);
  logLeftOut(registry, log);
  await registry.restoreLevels(database.clients);
}

function logLeftOut({ leftOut, size }: LiveClientRegistry, log: Logger): void {
  if (leftOut === 0) return;
  log.warn(
    { left_out: leftOut, in_force: size },
    'the client table is full: the clients left out have the default limit; raise rate_limit.max_clients and restart',
  );
}

/** Another gateway changed a client, or the database is back: applies what is stored. */
export function followDatabase(
  database: Database,
  registry: LiveClientRegistry,
  changes: ClientChanges,
  log: Logger,
): () => void {
  // In one queue with the changes made through our own API.
  const refresh = (key: string): Promise<void> => changes.exclusive(key, () => registry.refresh(key, database.clients));
  let failure = '';
  const follow = async (key: string | null): Promise<void> => {
    const { leftOut } = registry;
    try {
      const keys = key === null ? await registry.differences(database.clients) : [key];
      for (const each of keys) await refresh(each);
      if (registry.leftOut > leftOut) logLeftOut(registry, log);
      if (key === null) await registry.restoreLevels(database.clients);
      failure = '';
    } catch (error) {
      // It is retried until it works, so it is logged once.
      if (failure !== String(error)) log.warn({ err: error, key }, 'stored clients cannot be applied');
      failure = String(error);
      throw error;
    }
  };
  const followAll = (): void => void follow(null).catch(() => {});
  const unfollow = [
    database.onClientsChanged(follow),
    database.onAvailability((isAvailable) => {
      if (isAvailable) followAll();
    }),
  ];
  // Changes made while the gateway was starting.
  if (database.mode === 'postgres') followAll();
  return () => {
    for (const end of unfollow) end();
  };
}

/**
 * Saves the bucket levels of registered clients periodically; the returned function stops that and saves a last time.
 */
export function keepLevels(
  database: Database,
  registry: LiveClientRegistry,
  options: {
    readonly everyMs: number;
    /** False: others keep them, and only old ones are removed. */
    readonly isKept: () => boolean;
    readonly isLeader: () => boolean;
    readonly log: Logger;
  },
): () => Promise<void> {
  const { everyMs, isKept, ...rest } = options;
  const levels = (): Iterable<BucketLevel> => (isKept() ? registry.levels(new Date()) : []);
  const round = createSaveRound({ store: database.clients, levels, ...rest });
  return startSaving(round, everyMs);
}
