/** The storage of operators' orders for circuits on drizzle. */
import type { CircuitOrder, CircuitOrderStore } from '../../src/backends/circuit-order-store.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, asc, isNull, lt, or, sql } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

/** An order that is over is kept this long: a gateway that was cut off meanwhile still learns of it. */
const KEPT_SECONDS = 86_400;

export class CircuitOrderRepository implements CircuitOrderStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  readonly #orders: Tables['circuitOrders'];

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#dialect = dialect;
    this.#orders = dialect.tables.circuitOrders;
  }

  async put(backends: readonly string[], seconds: number | null): Promise<readonly CircuitOrder[]> {
    if (backends.length === 0) return [];
    const { nextVersion, now, fromNow } = this.#dialect;
    const until = seconds === null ? null : fromNow(seconds);
    const change = { until, orderedAt: now, version: nextVersion };
    await this.#prune();
    // In the order of ids, so that two gateways that order at once wait for each other instead of deadlocking.
    const rows = backends.toSorted().map((backend) => ({ backend, ...change }));
    return this.#link.run((db) =>
      db
        .insert(this.#orders)
        .values(rows)
        .onConflictDoUpdate({ target: this.#orders.backend, set: change })
        .returning(this.#shown()),
    );
  }

  async all(): Promise<readonly CircuitOrder[]> {
    return this.#link.run((db) => db.select(this.#shown()).from(this.#orders).orderBy(asc(this.#orders.backend)));
  }

  async #prune(): Promise<void> {
    const { until, orderedAt } = this.#orders;
    const old = this.#dialect.fromNow(-KEPT_SECONDS);
    await this.#link.run((db) =>
      db.delete(this.#orders).where(and(lt(orderedAt, old), or(isNull(until), lt(until, old)))),
    );
  }

  #shown() {
    const { backend, until, version } = this.#orders;
    const secondsLeft = sql<number | null>`-${this.#dialect.secondsSince(until)}`;
    return { backend, secondsLeft, version };
  }
}
