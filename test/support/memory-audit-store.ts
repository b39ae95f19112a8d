/** The audit log's storage in memory; passes the same contract suite as the real one. `isAway` makes an outage. */
import { GatewayError } from '../../src/errors.ts';
import { storable } from '../../src/core/storable.ts';
import type { AuditEntry, AuditFilter, AuditStore, StoredAuditEntry } from '../../src/audit/audit-store.ts';

export class MemoryAuditStore implements AuditStore {
  isAway = false;
  #entries: StoredAuditEntry[] = [];
  #lastId = 0;

  async append(entries: readonly AuditEntry[]): Promise<void> {
    this.#refuseWhenAway();
    for (const entry of entries) this.#entries.push({ ...structuredClone(storable(entry)), id: ++this.#lastId });
  }

  async list({
    actor,
    action,
    target,
    gateway,
    since,
    before,
    limit,
  }: AuditFilter): Promise<readonly StoredAuditEntry[]> {
    this.#refuseWhenAway();
    const all = this.#entries.toSorted((one, other) => +other.at - +one.at || other.id - one.id);
    const start = before === undefined ? 0 : all.findIndex(({ id }) => id === before) + 1;
    if (before !== undefined && start === 0) return [];
    return all
      .slice(start)
      .filter(
        (entry) =>
          entry.actor === (actor ?? entry.actor) &&
          entry.action === (action ?? entry.action) &&
          entry.target === (target ?? entry.target) &&
          entry.gateway === (gateway ?? entry.gateway) &&
          entry.at >= (since ?? entry.at),
      )
      .slice(0, limit);
  }

  async removeBefore(at: Date): Promise<number> {
    this.#refuseWhenAway();
    const kept = this.#entries.filter((entry) => entry.at >= at);
    const removed = this.#entries.length - kept.length;
    this.#entries = kept;
    return removed;
  }

  #refuseWhenAway(): void {
    if (this.isAway) throw new GatewayError('GW_DATABASE_UNAVAILABLE');
  }
}
