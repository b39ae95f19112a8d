/** New events of a gateway until stopped: asks again and again, also after the gateway was away or has restarted. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Static } from '@sinclair/typebox';
import type { EventsView } from '../../events/api/event-view.ts';
import { type AdminAddress, AdminRefusal, AdminUnreachable, callAdmin } from '../admin-api.ts';

export type EventAnswer = Static<typeof EventsView>['items'][number];

export interface FollowOptions {
  /** Of the latest event that was printed; null: none. */
  readonly last: EventAnswer | null;
  readonly pauseMs: number;
  readonly signal: AbortSignal;
  /** Oldest first. */
  readonly onEvents: (events: readonly EventAnswer[]) => void;
  /** The gateway has forgotten, or never told, what happened in between. */
  readonly onGap: (why: string) => void;
  readonly onTrouble: (why: string) => void;
}

/** The first is enough unless much has happened; the second is all that a gateway keeps. */
const PAGES = { usual: 50, most: 1000 };

/** Newest first. */
export async function readEvents(address: AdminAddress, limit: number): Promise<readonly EventAnswer[]> {
  return (await callAdmin<Static<typeof EventsView>>(address, 'GET', `/v1/api/events?limit=${limit}`)).body.items;
}

/** Resolves when the signal ends it. Throws if the gateway no longer allows it. */
export async function followEvents(address: AdminAddress, options: FollowOptions): Promise<void> {
  const { signal, pauseMs, onEvents, onGap, onTrouble } = options;
  let { last } = options;
  let isAway = false;
  while (!signal.aborted) {
    try {
      const known = last;
      const isKnown = ({ id, at }: EventAnswer): boolean => id === known?.id && at === known.at;
      let newest = await readEvents(address, PAGES.usual);
      if (!newest.some(isKnown)) newest = await readEvents(address, PAGES.most);
      isAway = false;
      const isSame = known === null || newest.some(isKnown);
      const fresh = isSame ? newest.filter(({ id }) => known === null || id > known.id) : newest;
      if (!isSame) {
        const isNewer = newest.length > 0 && newest.at(-1)!.id > known.id;
        onGap(isNewer ? 'some events were missed: the gateway keeps a thousand' : 'the gateway has restarted');
      }
      if (fresh.length > 0) onEvents(fresh.toReversed());
      last = newest[0] ?? (isSame ? last : null);
    } catch (error) {
      // A token that was removed will not come back by waiting.
      if (error instanceof AdminRefusal && [401, 403].includes(error.status)) throw error;
      if (!(error instanceof AdminRefusal) && !(error instanceof AdminUnreachable)) throw error;
      if (!isAway) onTrouble(error.message);
      isAway = true;
    }
    await wait(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
