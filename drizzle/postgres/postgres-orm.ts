/** Drizzle's PostgreSQL dialect, loaded as CommonJS: see orm.ts. */
import { createRequire } from 'node:module';
import type * as Drizzle from 'drizzle-orm';
import type * as PgCore from 'drizzle-orm/pg-core';
import type * as PostgresJs from 'drizzle-orm/postgres-js';

const require = createRequire(import.meta.url);

export const {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  PgSchema,
  pgTable,
  text,
  timestamp,
} = require('drizzle-orm/pg-core') as typeof PgCore;
export const { ilike } = require('drizzle-orm') as typeof Drizzle;
export const { drizzle } = require('drizzle-orm/postgres-js') as typeof PostgresJs;
