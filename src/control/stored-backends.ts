/** Keeps what is stored of backends and what is in force of it the same. */
import type { Logger } from 'pino';
import type { Database } from '../state/database.ts';
import type { BackendRegistry } from './backend-registry.ts';

/** Before the threads listen. While the database is away, the file's backends are in force alone. */
export async function loadBackends(database: Database, registry: BackendRegistry, log: Logger): Promise<void> {
  if (database.isAvailable()) await registry.refresh();
  else log.warn('the database is not available: backends are as the file says until it is');
}

/** Another gateway changed a backend, or the database is back: what is stored is put in force. */
export function followBackends(database: Database, registry: BackendRegistry, log: Logger): () => void {
  const refresh = (): void => {
    registry.refresh().catch((error: unknown) => log.warn({ err: error }, 'stored backends cannot be put in force'));
  };
  const unfollow = [
    database.onBackendsChanged(refresh),
    database.onAvailability((isAvailable) => {
      if (isAvailable) refresh();
    }),
  ];
  // What changed while the gateway was starting.
  if (database.mode === 'postgres') refresh();
  return () => {
    for (const end of unfollow) end();
  };
}
