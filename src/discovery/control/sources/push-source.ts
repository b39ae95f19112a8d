/** Members that a program pushed. Expired, the list is no longer vouched for: that is a failure, and no empty list. */
import { type MemberScheme, readEntries } from '../../read-entry.ts';
import type { PushedLists } from '../pushed-lists.ts';
import type { Source, SourcePorts } from '../source.ts';

/** An unchanged state is reported again after this, ms. */
const REPEAT_MS = 30_000;

export function createPushSource(
  pool: string,
  scheme: MemberScheme,
  lists: PushedLists,
  { report, nowMs, schedule }: SourcePorts,
): Source {
  let cancel = (): void => {};
  let unfollow = (): void => {};
  let isListed = false;

  const look = (): void => {
    cancel();
    const list = lists.get(pool);
    if (list === undefined) {
      report({ kind: 'failed', reason: 'the database is unavailable' });
      cancel = schedule(look, REPEAT_MS);
      return;
    }
    const leftMs = list.expiresAtMs === null ? Infinity : list.expiresAtMs - nowMs();
    // At start, an expired list is better than none.
    if (leftMs > 0 || !isListed) report({ kind: 'list', ...readEntries(list.members, scheme) });
    if (leftMs <= 0) report({ kind: 'failed', reason: `the pushed list expired, version ${list.version}` });
    isListed = true;
    cancel = schedule(look, leftMs > 0 ? Math.min(REPEAT_MS, leftMs) : REPEAT_MS);
  };

  return {
    isStrong: true,
    start: () => {
      unfollow = lists.follow(pool, look);
      look();
    },
    stop: () => {
      cancel();
      unfollow();
    },
  };
}
