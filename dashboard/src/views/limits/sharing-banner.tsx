import { useQuery } from '@tanstack/react-query';
import { limits } from '../../api/limits.ts';
import { Icon } from '../../components/icon.tsx';
import { formatTime } from '../../format.ts';
import { sharingTrouble } from './sharing-text.ts';

/** While limits are not shared as they should be. */
export function SharingBanner() {
  const { data } = useQuery({ queryKey: ['limits'], queryFn: limits, refetchInterval: 1000 });
  const sharing = data?.shared ?? null;
  const trouble = sharing === null ? null : sharingTrouble(sharing);
  if (sharing === null || trouble === null) return null;
  const isLost = sharing.mode === 'lost';
  const look = isLost ? 'border-bad/40 bg-bad-soft text-bad' : 'border-warn/40 bg-warn-soft text-warn';
  return (
    <section
      role="status"
      aria-label="Shared limits"
      data-sharing={sharing.mode}
      className={`live rounded-lg border px-4 py-3 ${look}`}
    >
      <p className="flex items-center gap-2.5">
        <Icon name={isLost ? 'cross' : 'warning'} className="size-5 shrink-0" />
        <span>
          <strong className="font-semibold">{trouble}</strong>{' '}
          {sharing.since !== null && <span className="text-sm">since {formatTime(sharing.since)}</span>}
        </span>
      </p>
    </section>
  );
}
