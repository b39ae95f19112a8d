/** Drizzle's SQLite dialect, loaded as CommonJS: see orm.ts. */
import { createRequire } from 'node:module';
import type * as SqliteCore from 'drizzle-orm/sqlite-core';
import type * as SqliteProxy from 'drizzle-orm/sqlite-proxy';

const require = createRequire(import.meta.url);

export const { customType, index, integer, real, SQLiteAsyncDialect, sqliteTable, text } =
  require('drizzle-orm/sqlite-core') as typeof SqliteCore;
export const { drizzle } = require('drizzle-orm/sqlite-proxy') as typeof SqliteProxy;
