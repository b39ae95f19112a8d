/** The storage of what is used of quotas on drizzle. */
import type { QuotaStore, StoredQuotaUse } from '../../src/limits/quotas/quota-store.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, asc, gt, lt, sql } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

const PAGE = 1000;
const KEPT_SECONDS = 86_400;

/** Both dialects have these names in `on conflict do update`: the stored row, and the given one. */
const STORED = sql`"quota_uses"."period"`;
const GIVEN = sql`excluded."period"`;
/** The given period is the one that counts from now on. */
const IS_CURRENT = sql`${GIVEN} > ${STORED} or ${STORED} > ${GIVEN} + 1`;

export class QuotaRepository implements QuotaStore {
  readonly #link: DatabaseLink;
  readonly #dialect: Dialect;
  readonly #uses: Tables['quotaUses'];

  constructor(link: DatabaseLink, dialect: Dialect) {
    this.#link = link;
    this.#dialect = dialect;
    this.#uses = dialect.tables.quotaUses;
  }

  async add(uses: readonly StoredQuotaUse[]): Promise<readonly StoredQuotaUse[]> {
    if (uses.length === 0) return [];
    // In the order of ids, so that two gateways that save at once wait for each other instead of deadlocking.
    const rows = uses.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    return this.#link.run((db) =>
      db
        .insert(this.#uses)
        .values(rows)
        .onConflictDoUpdate({
          target: this.#uses.id,
          set: {
            used: sql`case when ${GIVEN} > ${STORED} then excluded."used" else "quota_uses"."used" + excluded."used" end`,
            period: sql`case when ${IS_CURRENT} then ${GIVEN} else ${STORED} end`,
            endsAt: sql`case when ${IS_CURRENT} then excluded."ends_at" else "quota_uses"."ends_at" end`,
          },
        })
        .returning(),
    );
  }

  async *load(): AsyncIterable<readonly StoredQuotaUse[]> {
    const { id, endsAt } = this.#uses;
    for (let after = ''; ;) {
      const isNext = and(gt(id, after), gt(endsAt, this.#dialect.now));
      const rows = await this.#link.run((db) =>
        db.select().from(this.#uses).where(isNext).orderBy(asc(id)).limit(PAGE),
      );
      if (rows.length === 0) return;
      yield rows;
      after = rows.at(-1)!.id;
    }
  }

  async prune(): Promise<number> {
    const { id, endsAt } = this.#uses;
    const isOld = lt(endsAt, this.#dialect.fromNow(-KEPT_SECONDS));
    return (await this.#link.run((db) => db.delete(this.#uses).where(isOld).returning({ id }))).length;
  }
}
