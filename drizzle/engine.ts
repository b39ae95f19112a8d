/** What differs between the two kinds of database; everything else is shared. */
import type { DatabaseMode } from '../src/database/core/database-vocabulary.ts';
import type { Db, Dialect } from './dialect.ts';

export interface DatabaseLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Version of the last change of each shared table. */
export interface Seen {
  readonly clients: number;
  readonly backends: number;
  /** With their challenges. */
  readonly certificates: number;
  readonly gateways: number;
  readonly circuits: number;
  readonly members: number;
}

export interface Changes {
  /** The state to compare with next time. */
  readonly seen: Seen;
  /** Keys of those that were changed or removed; null: any may have been. */
  readonly clients: readonly string[] | null;
  readonly backends: boolean;
  readonly certificates: boolean;
  readonly gateways: boolean;
  readonly circuits: boolean;
  readonly members: boolean;
}

/** Changes made by others. */
export interface ChangeSource {
  isListening(): boolean;
  /** `onHint` is called with every change, until the session is lost. */
  listen(onHint: () => void): Promise<void>;
  /** @param seen null: from now on. */
  since(seen: Seen | null): Promise<Changes>;
}

export interface Connection {
  /** The statements of one piece of work. */
  run<T>(work: (db: Db) => Promise<T>): Promise<T>;
  /** All of it or nothing, without a time limit. `snapshot`: read-only, everything as of one moment. */
  transaction(kind: 'snapshot' | 'write', work: (db: Db) => Promise<void>): Promise<void>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Null: nobody else can change the rows. */
  readonly changes: ChangeSource | null;
  /** Finishes running work, at most 2 s. */
  end(): Promise<void>;
  /** Cuts it now: running and waiting work is rejected with `reason`, and nothing of it is executed later. */
  destroy(reason: Error): void;
}

/** Brings the tables up to date, once. */
export interface Migrator {
  apply(): Promise<void>;
  /** Instead of `apply`'s end: nothing more is executed. */
  abandon(reason: Error): void;
}

export interface Engine {
  readonly mode: DatabaseMode;
  /** For messages: host and port, or the folder. Never a user or a password. */
  readonly target: string;
  readonly dialect: Dialect;
  connect(): Connection;
  migrator(): Migrator;
  /** Prepares it for queries. Does nothing if that is already done. */
  start(): Promise<void>;
  /** Called when a database that answered no longer does: the next start starts from scratch. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}
