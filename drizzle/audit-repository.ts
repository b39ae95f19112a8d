/** The audit log's storage on drizzle. */
import type { AuditEntry, AuditFilter, AuditStore, StoredAuditEntry } from '../src/state/audit-store.ts';
import type { DatabaseLink } from './database-link.ts';
import { and, desc, eq, gte, inArray, lt, sql } from './orm.ts';
import { auditLog } from './schema.ts';

/** Rows removed by one statement: it has to end within the deadline of a query. */
const REMOVED = 10_000;

export class AuditRepository implements AuditStore {
  readonly #link: DatabaseLink;

  constructor(link: DatabaseLink) {
    this.#link = link;
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const rows = entries.map((entry) => ({ ...entry, role: entry.role ?? ('none' as const) }));
    await this.#link.run((db) => db.insert(auditLog).values(rows));
  }

  /** By time, for imported entries have later ids than their time would give them. */
  async list(filter: AuditFilter): Promise<readonly StoredAuditEntry[]> {
    const { actor, action, target, since, before, limit } = filter;
    const matches = and(
      actor === undefined ? undefined : eq(auditLog.actor, actor),
      action === undefined ? undefined : eq(auditLog.action, action),
      target === undefined ? undefined : eq(auditLog.target, target),
      since === undefined ? undefined : gte(auditLog.at, since),
      before === undefined
        ? undefined
        : sql`(${auditLog.at}, ${auditLog.id}) < (select "at", "id" from ${auditLog} where "id" = ${before})`,
    );
    const rows = await this.#link.run((db) =>
      db.select().from(auditLog).where(matches).orderBy(desc(auditLog.at), desc(auditLog.id)).limit(limit),
    );
    return rows.map((row) => ({ ...row, role: row.role === 'none' ? null : row.role }));
  }

  async removeBefore(at: Date): Promise<number> {
    let removed = 0;
    for (;;) {
      const rows = await this.#link.run((db) => {
        const old = db.select({ id: auditLog.id }).from(auditLog).where(lt(auditLog.at, at)).limit(REMOVED);
        return db.delete(auditLog).where(inArray(auditLog.id, old)).returning({ id: auditLog.id });
      });
      removed += rows.length;
      if (rows.length < REMOVED) return removed;
    }
  }
}
