/** PostgreSQL's own SQL. */
import type { Dialect } from '../dialect.ts';
import { sql } from '../orm.ts';
import { ilike } from './postgres-orm.ts';
import { postgresTables } from './postgres-tables.ts';

/** @param schema null: the first of the search path. */
export function postgresDialect(schema: string | null): Dialect {
  const tables = postgresTables(schema);
  const { bucketLevels, clients } = tables;
  return {
    tables,
    // Set by a trigger (0004_fleet.sql), whatever is given.
    nextVersion: sql`0`,
    now: sql`now()`,
    fromNow: (seconds) => sql`now() + make_interval(secs => ${seconds})`,

    secondsSince: (column) => sql<number>`extract(epoch from now() - ${column})::float8`,

    // The backslash is LIKE's escape unless the statement sets another.
    contains: (column, part) => ilike(column, `%${part.replace(/[\\%_]/g, '\\$&')}%`),

    /**
     * One parameter, however many rows. Joined with the clients, which are locked, because a level whose client is gone
     * would violate the foreign key and fail the whole batch; in the keys' order, so that two gateways that save at
     * once wait for each other instead of deadlocking.
     */
    saveLevels(gateway, levels) {
      const json = JSON.stringify(levels.map(({ key, tokens, savedAt }) => ({ key, tokens, saved_at: savedAt })));
      return sql`
        insert into ${bucketLevels} ("gateway", "key", "tokens", "saved_at")
        select ${gateway}, "level"."key", "level"."tokens", "level"."saved_at"
        from json_to_recordset(${json}::text::json) as "level"("key" text, "tokens" float8, "saved_at" timestamptz)
        join ${clients} as "client" on "client"."key" = "level"."key"
        order by "client"."key"
        for key share of "client"
        on conflict ("gateway", "key") do update set "tokens" = excluded."tokens", "saved_at" = excluded."saved_at"`;
    },

    // It waits for no gateway that saves, and so cannot deadlock with one.
    pruneLevels: (now, marginSeconds) => sql`
      delete from ${bucketLevels} where ("gateway", "key") in (
        select "level"."gateway", "level"."key" from ${bucketLevels} as "level"
        join ${clients} as "client" on "client"."key" = "level"."key"
        where extract(epoch from ${now.toISOString()}::timestamptz - "level"."saved_at")
          > "client"."capacity" / "client"."rate_per_second" + ${marginSeconds}
        for update of "level" skip locked
      ) returning "key"`,

    // The server builds and parses the JSON: no number loses a digit.
    readRows: async (db, { table, key, after, limit }) => {
      const columns = sql.join(
        key.map((name) => sql.identifier(name)),
        sql`, `,
      );
      const rows = await db.execute<{ place: unknown[]; json: string }>(
        sql`select json_build_array(${columns}) as "place", to_json("row")::text as "json" from ${table} as "row"
            where (${columns}) > (${sql.join([...after], sql`, `)}) order by ${columns} limit ${limit}`,
      );
      return rows.map(({ place, json }) => ({ key: place, json }));
    },
    rows: (table, rows) => sql`json_populate_recordset(null::${table}, ${JSON.stringify(rows)}::text::json)`,
  };
}
