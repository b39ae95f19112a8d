/** Keeps stored and current backends in sync. */
import type { Logger } from 'pino';
import type { Database } from '../../database/database-port.ts';
import type { BackendRegistry } from '../../backends/control/backend-registry.ts';

/** Before the threads listen. While the database is away, only the file's backends are used. */
export async function loadBackends(database: Database, registry: BackendRegistry, log: Logger): Promise<void> {
  if (database.isAvailable()) await registry.refresh();
  else log.warn('the database is unavailable: backend overrides apply once it is back');
}

/** Another gateway changed a backend, or the database is back: applies what is stored. */
export function followBackends(database: Database, registry: BackendRegistry, log: Logger): () => void {
  let failure = '';
  const refresh = async (): Promise<void> => {
    try {
      await registry.refresh();
      failure = '';
    } catch (error) {
      // It is retried until it works, so it is logged once.
      if (failure !== String(error)) log.warn({ err: error }, 'stored backends cannot be applied');
      failure = String(error);
      throw error;
    }
  };
  const tryRefresh = (): void => void refresh().catch(() => {});
  const unfollow = [
    database.onBackendsChanged(refresh),
    database.onAvailability((isAvailable) => {
      if (isAvailable) tryRefresh();
    }),
  ];
  // Changes made while the gateway was starting.
  if (database.mode === 'postgres') tryRefresh();
  return () => {
    for (const end of unfollow) end();
  };
}
