/** One postgres.js client with drizzle on it; we open and cut its sockets. */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import type { PostgresServer } from '../../src/net/postgres-url.ts';
import type { Connection } from '../engine.ts';
import { sql as query } from '../orm.ts';
import { dial, DialError, type Attempt } from './postgres-dial.ts';
import { drizzle } from './postgres-orm.ts';

export type Sql = postgres.Sql;
export interface PostgresConnection extends Omit<Connection, 'changes'> {
  readonly sql: Sql;
  readonly db: PostgresJsDatabase;
  /** False before {@link listen}, and once its session has been lost. */
  isListening(): boolean;
  /**
   * `onMessage` is called with every notification on these channels. Resolves when it listens; does not resubscribe.
   */
  listen(channels: readonly string[], onMessage: () => void): Promise<void>;
}

export interface ConnectionOptions {
  readonly server: PostgresServer;
  /** How to connect, called for every new socket. */
  readonly attempt: () => Attempt;
  /** Concurrent sessions. */
  readonly max: number;
  /** Start-up parameters of the next session: its settings. */
  readonly settings: () => Readonly<Record<string, string>>;
}

/**
 * Connects on the first query.
 *
 * The driver gets its sockets from us, for four reasons (postgres.js 3.4.9, src/connection.js): a query on a server
 * that no longer answers can be ended only with its socket; after `end` a waiting connection attempt is made all the
 * same; a peer that closes before its first byte makes the driver reconnect at once, endlessly; and its TLS differs
 * from libpq's (postgres-dial.ts). It gets no URL either: it would send unknown parameters to the server.
 */
export function connect({ server, attempt, max, settings }: ConnectionOptions): PostgresConnection {
  const sockets = new Set<Socket>();
  let ended: Error | undefined;

  const track = (socket: Socket, inPlaceOf?: Socket): void => {
    for (const each of sockets) if (each.destroyed || each === inPlaceOf) sockets.delete(each);
    sockets.add(socket);
    if (ended !== undefined) socket.destroy(ended);
  };

  /** Never rejects: the driver would leak the connection's slot. */
  async function open(driver: { connection: object }): Promise<Duplex> {
    driver.connection = { ...identity, ...settings() };
    try {
      if (ended !== undefined) throw ended;
      const socket = await dial(attempt(), server, track);
      socket.setKeepAlive(server.keepAliveMs > 0, server.keepAliveMs);
      let isSilent = true;
      socket.once('data', () => (isSilent = false));
      socket.once('end', () => isSilent && socket.destroy(closedEarly()));
      return socket;
    } catch (error) {
      return failingStream(ended ?? (error as Error));
    }
  }

  const { user, password, database, applicationName, options, connectTimeoutMs } = server;
  const identity = { application_name: applicationName, ...(options === null ? {} : { options }) };
  const all: postgres.Options<Record<string, never>> & { socket: typeof open } = {
    // If they are not given, the driver finds them as libpq does. Host and port are in the sockets.
    ...(user === null ? {} : { user }),
    ...(password === null ? {} : { pass: password }),
    ...(database === null ? {} : { database }),
    host: server.hosts[0]!.name,
    port: server.hosts[0]!.port,
    ssl: false,
    max,
    // A pooler in transaction mode gives each transaction another session, without the prepared statements.
    prepare: false,
    fetch_types: false,
    connect_timeout: connectTimeoutMs / 1000,
    keep_alive: null,
    // Seconds before the next attempt after n failed ones; attempts are made only while a query (or LISTEN) waits.
    backoff: (failures: number) => Math.min(1, 0.05 * 2 ** failures),
    onnotice: () => {},
    socket: open,
  };
  const sql = postgres(all);

  let listener: Sql | null = null;
  /** Not the driver's own: that resubscribes forever, even on a connection that was ended. */
  async function listen(channels: readonly string[], onMessage: () => void): Promise<void> {
    if (listener !== null || ended !== undefined) return;
    const lose = (): void => {
      if (listener === session) listener = null;
      void session.end({ timeout: 0 });
    };
    const lasting = { max: 1, idle_timeout: null, max_lifetime: null, onnotify: onMessage, onclose: lose };
    const session: Sql = postgres({ ...all, ...lasting } as unknown as typeof all);
    listener = session;
    try {
      for (const channel of channels) await session`listen ${session(channel)}`;
    } catch (error) {
      lose();
      throw error;
    }
  }

  const cut = (reason: Error): void => {
    ended ??= reason;
    for (const socket of sockets) socket.destroy(reason);
    void listener?.end({ timeout: 0 });
  };
  const db = drizzle(sql);
  return {
    sql,
    db,
    isListening: () => listener !== null,
    listen,
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

/**
 * Ends with `reason` at the first write. Not before: the driver would never send anything again on this connection (it
 * clears its timer and still believes that it runs).
 */
function failingStream(reason: Error): Duplex {
  const stream: Duplex = new Duplex({
    emitClose: false,
    read: () => {},
    write: () => void stream.destroy(reason),
  });
  // Reports whether it failed, as a socket does; the driver waits longer after each failure.
  return stream.once('error', () => setImmediate(() => stream.emit('close', true)));
}

const closedEarly = (): Error => new DialError('ECONNRESET', 'the server closed the connection before it answered');

const endedError = (): Error => Object.assign(new Error('The connection was ended'), { code: 'CONNECTION_ENDED' });
