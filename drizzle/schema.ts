/** The tables, for PostgreSQL and for the embedded database alike. After a change: `npx drizzle-kit generate`. */
import { boolean, customType, doublePrecision, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/**
 * Keys are compared byte by byte: the order of pages must not depend on the server's locale, and `key > $1 order by
 * key` should walk the primary key's index.
 */
const key = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' });

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Registered clients. A trigger (0001_notify.sql) announces each change of a row on the channel `sluice_clients`. */
export const clients = pgTable('clients', {
  key: key('key').primaryKey(),
  kind: text('kind', { enum: ['ip', 'cidr', 'id'] }).notNull(),
  name: text('name'),
  capacity: doublePrecision('capacity').notNull(),
  ratePerSecond: doublePrecision('rate_per_second').notNull(),
  enabled: boolean('enabled').notNull(),
  apiKeyHash: text('api_key_hash').unique(),
  version: integer('version').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

/** How full the buckets of registered clients were when they were last saved. */
export const bucketLevels = pgTable('bucket_levels', {
  key: key('key')
    .primaryKey()
    .references(() => clients.key, { onDelete: 'cascade' }),
  tokens: doublePrecision('tokens').notNull(),
  savedAt: instant('saved_at').notNull(),
});
