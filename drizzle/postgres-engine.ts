/** A PostgreSQL server, named by a URL. */
import { CannotOpenDatabase } from './cannot-open-database.ts';
import type { Engine } from './engine.ts';
import { connect, type PostgresConnection } from './postgres-connection.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { postgresMigrator } from './postgres-migrations.ts';

/** Throws when `url` is not a postgres:// URL; the message does not show it, for it may hold a password. */
export function postgresEngine(url: string, statementTimeoutMs: number): Engine {
  if (!/^postgres(ql)?:\/\//.test(url)) throw invalidUrl();

  function open(purpose: 'queries' | 'migrations'): PostgresConnection {
    const isBounded = purpose === 'queries';
    return connect(url, {
      max: isBounded ? 5 : 1,
      connection: {
        application_name: 'sluice',
        ...(isBounded ? { statement_timeout: statementTimeoutMs } : {}),
        idle_in_transaction_session_timeout: 60_000,
      },
    });
  }

  const dialect = postgresDialect(null);
  return {
    mode: 'postgres',
    target: describeTarget(open),
    dialect,
    connect: () => open('queries'),
    migrator: () => postgresMigrator(open('migrations')),
    start: async () => {},
    restart: async () => {},
    stop: async () => {},
    onLost: () => {},
  };
}

function describeTarget(open: (purpose: 'queries') => PostgresConnection): string {
  try {
    const connection = open('queries');
    const { port, path } = connection.sql.options;
    return path ? String(path) : connection.hosts.map((host, at) => `${host}:${port[at]}`).join(',');
  } catch (error) {
    // Node's "Invalid URL" error carries the whole text.
    throw error instanceof TypeError ? invalidUrl() : error;
  }
}

const invalidUrl = (): Error =>
  new CannotOpenDatabase('the database URL is not a valid postgres://user:password@host:port/name URL');
