import { useNow } from '../hooks/use-now.ts';
import { useLive } from '../live/use-live.ts';
import { isStale } from './staleness.ts';

/** When the last data arrived (Date.now()), if that is too long ago; null: it is live, or there was none yet. */
export function useLostSince(): number | null {
  const link = useLive((state) => state.link);
  const receivedAt = useLive((state) => state.receivedAt);
  const now = useNow();
  return isStale(link, receivedAt, now) ? receivedAt : null;
}
