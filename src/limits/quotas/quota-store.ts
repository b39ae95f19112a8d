/** The port to the storage of what is used of quotas. drizzle/ implements it; the control thread uses it. */

/** The use of one quota in one period. */
export interface StoredQuotaUse {
  /** See quota-id.ts. */
  readonly id: string;
  /** Grows by 1 with each period. */
  readonly period: number;
  readonly used: number;
  readonly endsAt: Date;
}

/** Every method rejects with GW_DATABASE_UNAVAILABLE when the database is away. */
export interface QuotaStore {
  /**
   * Adds to what is stored, and resolves to what is stored then: also what other gateways have added. A later period
   * replaces an earlier one; an earlier one is counted in the later one, unless that is more than one ahead, which only a
   * wrong clock explains: it then gives way, and what it counted stays.
   *
   * @param uses no id twice
   */
  add(uses: readonly StoredQuotaUse[]): Promise<readonly StoredQuotaUse[]>;
  /** All whose period is not over, in pages. */
  load(): AsyncIterable<readonly StoredQuotaUse[]>;
  /** Removes those whose period has been over for a day. Resolves to their number. */
  prune(): Promise<number>;
}
