/**
 * Drizzle, loaded as CommonJS: 0.05 s instead of 0.4 s at every start, and a tenth of the garbage. As ES modules, Node
 * 24 parses drizzle's large `exports` map again for each of its several hundred files (npm run bench: start-time).
 *
 * Each dialect has a file of its own, so that a gateway loads only the one it uses.
 */
import { createRequire } from 'node:module';
import type * as Drizzle from 'drizzle-orm';

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
  inArray,
  isNotNull,
  isNull,
  lt,
  ne,
  or,
  sql,
} = require('drizzle-orm') as typeof Drizzle;
