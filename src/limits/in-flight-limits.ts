/** The limits on how many requests of a client run at a time: on a route, and on all of them together. */
import type { BucketHash } from '../identity/client-identity.ts';
import { FULL, type InFlightTable, UNCOUNTED } from './in-flight-table.ts';

/** Names of routes and keys of clients have no control characters. */
const SEPARATOR = '\n';

export class InFlightLimits {
  readonly #table: InFlightTable;
  readonly #thread: number;
  readonly #hash: (key: string) => BucketHash;

  /** @param hash keyed, so that nobody can aim at a slot */
  constructor(table: InFlightTable, thread: number, hash: (key: string) => BucketHash) {
    this.#table = table;
    this.#thread = thread;
    this.#hash = hash;
  }

  /**
   * Takes a request's part of both limits, or of none.
   *
   * @param ofRoute null: no limit; so is `ofAll`
   * @returns what to call, once, when the request has ended; null: one of the limits is reached
   */
  take(client: string, route: string, ofRoute: number | null, ofAll: number | null): (() => void) | null {
    const table = this.#table;
    const all = this.#takeFrom(client, ofAll);
    if (all === FULL) return null;
    const own = this.#takeFrom(`${client}${SEPARATOR}${route}`, ofRoute);
    if (own === FULL) {
      table.release(this.#thread, all);
      return null;
    }
    return () => {
      table.release(this.#thread, all);
      table.release(this.#thread, own);
    };
  }

  /** How many requests of the client run now. @param route null: of all routes with the limit of `rate_limit` */
  running(client: string, route: string | null): number {
    const { lo, hi } = this.#hash(route === null ? client : `${client}${SEPARATOR}${route}`);
    return this.#table.running(lo, hi);
  }

  #takeFrom(key: string, most: number | null): number {
    if (most === null) return UNCOUNTED;
    const { lo, hi } = this.#hash(key);
    return this.#table.take(this.#thread, lo, hi, most);
  }
}
