/** Quotas that operators gave to registered clients, for all routes together, as one traffic thread knows them. */
import type { DirectoryChange } from '../../identity/client-directory.ts';
import { bucketKey } from '../../identity/client-identity.ts';

/** Requests in a calendar day and month; null: none of its own. */
export interface ClientQuotas {
  readonly day: number | null;
  readonly month: number | null;
}

/** A change of a client as it is sent to the threads. */
export interface ClientUpdate extends DirectoryChange {
  /** Absent: none of its own. */
  readonly quotas?: ClientQuotas;
}

export class ClientQuotaDirectory {
  readonly #byBucket = new Map<string, ClientQuotas>();

  get isEmpty(): boolean {
    return this.#byBucket.size === 0;
  }

  /** @param bucket key of the client's bucket */
  find(bucket: string): ClientQuotas | undefined {
    return this.#byBucket.get(bucket);
  }

  apply(updates: readonly ClientUpdate[]): void {
    for (const { op, kind, key, quotas } of updates) {
      const bucket = bucketKey(kind, key);
      if (op === 'put' && quotas !== undefined) this.#byBucket.set(bucket, quotas);
      else this.#byBucket.delete(bucket);
    }
  }
}
