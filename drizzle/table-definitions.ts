/**
 * The tables, described once for both dialects. The kit creates a dialect's columns; its types are those of PostgreSQL,
 * and both return the same rows (test/db runs one contract suite on both). A change here needs a migration in each
 * folder of drizzle/migrations.
 */
import { STORED_ROLES } from '../src/admin-access/core/admin-access-vocabulary.ts';
import { CHALLENGE_TYPES } from '../src/acme/core/acme-vocabulary.ts';
import { LIMIT_ALGORITHMS } from '../src/limits/core/limits-vocabulary.ts';
import type { GatewayFigures } from '../src/fleet/core/membership.ts';
import { CLIENT_KINDS } from '../src/identity/core/identity-vocabulary.ts';
import type { postgresColumns } from './postgres/postgres-columns.ts';

export type ColumnKit = ReturnType<typeof postgresColumns>;

export type Tables = ReturnType<typeof describeTables>;

export function describeTables(kit: ColumnKit) {
  const { table, index, key, identity, text, integer, counter, float, boolean, instant, json, now } = kit;
  const changed = {
    version: counter('version').notNull().default(0),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  };

  /** Registered clients. In PostgreSQL a trigger announces each change of a row on the channel `sluice_clients`. */
  const clients = table('clients', {
    key: key('key').primaryKey(),
    kind: text('kind', { enum: CLIENT_KINDS }).notNull(),
    name: text('name'),
    capacity: float('capacity').notNull(),
    ratePerSecond: float('rate_per_second').notNull(),
    algorithm: text('algorithm', { enum: LIMIT_ALGORITHMS }).notNull().default('token-bucket'),
    /** Of the sliding window, which admits `capacity` requests in it; null: a token bucket. */
    windowSeconds: float('window_seconds'),
    enabled: boolean('enabled').notNull(),
    apiKeyHash: text('api_key_hash').unique(),
    /** Requests in a calendar day, on all routes together; null: none of its own. So is that of a month. */
    quotaDay: integer('quota_day'),
    quotaMonth: integer('quota_month'),
    ...changed,
  });

  /** How full the buckets of registered clients were when a gateway last saved them. Key: gateway and client. */
  const bucketLevels = table('bucket_levels', {
    /** The gateway's name; empty: the only one, or saved before there were names. */
    gateway: key('gateway').notNull().default(''),
    key: key('key')
      .notNull()
      .references(() => clients.key, { onDelete: 'cascade' }),
    tokens: float('tokens').notNull(),
    savedAt: instant('saved_at').notNull(),
  });

  /**
   * What operators changed about backends: those they added have a URL and a pool, the others lie over the file's. A
   * null leaves what the file says. A trigger announces changes on `sluice_backends`.
   */
  const backends = table('backends', {
    id: key('id').primaryKey(),
    pool: text('pool'),
    url: text('url'),
    weight: integer('weight'),
    enabled: boolean('enabled'),
    draining: boolean('draining'),
    backup: boolean('backup'),
    maxInFlight: integer('max_in_flight'),
    ...changed,
  });

  /** Who changed what, when, from where. Only added to, and cut off at its old end. */
  const auditLog = table(
    'audit_log',
    {
      id: identity('id'),
      at: instant('at').notNull().default(now),
      /** Name of the token; `anonymous` where none is asked for. */
      actor: text('actor').notNull(),
      /** `none`: refused for lack of a token. */
      role: text('role', { enum: STORED_ROLES }).notNull(),
      address: text('address').notNull(),
      /** The operation's id in the OpenAPI document. */
      action: text('action').notNull(),
      /** What it was done to: a client's key, a backend's id; null: the gateway. */
      target: text('target'),
      /** Status of the answer. */
      status: integer('status').notNull(),
      before: json('before'),
      after: json('after'),
      requestId: text('request_id').notNull(),
      /** Name of the one that was called; null: recorded by a version that had no names. */
      gateway: text('gateway'),
    },
    (columns) => [index('audit_log_at').on(columns.at)],
  );

  /** Made once for all gateways of the database. */
  const fleetSecrets = table('fleet_secrets', {
    name: text('name').primaryKey(),
    value: text('value').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  });

  /**
   * Certificates from authorities (src/acme/acme-store.ts says more). In PostgreSQL a trigger announces changes of these
   * and of challenges on `sluice_certificates`; those of leases only are not.
   */
  const acmeCertificates = table('acme_certificates', {
    id: key('id').primaryKey(),
    hosts: json('hosts').$type<readonly string[]>().notNull(),
    issuer: text('issuer'),
    challenge: text('challenge', { enum: CHALLENGE_TYPES }),
    chainPem: text('chain_pem'),
    keyEncrypted: text('key_encrypted'),
    error: text('error'),
    failures: integer('failures').notNull().default(0),
    attempts: json('attempts').$type<readonly number[]>().notNull(),
    nextAttemptAt: instant('next_attempt_at'),
    isRenewalRequested: boolean('is_renewal_requested').notNull(),
    renewalStart: instant('renewal_start'),
    renewalEnd: instant('renewal_end'),
    renewalCheckAt: instant('renewal_check_at'),
    orderIssuer: text('order_issuer'),
    orderUrl: text('order_url'),
    orderKeyEncrypted: text('order_key_encrypted'),
    leaseOwner: text('lease_owner'),
    leaseUntil: instant('lease_until'),
    usedAt: instant('used_at'),
    version: counter('version').notNull().default(0),
  });

  const acmeAccounts = table('acme_accounts', {
    id: text('id').primaryKey(),
    url: text('url').notNull(),
    keyEncrypted: text('key_encrypted').notNull(),
    nextKeyEncrypted: text('next_key_encrypted'),
    createdAt: instant('created_at').notNull().default(now),
  });

  /** What authorities are answered. Nothing in it is secret: they read it from a public port. */
  const acmeChallenges = table('acme_challenges', {
    id: text('id').primaryKey(),
    type: text('type', { enum: CHALLENGE_TYPES }).notNull(),
    host: text('host').notNull(),
    token: text('token').notNull(),
    keyAuthorization: text('key_authorization').notNull(),
    expiresAt: instant('expires_at').notNull(),
    version: counter('version').notNull().default(0),
  });

  /** Gateways that answer challenges, up to which version, and when they last said so. */
  const acmeGateways = table('acme_gateways', {
    gateway: text('gateway').primaryKey(),
    challenges: counter('challenges').notNull(),
    seenAt: instant('seen_at').notNull(),
  });

  /** Certificates that operators uploaded (src/certificates/upload-store.ts). Announced on `sluice_certificates`, too. */
  const uploadedCertificates = table('uploaded_certificates', {
    id: key('id').primaryKey(),
    hosts: json('hosts').$type<readonly string[]>().notNull(),
    chainPem: text('chain_pem').notNull(),
    keyEncrypted: text('key_encrypted').notNull(),
    ...changed,
  });

  /** Gateways of this database (src/fleet). In PostgreSQL a trigger announces those that join, leave or change. */
  const gateways = table('gateways', {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    version: text('version').notNull(),
    configDigest: text('config_digest').notNull(),
    adminUrl: text('admin_url'),
    figures: json('figures').$type<GatewayFigures>().notNull(),
    startedAt: instant('started_at').notNull(),
    joinedAt: instant('joined_at').notNull().default(now),
    seenAt: instant('seen_at').notNull().default(now),
  });

  /** Work that one gateway does for all. */
  const leases = table('leases', {
    name: text('name').primaryKey(),
    owner: text('owner').notNull(),
    until: instant('until').notNull(),
  });

  /** What operators want of circuits (src/backends/circuit-order-store.ts). Announced on `sluice_circuits`. */
  const circuitOrders = table('circuit_orders', {
    backend: key('backend').primaryKey(),
    until: instant('until'),
    orderedAt: instant('ordered_at').notNull().default(now),
    version: counter('version').notNull().default(0),
  });

  /** What is used of quotas, all gateways together (src/limits/quota-store.ts). */
  const quotaUses = table('quota_uses', {
    id: key('id').primaryKey(),
    period: integer('period').notNull(),
    used: counter('used').notNull(),
    endsAt: instant('ends_at').notNull(),
  });

  /** Lists of members as pushed (src/backends/member-store.ts); null: removed. Announced on `sluice_members`. */
  const pushedMembers = table('pushed_members', {
    pool: key('pool').primaryKey(),
    members: json('members').$type<readonly unknown[]>(),
    ttlSeconds: float('ttl_seconds'),
    pushedAt: instant('pushed_at').notNull().default(now),
    version: counter('version').notNull().default(0),
  });

  /** The last list that a source gave of a pool: for the next start. */
  const cachedMembers = table('cached_members', {
    pool: key('pool').primaryKey(),
    members: json('members').$type<readonly unknown[]>().notNull(),
    listedAt: instant('listed_at').notNull().default(now),
  });

  return {
    clients,
    bucketLevels,
    backends,
    auditLog,
    fleetSecrets,
    acmeCertificates,
    acmeAccounts,
    acmeChallenges,
    acmeGateways,
    uploadedCertificates,
    gateways,
    leases,
    circuitOrders,
    quotaUses,
    pushedMembers,
    cachedMembers,
  };
}
