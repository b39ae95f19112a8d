/** One postgres.js client with drizzle on it, whose sockets are ours to cut. */
import { connect as connectSocket, Socket } from 'node:net';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import type { Connection } from './engine.ts';
import { sql as query } from './orm.ts';
import { drizzle } from './postgres-orm.ts';

export type Sql = postgres.Sql;
export interface PostgresConnection extends Connection {
  readonly sql: Sql;
  readonly db: PostgresJsDatabase;
  /** As the URL names them; one per port of `sql.options.port`. */
  readonly hosts: readonly string[];
}

export type ConnectionOptions = postgres.Options<Record<string, never>>;

/**
 * Connects when the first query comes. Without a URL, the options must name path, database and user.
 *
 * The driver gets its sockets from us, for three reasons (postgres.js 3.4.9, src/connection.js): a query on a server
 * that no longer answers can be ended only with its socket; after `end` a connection attempt that was waiting is made
 * all the same; and a peer that closes before its first byte makes the driver connect again at once, without end.
 */
export function connect(url: string | undefined, options: ConnectionOptions): PostgresConnection {
  const sockets = new Set<Socket>();
  let ended: Error | undefined;
  let attempts = 0;

  function open(target: { path: string | false; port: number[] }): Socket {
    for (const socket of sockets) if (socket.destroyed) sockets.delete(socket);
    const at = attempts++ % target.port.length;
    const host = hosts[at] ?? 'localhost';
    const socket = ended === undefined ? connectSocket(place(target.path, host, target.port[at])) : new Socket();
    sockets.add(socket);
    if (ended !== undefined) setImmediate(() => socket.destroy(ended));
    socket.once('end', () => socket.bytesRead === 0 && socket.destroy(closedEarly()));
    // The driver takes the name for TLS from here.
    return Object.assign(socket, { host });
  }

  const all: ConnectionOptions & { socket: typeof open } = {
    fetch_types: false,
    connect_timeout: 5,
    keep_alive: 30,
    // Seconds before the next attempt after n failed ones; attempts are made only when a query (or LISTEN) waits.
    backoff: (failures: number) => Math.min(1, 0.05 * 2 ** failures),
    onnotice: () => {},
    ...options,
    socket: open,
  };
  const sql = url === undefined ? postgres(all) : postgres(url, all);
  const hosts = [...sql.options.host];
  // With more than one, the driver skips errors and relies on its own sockets to go on.
  sql.options.host.length = Math.min(1, hosts.length);

  const cut = (reason: Error): void => {
    ended ??= reason;
    for (const socket of sockets) socket.destroy(reason);
  };
  const db = drizzle(sql);
  return {
    sql,
    db,
    hosts,
    run: (work) => work(db),
    transaction: (kind, work) =>
      db.transaction(
        async (tx) => {
          await tx.execute(query`set local statement_timeout = 0`);
          await tx.execute(query`set local time zone 'UTC'`);
          await work(tx);
        },
        kind === 'snapshot' ? { isolationLevel: 'repeatable read', accessMode: 'read only' } : undefined,
      ),
    ping: async () => void (await sql`select 1`),
    channels: {
      listen: (channel, hear, onListening) => sql.listen(channel, hear, onListening),
      notify: (channel, payload) => sql.notify(channel, payload),
    },
    end: async () => {
      await sql.end({ timeout: 2 });
      cut(endedError());
    },
    destroy: (reason) => {
      cut(reason);
      void sql.end({ timeout: 0 });
    },
  };
}

function place(path: string | false, host: string, port = 5432): { path: string } | { host: string; port: number } {
  return path ? { path } : { host, port };
}

const closedEarly = (): Error =>
  Object.assign(new Error('The server closed the connection before it answered'), { code: 'ECONNRESET' });

const endedError = (): Error => Object.assign(new Error('The connection was ended'), { code: 'CONNECTION_ENDED' });
