/** The tables, for PostgreSQL and for the embedded database alike. After a change: `npx drizzle-kit generate`. */
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
} from './orm.ts';

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
  algorithm: text('algorithm', { enum: ['token-bucket', 'sliding-window'] })
    .notNull()
    .default('token-bucket'),
  /** Of the sliding window, which admits `capacity` requests in it; null: a token bucket. */
  windowSeconds: doublePrecision('window_seconds'),
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

/**
 * What operators changed about backends: those they added have a URL and a pool, the others lie over the file's.
 * A null leaves what the file says. A trigger (0003_notify_backends.sql) announces changes on `sluice_backends`.
 */
export const backends = pgTable('backends', {
  id: key('id').primaryKey(),
  pool: text('pool'),
  url: text('url'),
  weight: integer('weight'),
  enabled: boolean('enabled'),
  draining: boolean('draining'),
  backup: boolean('backup'),
  maxInFlight: integer('max_in_flight'),
  version: integer('version').notNull().default(1),
  createdAt: instant('created_at').notNull().defaultNow(),
  updatedAt: instant('updated_at').notNull().defaultNow(),
});

/** Who changed what, when, from where. Only added to, and cut off at its old end. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant('at').notNull().defaultNow(),
    /** Name of the token; `anonymous` where none is asked for. */
    actor: text('actor').notNull(),
    /** `none`: refused for want of a token. */
    role: text('role', { enum: ['viewer', 'operator', 'admin', 'none'] }).notNull(),
    address: text('address').notNull(),
    /** The operation's id in the OpenAPI document. */
    action: text('action').notNull(),
    /** What it was done to: a client's key, a backend's id; null: the gateway. */
    target: text('target'),
    /** Status of the answer. */
    status: integer('status').notNull(),
    before: jsonb('before'),
    after: jsonb('after'),
    requestId: text('request_id').notNull(),
  },
  (table) => [index('audit_log_at').on(table.at)],
);
