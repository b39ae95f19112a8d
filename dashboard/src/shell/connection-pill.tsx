import { Badge } from '../components/state-badge.tsx';
import { useNow } from '../hooks/use-now.ts';
import { useLive } from '../live/use-live.ts';
import { formatSeconds } from '../format.ts';
import { isStale } from './staleness.ts';

/** How fresh the data is, and when the next attempt is. */
export function ConnectionPill() {
  const link = useLive((state) => state.link);
  const receivedAt = useLive((state) => state.receivedAt);
  const now = useNow();
  const age = receivedAt === 0 ? '' : `Stale: ${formatSeconds((now - receivedAt) / 1000)} old`;
  let pill = (
    <Badge tone="ok" icon="check">
      Live
    </Badge>
  );
  if (link.kind === 'waiting') {
    const seconds = Math.max(0, Math.ceil((link.retryAt - now) / 1000));
    pill = (
      <Badge tone="bad" icon="warning">
        {age === '' ? 'No connection' : age} · next try in {seconds} s
      </Badge>
    );
  } else if (link.kind === 'connecting' || isStale(link, receivedAt, now)) {
    pill = (
      <Badge tone="warn" icon="warning">
        {age === '' ? 'Connecting…' : `${age} · connecting…`}
      </Badge>
    );
  }
  // Screen readers announce the change, not the seconds.
  return (
    <span data-link={link.kind} className="inline-block">
      {pill}
      <span role="status" className="sr-only">
        {link.kind === 'live' ? 'Live' : 'The connection to the gateway is lost'}
      </span>
    </span>
  );
}
