import type { Frame } from '../../api/types.ts';
import { Figure } from '../../components/figure.tsx';
import { formatCompact, formatMs, formatNumber, formatShare, NONE } from '../../format.ts';
import { useLive } from '../../live/use-live.ts';
import { refusedOf } from '../../live/live-points.ts';

export function Figures({ frame }: { readonly frame: Frame }) {
  const last = useLive((state) => state.totals.at(-1));
  const { total, backends } = frame;
  const errors = last?.errors ?? null;
  const refused = last?.refused ?? null;
  const available = backends.filter((backend) => backend.available).length;
  const share =
    errors === null || total.requests_per_second === 0 ? null : Math.min(1, errors / total.requests_per_second);
  return (
    <dl className="panel grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-cols-4 2xl:grid-cols-8" data-figures>
      <Figure
        label="Requests"
        value={`${formatNumber(total.requests_per_second)}/s`}
        note={`${formatCompact(total.requests_total)} since start`}
      />
      <Figure
        label="Errors (5xx)"
        value={errors === null ? NONE : `${formatNumber(errors)}/s`}
        note={share === null ? 'no request' : `${formatShare(share)} of requests`}
        tone={errors !== null && errors > 0 ? 'bad' : 'plain'}
      />
      <Figure label="Median (p50)" value={formatMs(total.p50)} note="forwarded, last minute" />
      <Figure label="p95" value={formatMs(total.p95)} note="last minute" />
      <Figure label="p99" value={formatMs(total.p99)} note="last minute" />
      <Figure
        label="In flight"
        value={formatNumber(total.in_flight)}
        note={`${formatCompact(total.retries_total)} retries`}
      />
      <Figure
        label="Refused (429)"
        value={refused === null ? NONE : `${formatNumber(refused)}/s`}
        note={`${formatCompact(refusedOf(frame))} since start`}
        tone={refused !== null && refused > 0 ? 'warn' : 'plain'}
      />
      <Figure
        label="Backends"
        value={`${available} / ${backends.length}`}
        note="available"
        tone={available < backends.length ? 'bad' : 'plain'}
      />
    </dl>
  );
}
