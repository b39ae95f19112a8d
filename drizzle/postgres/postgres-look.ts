/** A look at a PostgreSQL server that changes nothing: does it answer, what time does it have, what would a start migrate? */
import { parsePostgresUrl } from '../../src/net/postgres-url.ts';
import { CannotOpenDatabase } from '../cannot-open-database.ts';
import { withDeadline } from '../deadline.ts';
import { connect } from './postgres-connection.ts';
import { attemptsOf } from './postgres-dial.ts';
import { explainFailure } from './postgres-advice.ts';
import { dueMigrations } from './postgres-migrations.ts';

export interface PostgresLook {
  /** Its clock, milliseconds since the epoch. */
  readonly serverMs: number;
  /** How long the question took. */
  readonly tookMs: number;
  /** Names of migrations that a start would apply. */
  readonly due: readonly string[];
}

/** Rejects with an Error that says why, without the password: {@link CannotOpenDatabase} for a schema of a newer Sluice. @param deadlineMs for each way to connect */
export async function lookAtPostgres(url: string, schema: string | null, deadlineMs: number): Promise<PostgresLook> {
  const server = parsePostgresUrl(url);
  if ('problem' in server) throw new Error(`the database URL is refused: ${server.problem}`);
  let failure: unknown;
  for (const attempt of attemptsOf(server)) {
    const connection = connect({ server, attempt: () => attempt, max: 1, settings: () => ({}) });
    try {
      const { sql } = connection;
      await withDeadline(sql`select 1`, deadlineMs, 'the first query');
      const startedMs = performance.now();
      const [row] = await sql<{ ms: string }[]>`select extract(epoch from clock_timestamp()) * 1000 as ms`;
      const tookMs = performance.now() - startedMs;
      const due = await withDeadline(dueMigrations(sql, schema), deadlineMs, 'the list of migrations');
      await connection.end();
      return { serverMs: Number(row!.ms), tookMs, due };
    } catch (error) {
      connection.destroy(error as Error);
      // A schema of a newer Sluice: no other way to connect helps.
      if (error instanceof CannotOpenDatabase) throw error;
      failure = error;
    }
  }
  throw new Error(explainFailure(failure));
}
