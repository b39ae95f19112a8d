/** Drizzle over `node:sqlite`, one transaction or statement after the other. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SQL } from 'drizzle-orm';
import type { Db } from '../dialect.ts';
import type { Connection } from '../engine.ts';
import { explained, isDiskFailure } from './sqlite-failure.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { drizzle, SQLiteAsyncDialect } from './sqlite-orm.ts';

/** Takes space like a change, but changes nothing. */
const WRITE = 'update "sluice_migrations" set "applied_at" = "applied_at"';

/** The one session of a file, which all its connections share. */
export class SqliteSession {
  readonly #file: SqliteFile;
  readonly #db: Db;
  #last: Promise<unknown> = Promise.resolve();
  #isWriteFailing = false;

  constructor(file: SqliteFile) {
    this.#file = file;
    this.#db = this.#drizzle();
  }

  connect(): Connection {
    let ended: Error | undefined;
    const alone = <T>(work: () => Promise<T>): Promise<T> =>
      this.#alone(async () => {
        if (ended !== undefined) throw ended;
        this.#file.assertExists();
        return work();
      });
    return {
      run: (work) => alone(() => work(this.#db)),
      transaction: (kind, work) => alone(() => this.#transaction(kind, work)),
      ping: () => alone(async () => this.#ping()),
      changes: null,
      end: async () => {
        await this.#last;
        ended ??= new Error('The connection was ended');
      },
      destroy: (reason) => {
        ended ??= reason;
      },
    };
  }

  /**
   * A statement blocks this thread's event loop while it runs. Between two pieces of work the loop turns, so that a
   * million rows in pages do not block it. Nobody's statements get into another's transaction.
   */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(turn).then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #transaction(kind: 'snapshot' | 'write', work: (db: Db) => Promise<void>): Promise<void> {
    this.#ask((database) => database.exec(kind === 'write' ? 'begin immediate' : 'begin'));
    try {
      await work(this.#db);
      this.#ask((database) => database.exec('commit'));
    } catch (error) {
      // SQLite has already ended it after some failures.
      if (this.#file.database.isTransaction) this.#file.database.exec('rollback');
      throw error;
    }
  }

  /** Reading works on a full disk too: only a write can show whether it accepts changes again. */
  #ping(): void {
    this.#ask((database) => database.exec(this.#isWriteFailing ? WRITE : 'select 1'));
    this.#isWriteFailing = false;
  }

  #ask<T>(work: (database: DatabaseSync) => T): T {
    const { database, path } = this.#file;
    try {
      return work(database);
    } catch (error) {
      this.#isWriteFailing ||= isDiskFailure(error);
      throw explained(error, path);
    }
  }

  #query<T>(text: string, work: (statement: StatementSync) => T): T {
    return this.#ask((database) => work(database.prepare(text)));
  }

  #drizzle(): Db {
    const proxy = drizzle(async (text, params: SQLInputValue[], method) => {
      const rows = this.#query(text, (statement) => {
        statement.setReturnArrays(true);
        return method === 'get' ? statement.get(...params) : statement.all(...params);
      });
      return { rows: rows as unknown[] };
    });
    const dialect = new SQLiteAsyncDialect();
    const execute = async (query: SQL): Promise<unknown> => {
      const { sql, params } = dialect.sqlToQuery(query);
      return this.#query(sql, (statement) => statement.all(...(params as SQLInputValue[])));
    };
    // As with the tables: the same methods, but unrelated types.
    return {
      select: proxy.select.bind(proxy),
      insert: proxy.insert.bind(proxy),
      update: proxy.update.bind(proxy),
      delete: proxy.delete.bind(proxy),
      execute,
    } as unknown as Db;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
