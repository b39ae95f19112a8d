/** PGlite in a worker thread of its own, so that the control thread never waits for it, reached over a unix socket. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PostgresHost, PostgresServer } from '../src/core/postgres-url.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import type { Engine } from './engine.ts';
import { connect, type PostgresConnection } from './postgres-connection.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { postgresMigrator } from './postgres-migrations.ts';
import type { PgliteSettings } from './pglite-worker.ts';

/** Longest path of a unix socket, bytes: sun_path without its final zero, unix(7); macOS has 103. */
const MAX_SOCKET_PATH = 103;

/** Where PGlite's own files are. */
export function embeddedFolder(dataDir: string): string {
  return join(dataDir, 'pglite');
}

/** Locks the folder. Rejects with DataFolderLocked. The lock is held until `stop`. */
export async function embeddedEngine(dataDir: string): Promise<Engine> {
  const lock = await lockDataFolder(dataDir);
  const socketDir = await mkdtemp(join(await shortTempFolder(), 'sluice-'));
  const path = join(socketDir, '.s.PGSQL.5432');
  const listeners = new Set<(reason: Error) => void>();
  let worker: Worker | undefined;

  async function start(): Promise<void> {
    if (worker !== undefined) return;
    // A crashed worker leaves its socket file behind.
    await rm(path, { force: true });
    const settings: PgliteSettings = { dataDir: embeddedFolder(dataDir), path };
    const started = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
      workerData: settings,
      // Else Node would open our own standard output and set it to non-blocking.
      stdout: true,
      stderr: true,
    });
    worker = started;
    let failure: Error | undefined;
    started.on('error', (error) => (failure = error as Error));
    started.on('exit', (code) => {
      if (worker !== started) return;
      worker = undefined;
      const reason = new Error(`the embedded database ended with code ${code}`, { cause: failure });
      for (const listener of listeners) listener(reason);
    });
    await Promise.race([
      once(started, 'message'),
      once(started, 'exit').then(() => {
        throw new Error(`the embedded database in ${dataDir} did not start`, { cause: failure });
      }),
    ]);
  }

  // PGlite has one session, whatever the number of connections.
  const host: PostgresHost = { name: socketDir, address: null, port: 5432 };
  const server: PostgresServer = {
    hosts: [host],
    user: 'postgres',
    password: null,
    database: 'postgres',
    tls: {
      mode: 'disable',
      rootCert: null,
      cert: null,
      key: null,
      keyPassword: null,
      crl: null,
      sni: true,
      isDirect: false,
      minVersion: null,
      maxVersion: null,
    },
    connectTimeoutMs: 5000,
    keepAliveMs: 0,
    sessionTarget: 'any',
    applicationName: 'sluice',
    options: null,
  };
  const open = (): PostgresConnection =>
    connect({ server, attempt: () => ({ host, encryption: 'never' }), max: 1, settings: {} });
  const dialect = postgresDialect(null);
  return {
    mode: 'embedded',
    target: dataDir,
    dialect,
    // NOTIFY does not pass the socket.
    connect: () => ({ ...open(), channels: null }),
    migrator: () => postgresMigrator(open()),
    start,
    restart: async () => {
      await worker?.terminate();
    },
    stop: async () => {
      const stopping = worker;
      worker = undefined;
      if (stopping !== undefined) {
        const exit = once(stopping, 'exit');
        stopping.postMessage('stop');
        await exit;
      }
      await rm(socketDir, { recursive: true, force: true });
      await lock.release();
    },
    onLost: (listener) => void listeners.add(listener),
  };
}

/** TMPDIR may be deep (macOS, CI): then /tmp. */
async function shortTempFolder(): Promise<string> {
  const fits = join(tmpdir(), 'sluice-XXXXXX', '.s.PGSQL.5432').length <= MAX_SOCKET_PATH;
  return fits ? tmpdir() : '/tmp';
}
