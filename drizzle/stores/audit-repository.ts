/** The audit log's storage on drizzle. */
import { storable } from '../../src/core/storable.ts';
import type { AuditEntry, AuditFilter, AuditStore, StoredAuditEntry } from '../../src/audit/audit-store.ts';
import type { DatabaseLink } from '../database-link.ts';
import type { Dialect } from '../dialect.ts';
import { and, desc, eq, gte, inArray, lt, sql } from '../orm.ts';
import type { Tables } from '../table-definitions.ts';

/** Rows removed by one statement: it has to end within the deadline of a query. */
const REMOVED = 10_000;

export class AuditRepository implements AuditStore {
  readonly #link: DatabaseLink;
  readonly #entries: Tables['auditLog'];

  constructor(link: DatabaseLink, { tables }: Dialect) {
    this.#link = link;
    this.#entries = tables.auditLog;
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const rows = entries.map((entry) => ({ ...storable(entry), role: entry.role ?? ('none' as const) }));
    await this.#link.run((db) => db.insert(this.#entries).values(rows));
  }

  /** By time, because imported entries have later ids than their time suggests. */
  async list(filter: AuditFilter): Promise<readonly StoredAuditEntry[]> {
    const { actor, action, target, gateway, since, before, limit } = filter;
    const matches = and(
      actor === undefined ? undefined : eq(this.#entries.actor, actor),
      action === undefined ? undefined : eq(this.#entries.action, action),
      target === undefined ? undefined : eq(this.#entries.target, target),
      gateway === undefined ? undefined : eq(this.#entries.gateway, gateway),
      since === undefined ? undefined : gte(this.#entries.at, since),
      before === undefined
        ? undefined
        : sql`(${this.#entries.at}, ${this.#entries.id}) < (select "at", "id" from ${this.#entries} where "id" = ${before})`,
    );
    const rows = await this.#link.run((db) =>
      db
        .select()
        .from(this.#entries)
        .where(matches)
        .orderBy(desc(this.#entries.at), desc(this.#entries.id))
        .limit(limit),
    );
    return rows.map((row) => ({ ...row, role: row.role === 'none' ? null : row.role }));
  }

  async removeBefore(at: Date): Promise<number> {
    let removed = 0;
    for (;;) {
      const rows = await this.#link.run((db) => {
        const old = db
          .select({ id: this.#entries.id })
          .from(this.#entries)
          .where(lt(this.#entries.at, at))
          .limit(REMOVED);
        return db.delete(this.#entries).where(inArray(this.#entries.id, old)).returning({ id: this.#entries.id });
      });
      removed += rows.length;
      if (rows.length < REMOVED) return removed;
    }
  }
}
