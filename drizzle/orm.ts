/**
 * Drizzle, loaded as CommonJS: 0.05 s instead of 0.4 s at every start, and a tenth of the garbage. As ES modules, Node
 * 24 parses drizzle's large `exports` map again for each of its several hundred files (npm run bench: start-time).
 */
import { createRequire } from 'node:module';
import type * as Drizzle from 'drizzle-orm';
import type * as PgCore from 'drizzle-orm/pg-core';
import type * as PostgresJs from 'drizzle-orm/postgres-js';
import type * as Migrator from 'drizzle-orm/postgres-js/migrator';

const require = createRequire(import.meta.url);

export const {
  and,
  asc,
  count,
  desc,
  eq,
  getTableColumns,
  getTableName,
  gt,
  gte,
  ilike,
  inArray,
  isNull,
  lt,
  or,
  sql,
} = require('drizzle-orm') as typeof Drizzle;
export const { bigint, boolean, customType, doublePrecision, index, integer, jsonb, pgTable, text, timestamp } =
  require('drizzle-orm/pg-core') as typeof PgCore;
export const { drizzle } = require('drizzle-orm/postgres-js') as typeof PostgresJs;
export const { migrate } = require('drizzle-orm/postgres-js/migrator') as typeof Migrator;
