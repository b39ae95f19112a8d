/** The path of every query: gate, deadline, one vocabulary of errors, and the verdict on availability. */
import { GatewayError } from '../src/errors.ts';
import type { Availability } from './database-availability.ts';
import { classify, driverError, isWrongServer, toGatewayError } from './database-failure.ts';
import { DeadlinePassed, withDeadline } from './deadline.ts';
import type { Db } from './dialect.ts';
import type { Connection } from './engine.ts';

export interface LinkOptions {
  connect(): Connection;
  readonly availability: Availability;
  /** A query without an answer for this long means a hung server, ms. */
  readonly deadlineMs: number;
}

export class DatabaseLink {
  readonly #options: LinkOptions;
  #connection: Connection;
  #isOpen = false;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#connection = options.connect();
  }

  /** True once the migrations are done. While false, {@link run} rejects without asking the database. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A new one after every {@link replace}. */
  get connection(): Connection {
    return this.#connection;
  }

  open(): void {
    this.#isOpen = !this.#isClosed;
  }

  /** For the store. Rejects with GW_DATABASE_UNAVAILABLE, GW_CLIENT_EXISTS, or the fault unchanged. */
  async run<T>(work: (db: Db) => Promise<T>): Promise<T> {
    if (!this.#isOpen) {
      throw new GatewayError('GW_DATABASE_UNAVAILABLE', { cause: this.#options.availability.lastFailure });
    }
    return this.attempt('a query', () => this.#connection.run(work));
  }

  /** As run, also while the gate is closed, with its own deadline if one is given. */
  async attempt<T>(what: string, work: () => Promise<T>, deadlineMs = this.#options.deadlineMs): Promise<T> {
    const used = this.#connection;
    try {
      const answer = await withDeadline(work(), deadlineMs, what);
      if (this.#isOpen) this.#options.availability.up();
      return answer;
    } catch (error) {
      // statement_timeout ends a slow statement earlier, so the server is not answering: nothing on this connection
      // will end.
      if (error instanceof DeadlinePassed || isWrongServer(error)) this.replace(used, error as Error);
      if (classify(error) === 'away') this.#options.availability.down(driverError(error));
      throw toGatewayError(error);
    }
  }

  /** Cuts `used`, unless that has been done already, so that nothing on it is executed after its caller has gone. */
  replace(used: Connection, reason: Error): void {
    if (used !== this.#connection || this.#isClosed) return;
    this.#connection = this.#options.connect();
    used.destroy(reason);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isOpen = false;
    await this.#connection.end();
  }
}
