/**
 * Keeps what clients have used of their quotas: loads it at the start, and then adds what is new to the database, which
 * says how much all gateways have added together.
 */
import { repeat } from '../../runtime/repeat.ts';
import { idOfText, idText } from '../quotas/quota-id.ts';
import type { QuotaStore, StoredQuotaUse } from '../quotas/quota-store.ts';
import type { QuotaId, QuotaTable, QuotaUse } from '../quotas/quota-table.ts';

export interface QuotaKeeperPorts {
  readonly table: QuotaTable;
  readonly store: QuotaStore;
  /** As the traffic threads hash the id. */
  readonly hashOf: (id: QuotaId) => number;
  /** Ms since 1970. */
  readonly wallMs: () => number;
  /** True: this gateway removes old rows, for all. */
  readonly isLeader: () => boolean;
  readonly log: Record<'info' | 'warn', (details: object, message: string) => void>;
}

/** Most rows of one statement. */
const BATCH = 1000;
/** Of one round; the rest comes in the next. */
const MOST_BATCHES = 20;
const PRUNE_EVERY_MS = 3_600_000;
/** How far gateways that share a database may be behind each other. */
const SAVE_EVERY_MS = 1000;

export class QuotaKeeper {
  readonly #ports: QuotaKeeperPorts;
  #isFailing = false;
  #prunedAtMs = -Infinity;
  #stop: (() => Promise<void>) | null = null;

  constructor(ports: QuotaKeeperPorts) {
    this.#ports = ports;
  }

  /** Before traffic starts. Without it, what is stored counts as soon as the client's next request has been saved. */
  async load(): Promise<void> {
    for await (const page of this.#ports.store.load()) for (const use of page) this.#restore(use);
  }

  start(): void {
    this.#stop = repeat(() => this.round(), SAVE_EVERY_MS);
  }

  /** Saves a last time. */
  async stop(): Promise<void> {
    await this.#stop?.();
    await this.round();
  }

  /** Never rejects. */
  async round(): Promise<void> {
    const { table, store, wallMs, isLeader, log } = this.#ports;
    let uses: readonly QuotaUse[] = [];
    try {
      for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
        uses = table.takeUnsaved(BATCH);
        if (uses.length === 0) break;
        for (const stored of await store.add(uses.map(toStored))) this.#restore(stored);
        uses = [];
      }
      const agoMs = wallMs() - this.#prunedAtMs;
      if (isLeader() && !(agoMs >= 0 && agoMs < PRUNE_EVERY_MS)) {
        await store.prune();
        this.#prunedAtMs = wallMs();
      }
      if (this.#isFailing) log.info({}, 'quotas are being saved again');
      this.#isFailing = false;
    } catch (error) {
      for (const use of uses) table.putBack(this.#ports.hashOf(use.id), use);
      if (!this.#isFailing)
        log.warn({ err: error }, 'quotas cannot be saved: a restart would forget what was used since');
      this.#isFailing = true;
    }
  }

  #restore({ id, period, used, endsAt }: StoredQuotaUse): void {
    const { table, hashOf, wallMs } = this.#ports;
    const words = idOfText(id);
    table.restore(hashOf(words), { id: words, period, used, endMs: endsAt.getTime() }, wallMs());
  }
}

function toStored({ id, period, used, endMs }: QuotaUse): StoredQuotaUse {
  return { id: idText(id), period, used, endsAt: new Date(endMs) };
}
