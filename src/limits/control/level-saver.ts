/** Keeps the bucket levels of registered clients across restarts: a restart must not give anybody a full bucket. */
import { repeat } from '../../runtime/repeat.ts';
import type { BucketLevel, ClientStore } from '../client-store.ts';

export interface LevelSaverOptions {
  readonly store: Pick<ClientStore, 'saveLevels' | 'pruneLevels'>;
  /** The current levels of registered clients. */
  levels(): Iterable<BucketLevel>;
  /** True: this gateway removes old levels, for all. Default: it does. */
  readonly isLeader?: () => boolean;
  readonly log: Record<'info' | 'warn', (details: object, message: string) => void>;
  /** Milliseconds since the epoch. Default Date.now. */
  readonly wallMs?: () => number;
}

/**
 * Old levels are removed in the first round, and then at this interval: also those of gateways that have since been
 * renamed.
 */
const PRUNE_EVERY_MS = 24 * 3600 * 1000;

/**
 * One round: saves what `levels` returns, and now and then removes old ones. Never rejects; logs when saving starts to
 * fail, and when it works again.
 */
export function createSaveRound(options: LevelSaverOptions): () => Promise<void> {
  const { store, log, isLeader = () => true, wallMs = Date.now } = options;
  let isFailing = false;
  let prunedAtMs = -Infinity;
  return async () => {
    try {
      const levels = [...options.levels()];
      const isPruneDue = isLeader() && wallMs() - prunedAtMs >= PRUNE_EVERY_MS;
      if (levels.length === 0 && !isPruneDue) return;
      if (levels.length > 0) await store.saveLevels(levels);
      if (isPruneDue) {
        const removed = await store.pruneLevels(new Date(wallMs()));
        prunedAtMs = wallMs();
        if (removed > 0) log.info({ removed }, 'old bucket levels removed');
      }
      if (isFailing) log.info({}, 'bucket levels are being saved again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn({ err: error }, 'bucket levels cannot be saved');
      isFailing = true;
    }
  };
}

/** Repeats the round every `intervalMs`. The returned function stops that and saves a last time. */
export function startSaving(round: () => Promise<void>, intervalMs: number): () => Promise<void> {
  const stop = repeat(round, intervalMs);
  return async () => {
    await stop();
    await round();
  };
}

/** At start: passes every saved level to `restore`. Resolves to their number. */
export async function restoreLevels(
  store: Pick<ClientStore, 'loadLevels'>,
  restore: (level: BucketLevel) => void,
): Promise<number> {
  let count = 0;
  for await (const page of store.loadLevels()) {
    for (const level of page) restore(level);
    count += page.length;
  }
  return count;
}
