/** What is used of quotas, in memory. */
import { GatewayError } from '../../src/errors.ts';
import type { QuotaStore, StoredQuotaUse } from '../../src/limits/quotas/quota-store.ts';

export class MemoryQuotaStore implements QuotaStore {
  isAway = false;
  readonly #nowMs: () => number;
  readonly #uses = new Map<string, StoredQuotaUse>();

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  async add(uses: readonly StoredQuotaUse[]): Promise<readonly StoredQuotaUse[]> {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
    return uses.map((use) => {
      const { id } = use;
      const stored = this.#uses.get(id);
      const isFirst = stored === undefined || use.period > stored.period;
      const used = isFirst ? use.used : stored.used + use.used;
      const isCurrent = isFirst || stored.period > use.period + 1;
      const { period, endsAt } = isCurrent ? use : stored;
      const after = { id, period, used, endsAt };
      this.#uses.set(id, after);
      return after;
    });
  }

  async *load(): AsyncIterable<readonly StoredQuotaUse[]> {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
    const current = [...this.#uses.values()].filter(({ endsAt }) => endsAt.getTime() > this.#nowMs());
    yield current.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  async prune(): Promise<number> {
    const old = [...this.#uses.values()].filter(({ endsAt }) => endsAt.getTime() < this.#nowMs() - 86_400_000);
    for (const { id } of old) this.#uses.delete(id);
    return old.length;
  }
}
