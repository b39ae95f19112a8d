/** The port to the storage of what operators want of circuits: the last order for each backend. */

export interface CircuitOrder {
  /** Its id. */
  readonly backend: string;
  /** Open for so long from now, by the clock of the database; zero or less: that is over. Null: closed, once. */
  readonly secondsLeft: number | null;
  /** Higher than that of every order before. */
  readonly version: number;
}

/** Every method rejects with GW_DATABASE_UNAVAILABLE when the database is away. */
export interface CircuitOrderStore {
  /** @param seconds open for so long; null: closed. Resolves to the orders as stored. */
  put(backends: readonly string[], seconds: number | null): Promise<readonly CircuitOrder[]>;
  /** Those of the last day, and those that are not over. */
  all(): Promise<readonly CircuitOrder[]>;
}
