/** Changes by other gateways, by the versions that a trigger increments (migrations/postgres/0004_fleet.sql). */
import type { Changes, ChangeSource, Seen } from '../engine.ts';
import type { PostgresConnection, Sql } from './postgres-connection.ts';

/** Above this number, everything is compared. */
const MAX_KEYS = 10_000;

/** The given schema, or else the first of the search path. */
export async function schemaOf(sql: Sql, named: string | null): Promise<string> {
  if (named !== null) return named;
  const [row] = await sql<{ schema: string | null }[]>`select current_schema() as schema`;
  return row!.schema ?? 'public';
}

/** @param assertUsable rejects if the server is no longer the required kind. */
export function postgresChanges(
  connection: PostgresConnection,
  schema: string | null,
  assertUsable: () => Promise<void>,
): ChangeSource {
  const { sql } = connection;
  const table = (name: string) => (schema === null ? sql(name) : sql`${sql(schema)}.${sql(name)}`);

  async function clientsSince(version: number): Promise<readonly string[] | null> {
    const rows = await sql<{ key: string }[]>`
      select "key" from ${table('clients')} where "version" > ${version}
      union select "key" from ${table('removed_clients')} where "version" > ${version}
      limit ${MAX_KEYS + 1}`;
    return rows.length > MAX_KEYS ? null : rows.map(({ key }) => key);
  }

  return {
    isListening: connection.isListening,
    listen: async (onHint) => {
      const name = await schemaOf(sql, schema);
      // As the triggers do, for the longest name that a channel may have.
      const channel = (what: string): string => (name === 'public' ? what : `${what}:${name}`.slice(0, 63));
      const channels = [
        'sluice_clients',
        'sluice_backends',
        'sluice_certificates',
        'sluice_gateways',
        'sluice_circuits',
        'sluice_members',
      ].map(channel);
      await connection.listen(channels, onHint);
    },
    since: async (seen): Promise<Changes> => {
      await assertUsable();
      const [row] = await sql<(Seen & { forgotten: number })[]>`
        select "clients"::float8, "backends"::float8, "certificates"::float8, "gateways"::float8,
          "circuit_orders"::float8 as "circuits", "pushed_members"::float8 as "members", "forgotten"::float8
        from ${table('versions')}`;
      const { clients, forgotten, ...others } = row!;
      const now = { clients, ...others };
      const isOther = (what: Exclude<keyof Seen, 'clients'>): boolean => seen !== null && others[what] !== seen[what];
      const changed = {
        backends: isOther('backends'),
        certificates: isOther('certificates'),
        gateways: isOther('gateways'),
        circuits: isOther('circuits'),
        members: isOther('members'),
      };
      if (seen === null) return { seen: now, clients: [], ...changed };
      // A backup was restored, or so much was removed that the log of it was pruned.
      const isAnything = clients < seen.clients || (clients > seen.clients && forgotten > seen.clients);
      const keys = clients > seen.clients ? await clientsSince(seen.clients) : [];
      return { seen: now, clients: isAnything ? null : keys, ...changed };
    },
  };
}
