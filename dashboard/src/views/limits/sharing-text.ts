/** How limits are shared, in words. Pure. */
import type { LimitSharing } from '../../api/types.ts';
import { formatMs } from '../../format.ts';

/** In a list of facts. */
export function sharingText({ mode, gateways, rtt_ms: rttMs }: LimitSharing): string {
  const among = gateways === 1 ? 'shared, by this gateway only so far' : `shared among ${gateways} gateways`;
  if (mode === 'lost') return 'each gateway alone: Redis is lost';
  return rttMs === 0 ? among : `${among}, round trip ${formatMs(rttMs)}`;
}

/** What to know while it is not as it should be; null: it is. */
export function sharingTrouble({ mode, gateways, rtt_ms: rttMs }: LimitSharing): string | null {
  if (mode === 'shared') return null;
  if (mode === 'slow') {
    return `Redis is slow (round trip ${formatMs(rttMs)}): no request waits for it, and shared limits are less exact`;
  }
  const share = gateways === 1 ? 'all of each limit, as the only one' : `its share, 1/${gateways} of each limit`;
  return `Redis is lost: this gateway admits ${share}`;
}
