import { memo, useEffect } from 'react';
import { Link } from 'wouter';
import { backendHistory } from '../../api/history.ts';
import type { Backend } from '../../api/types.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { Badge, CircuitBadge, StateBadge, UncheckedBadge } from '../../components/state-badge.tsx';
import { formatCount, formatMs, formatNumber, formatShare, formatTime } from '../../format.ts';
import { useInView } from '../../hooks/use-in-view.ts';
import { liveStore } from '../../live/live-store.ts';
import { LIVE_POINTS, pastBackend } from '../../live/live-points.ts';
import { useBackend, useBackendSeries } from '../../live/use-live.ts';
import { backendReason, backendState } from '../../live/verdict.ts';
import { useSession } from '../../session/session.tsx';
import { BackendActions } from './backend-actions.tsx';

/** Drawn only while visible: of a hundred, a dozen are. */
export const BackendCard = memo(function BackendCard({ id }: { readonly id: string }) {
  const [ref, isSeen] = useInView<HTMLElement>();
  return (
    <article
      ref={ref}
      aria-label={`Backend ${id}`}
      data-backend={id}
      className="panel live flex h-full min-h-72 flex-col gap-3 p-4"
    >
      {isSeen && <CardContent id={id} />}
    </article>
  );
});

function CardContent({ id }: { readonly id: string }) {
  const backend = useBackend(id);
  const { canOperate } = useSession();
  if (backend === undefined) return null;
  return (
    <>
      <CardHead backend={backend} />
      <Lines id={id} backend={backend} />
      <dl className="grid grid-cols-3 gap-x-3 gap-y-2 text-sm">
        <Item name="In flight">{inFlightText(backend)}</Item>
        <Item name="Average">{formatMs(backend.ema_ms)}</Item>
        <Item name="p95">{formatMs(backend.p95)}</Item>
        <Item name="Weight">
          <span title={`${backend.weight} configured, ${formatNumber(backend.effective_weight)} effective`}>
            {weightText(backend)}
          </span>
        </Item>
        <Item name="Requests">{formatCount(backend.requests_total)}</Item>
        <Item name="Circuit">
          <CircuitBadge state={backend.circuit} />
        </Item>
      </dl>
      {canOperate && (
        <div className="mt-auto border-t border-line pt-3">
          <BackendActions backend={backend} />
        </div>
      )}
    </>
  );
}

function CardHead({ backend }: { readonly backend: Backend }) {
  const { id, url, pool, source, overrides, backup, region, zone, state_since: since } = backend;
  const place = [region, zone].filter((part) => part !== null).join(' / ');
  const state = backendState(backend);
  const reason = backendReason(backend);
  return (
    <header>
      <div className="flex items-start justify-between gap-2">
        <h2 className="min-w-0 font-semibold">
          <Link href={`/ui/backends/${encodeURIComponent(id)}`} className="text-accent hover:underline">
            {id}
          </Link>
        </h2>
        <span className="flex flex-wrap justify-end gap-1">
          <StateBadge state={state} /> <UncheckedBadge backend={backend} />
        </span>
      </div>
      <p className="font-mono text-xs text-muted">{url}</p>
      <p className="mt-1 flex flex-wrap items-center gap-1.5 text-xs text-muted">
        pool {pool}
        {place !== '' && <Badge tone="plain">{place}</Badge>}
        {backup && <Badge tone="plain">backup</Badge>}
        {source === 'api' && <Badge tone="accent">added by the API</Badge>}
        {source === 'discovery' && <Badge tone="plain">discovered</Badge>}
        {source !== 'api' && overrides.length > 0 && <Badge tone="accent">changed: {overrides.join(', ')}</Badge>}
        {backend.drained && <Badge tone="plain">drained</Badge>}
      </p>
      {backend.hint !== null && (
        <p className="mt-1.5 text-sm text-muted" data-hint>
          {backend.hint}
        </p>
      )}
      {reason !== null && (
        <p className={`mt-1.5 text-sm ${state === 'down' ? 'text-bad' : 'text-warn'}`} data-reason>
          {reason}
          {since ? `, since ${formatTime(since)}` : ''}
        </p>
      )}
    </header>
  );
}

function Lines({ id, backend }: { readonly id: string; readonly backend: Backend }) {
  const series = useBackendSeries(id);
  useEffect(() => {
    // Data the gateway kept from before the page was opened.
    backendHistory(id, '60s')
      .then(({ points }) => liveStore.rememberBackend(id, points.map(pastBackend)))
      .catch(() => undefined);
  }, [id]);
  const latency = series.map((point) => point.latency);
  const errors = series.map((point) => point.errorRate);
  return (
    <div className="grid grid-cols-2 gap-4">
      <div>
        <p className="flex justify-between text-xs text-muted">
          Latency <span className="text-ink">{formatMs(latency.at(-1) ?? null)}</span>
        </p>
        <Sparkline label="Latency over the last minute" values={latency} color="--series-1" points={LIVE_POINTS} />
      </div>
      <div>
        <p className="flex justify-between text-xs text-muted">
          Error rate <span className="text-ink">{formatShare(backend.error_rate)}</span>
        </p>
        <Sparkline
          label="Error rate over the last minute"
          values={errors}
          color="--bad"
          points={LIVE_POINTS}
          min={0.2}
        />
      </div>
    </div>
  );
}

function Item({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-xs text-muted">{name}</dt>
      <dd className="font-medium">{children}</dd>
    </div>
  );
}

function inFlightText({ in_flight: running, max_in_flight: max }: Backend): string {
  return max === null || max === undefined ? formatCount(running) : `${formatCount(running)} of ${formatCount(max)}`;
}

function weightText({ weight, effective_weight: effective }: Backend): string {
  return Math.abs(weight - effective) < 0.005
    ? formatNumber(weight)
    : `${formatNumber(weight)} → ${formatNumber(effective)}`;
}
