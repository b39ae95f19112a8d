/** Follows the watch of a change on a gateway until it ends. */
import { setTimeout as after } from 'node:timers/promises';
import type { WatchAnswer } from '../../reload/api/watch-view.ts';
import { callAdmin, type AdminAddress } from '../admin-api.ts';
import { CommandFailure } from '../read-words.ts';

export async function readWatch(address: AdminAddress): Promise<WatchAnswer | null> {
  return (await callAdmin<{ readonly watch: WatchAnswer | null }>(address, 'GET', '/v1/api/config/watch')).body.watch;
}

/** Asked this many times between two looks, but not more often than ten times a second, nor less than once. */
const ASKS_PER_LOOK = 2;

/**
 * @param onLook called after each look.
 * @returns how it ended. Throws a CommandFailure if another change is watched by then, or the gateway has restarted.
 */
export async function followWatch(
  address: AdminAddress,
  started: WatchAnswer,
  onLook: (watch: WatchAnswer) => void,
): Promise<WatchAnswer> {
  const pauseMs = Math.min(1000, Math.max(100, (1000 * started.seconds) / started.looks / ASKS_PER_LOOK));
  let last = started;
  while (last.state === 'watching') {
    await after(pauseMs);
    const now = await readWatch(address);
    if (now === null) throw new CommandFailure('the gateway has restarted: the version is no longer watched');
    if (now.version !== started.version || now.started_at !== started.started_at) {
      throw new CommandFailure(`version ${started.version} is no longer watched: version ${now.version} was applied`);
    }
    if (now.look !== last.look) onLook(now);
    last = now;
  }
  return last;
}
