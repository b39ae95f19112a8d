/** The worker thread of the embedded database: PGlite, and its socket server. Says 'ready', ends on any message. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

export interface PgliteSettings {
  readonly dataDir: string;
  /** Of the unix socket. */
  readonly path: string;
}

/** Halves the memory against PGlite's own settings (325 → 180 MB measured): our tables are small. */
const SMALL_MEMORY = [
  'shared_buffers = 4MB',
  'max_connections = 20',
  'wal_buffers = 256kB',
  'max_wal_size = 64MB',
  'min_wal_size = 32MB',
];

const { dataDir, path } = workerData as PgliteSettings;
const db = await PGlite.create({ dataDir, postgresqlconf: SMALL_MEMORY });
// Queries need one connection, migrations another; the rest is for one that is being replaced.
const server = new PGLiteSocketServer({ db, path, maxConnections: 8 });
await server.start();

parentPort!.once('message', async () => {
  await server.stop();
  await db.close();
  process.exit(0);
});
parentPort!.postMessage('ready');
