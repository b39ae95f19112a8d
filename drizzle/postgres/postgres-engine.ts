/** A PostgreSQL server, given by a URL. */
import { parsePostgresUrl, socketPath } from '../../src/net/postgres-url.ts';
import { CannotOpenDatabase } from '../cannot-open-database.ts';
import { withDeadline } from '../deadline.ts';
import type { Engine } from '../engine.ts';
import { postgresChanges } from './postgres-changes.ts';
import { connect, type PostgresConnection } from './postgres-connection.ts';
import { attemptsOf, DialError, type Attempt } from './postgres-dial.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { postgresMigrator } from './postgres-migrations.ts';

/** For queries; one more listens. */
const SESSIONS = 5;

/**
 * Throws if `url` is refused; the message does not show it, because it may contain a password.
 * @param deadlineMs a query without an answer for this long is abandoned. The server ends it a little earlier.
 */
export function postgresEngine(url: string, schema: string | null, deadlineMs: number): Engine {
  const parsed = parsePostgresUrl(url);
  if ('problem' in parsed) throw new CannotOpenDatabase(`the database URL is refused: ${parsed.problem}`);
  const server = parsed;
  const attempts = attemptsOf(server);
  let chosen = attempts[0]!;
  let isChosen = false;
  let isFirst = true;
  /** The session of the first successful attempt: the migrations use it. */
  let tried: PostgresConnection | null = null;
  let isPooled = false;

  function open(purpose: 'queries' | 'migrations', attempt: () => Attempt): PostgresConnection {
    const settings = {
      statement_timeout: purpose === 'queries' ? String(Math.ceil(deadlineMs * 0.8)) : '0',
      idle_in_transaction_session_timeout: '60000',
    };
    const max = purpose === 'queries' ? SESSIONS : 1;
    return connect({ server, attempt, max, settings: () => (isPooled ? {} : settings) });
  }

  async function enter(attempt: Attempt): Promise<PostgresConnection> {
    const connection = open('migrations', () => attempt);
    try {
      await withDeadline(assertTarget(connection), deadlineMs, 'the first query');
      return connection;
    } catch (error) {
      connection.destroy(error as Error);
      // A pooler in transaction mode has no sessions to keep settings: then only our own deadlines apply.
      if (isPooled || !isUnsupportedParameter(error)) throw error;
      isPooled = true;
      return enter(attempt);
    }
  }

  async function assertTarget({ sql }: PostgresConnection): Promise<void> {
    if (server.sessionTarget === 'any') return void (await sql`select 1`);
    const [row] = await sql<{ is_standby: boolean; is_read_only: boolean }[]>`
      select pg_is_in_recovery() as is_standby, current_setting('transaction_read_only') = 'on' as is_read_only`;
    if (server.sessionTarget === 'primary' ? row!.is_standby : row!.is_read_only)
      throw new DialError('NOT_WRITABLE', `it is not ${server.sessionTarget}, as target_session_attrs demands`);
  }

  async function choose(): Promise<void> {
    let failure: unknown;
    for (const [at, attempt] of attempts.entries()) {
      if (at > 0 && !mayHelp(failure, attempts[at - 1]!, attempt)) continue;
      try {
        const connection = await enter(attempt);
        chosen = attempt;
        isChosen = true;
        if (isFirst) tried = connection;
        else await connection.end();
        isFirst = false;
        return;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  const way = (): Attempt => chosen;
  return {
    mode: 'postgres',
    target: server.hosts.map((host) => (host.address === null ? socketPath(host) : `${host.name}:${host.port}`)).join(),
    dialect: postgresDialect(schema),
    connect: () => {
      const connection = open('queries', way);
      const assertUsable = server.sessionTarget === 'any' ? async () => {} : () => assertTarget(connection);
      return { ...connection, changes: postgresChanges(connection, schema, assertUsable) };
    },
    migrator: () => {
      const connection = tried ?? open('migrations', way);
      tried = null;
      return postgresMigrator(connection, schema);
    },
    start: async () => {
      if (!isChosen) await choose();
    },
    // The server may have become a standby, or be gone, and another of the hosts has taken its place.
    restart: async () => {
      isChosen = server.hosts.length === 1;
    },
    stop: async () => {
      await tried?.end();
    },
  };
}

/**
 * Whether another way to connect is worth an attempt, as in libpq: another host if this one was not reached or is not
 * ready; the same one with different encryption if pg_hba.conf refused or TLS failed.
 */
function mayHelp(failure: unknown, last: Attempt, next: Attempt): boolean {
  const code = failure instanceof Error && 'code' in failure ? String(failure.code) : '';
  const isWord = /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);
  if (next.host !== last.host) return !isWord || code === '57P03';
  return code === '28000' || /^ERR_(SSL|TLS)/.test(code);
}

function isUnsupportedParameter(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '08P01';
}
