/**
 * Sticky cookies of pools without `sticky.keys`: signed with a secret from the database, so that every gateway accepts
 * them.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { StickyKey } from '../../config/settings.ts';
import type { Database } from '../../database/database-port.ts';

export interface StickyKeyPorts {
  readonly database: Database;
  /** Of this process: signs until the database's is available, and is accepted afterwards, too. */
  readonly ownSecret: string;
  /** Applies the keys. */
  readonly use: (keys: readonly StickyKey[]) => Promise<void>;
  readonly log: Logger;
}

/** Once, as soon as the database answers; resolves at once if it does not yet. The returned function ends the wait. */
export async function shareStickyKeys({ database, ownSecret, use, log }: StickyKeyPorts): Promise<() => void> {
  let isShared = false;
  const share = async (): Promise<void> => {
    if (isShared) return;
    const secret = await database.secrets.get('sticky', () => randomBytes(32).toString('base64url'));
    await use([
      { id: 'fleet', secret },
      { id: 'auto', secret: ownSecret },
    ]);
    isShared = true;
  };
  const tryToShare = (): Promise<void> =>
    share().catch((error: unknown) => log.warn({ err: error }, 'sticky cookies are valid on this gateway only'));
  if (database.isAvailable()) await tryToShare();
  return database.onAvailability((isAvailable) => {
    if (isAvailable) void tryToShare();
  });
}
