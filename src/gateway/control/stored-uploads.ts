/** Keeps stored and served uploaded certificates in sync. */
import type { Logger } from 'pino';
import type { UploadKeeper } from '../../certificates/control/upload-keeper.ts';
import type { TlsSettings } from '../../config/settings.ts';
import type { Database } from '../../database/database-port.ts';

const TLS_OFF = 'TLS is off: add the section tls to the configuration, and restart';
const NO_KEY =
  'tls.storage_key is missing: it encrypts the private keys in PostgreSQL, the same on every gateway; make one with openssl rand -hex 32';

/**
 * Resolves when those that are stored are served; while the database is away, they are once it is back.
 * @returns ends it
 */
export async function followUploads(
  database: Database,
  uploads: UploadKeeper,
  tls: TlsSettings | null,
  log: Logger,
): Promise<() => void> {
  uploads.open(database.uploads, obstacleOf(database, tls));
  const tryRefresh = async (): Promise<void> => {
    await uploads.refresh().catch((error: unknown) => {
      // Otherwise that has been logged.
      if (database.isAvailable()) log.error({ err: error }, 'stored certificates cannot be read');
    });
  };
  const unfollow = [
    database.onCertificatesChanged(() => uploads.refresh()),
    database.onAvailability((isAvailable) => {
      if (isAvailable) void tryRefresh();
    }),
  ];
  await tryRefresh();
  return () => {
    for (const end of unfollow) end();
  };
}

/** Why no key can be stored or read; null: it can. */
function obstacleOf({ mode }: Database, tls: TlsSettings | null): string | null {
  if (tls === null) return TLS_OFF;
  // In a file of this gateway's own, the key could not be read by others.
  return mode === 'postgres' && tls.storageKey === null ? NO_KEY : null;
}
