/** What differs between the two kinds of database; everything else is shared. */
import type { Connection } from './connection.ts';

export interface DatabaseLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface Engine {
  readonly mode: 'embedded' | 'postgres';
  /** For messages: host and port, or the folder. Never a user or a password. */
  readonly target: string;
  /** False: nobody else can change the rows, so there is nothing to listen to. */
  readonly isShared: boolean;
  /** A new client. `migrations`: one connection, without a time limit on statements. */
  connect(purpose: 'queries' | 'migrations'): Connection;
  /** Makes the engine run where that is up to us. Does nothing when it runs already. */
  start(): Promise<void>;
  /** Ends an engine of ours that no longer answers, so that the next start makes a new one. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** Called when an engine of ours ends by itself. */
  onLost(listener: (reason: Error) => void): void;
}
