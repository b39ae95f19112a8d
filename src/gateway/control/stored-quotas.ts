/** Keeps stored quotas and those in shared memory in sync. */
import type { Logger } from 'pino';
import type { Database } from '../../database/database-port.ts';
import { QuotaKeeper } from '../../limits/control/quota-keeper.ts';
import { idText } from '../../limits/quotas/quota-id.ts';
import type { QuotaTable } from '../../limits/quotas/quota-table.ts';
import type { RateLimiter } from '../../limits/rate-limiter.ts';

export interface StoredQuotaPorts {
  readonly table: QuotaTable;
  readonly limiter: RateLimiter;
  readonly isLeader: () => boolean;
  readonly log: Logger;
}

/** Before the threads start: loads what was used, and begins to save. The returned function saves a last time. */
export async function keepQuotas(
  database: Database,
  { table, limiter, isLeader, log }: StoredQuotaPorts,
): Promise<() => Promise<void>> {
  const keeper = new QuotaKeeper({
    table,
    store: database.quotas,
    hashOf: (id) => limiter.hash(idText(id)).lo,
    wallMs: Date.now,
    isLeader,
    log,
  });
  if (database.isAvailable()) await keeper.load();
  keeper.start();
  return () => keeper.stop();
}
