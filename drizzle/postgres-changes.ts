/** What other gateways changed, by the versions that a trigger counts up (migrations/postgres/0004_fleet.sql). */
import type { Changes, ChangeSource, Seen } from './engine.ts';
import type { PostgresConnection } from './postgres-connection.ts';

/** More than these, and everything is compared. */
const MOST_KEYS = 10_000;

/** @param assertUsable rejects when the server is not the one that is asked for any more. */
export function postgresChanges(
  connection: PostgresConnection,
  schema: string,
  assertUsable: () => Promise<void>,
): ChangeSource {
  const { sql } = connection;
  const suffix = schema === 'public' ? '' : `:${schema}`;

  async function clientsSince(version: number): Promise<readonly string[] | null> {
    const rows = await sql<{ key: string }[]>`
      select "key" from ${sql(schema)}."clients" where "version" > ${version}
      union select "key" from ${sql(schema)}."removed_clients" where "version" > ${version}
      limit ${MOST_KEYS + 1}`;
    return rows.length > MOST_KEYS ? null : rows.map(({ key }) => key);
  }

  return {
    isListening: connection.isListening,
    listen: (onHint) => connection.listen([`sluice_clients${suffix}`, `sluice_backends${suffix}`], onHint),
    since: async (seen): Promise<Changes> => {
      await assertUsable();
      const [row] = await sql<(Seen & { forgotten: number })[]>`
        select "clients"::float8, "backends"::float8, "forgotten"::float8 from ${sql(schema)}."versions"`;
      const { clients, backends, forgotten } = row!;
      const now = { clients, backends };
      if (seen === null) return { seen: now, clients: [], backends: false };
      // A backup was put back, or so much was removed that nobody kept it.
      const isAnything = clients < seen.clients || (clients > seen.clients && forgotten > seen.clients);
      const keys = clients > seen.clients ? await clientsSince(seen.clients) : [];
      return { seen: now, clients: isAnything ? null : keys, backends: backends !== seen.backends };
    },
  };
}
