/** SQLite in a file, in the control thread: no traffic thread waits for it (ADR 20). */
import type { Engine } from '../engine.ts';
import { SqliteSession } from './sqlite-connection.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { explained } from './sqlite-failure.ts';
import { openSqliteFile, openSqliteMemory } from './sqlite-file.ts';
import { migrateSqlite } from './sqlite-migrations.ts';

/** Opens the file, and locks it until `stop`. Throws CannotOpenDatabase. @param dataDir null: in memory, without a file */
export function sqliteEngine(dataDir: string | null): Engine {
  const file = dataDir === null ? openSqliteMemory() : openSqliteFile(dataDir);
  const session = new SqliteSession(file);
  return {
    mode: 'embedded',
    target: dataDir ?? 'memory',
    dialect: sqliteDialect,
    connect: () => session.connect(),
    migrator: () => ({
      apply: async () => {
        try {
          migrateSqlite(file);
        } catch (error) {
          throw explained(error, file.path);
        }
      },
      abandon: () => {},
    }),
    start: async () => {},
    restart: async () => {},
    stop: async () => file.close(),
  };
}
