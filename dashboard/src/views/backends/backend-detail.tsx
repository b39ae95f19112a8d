/** One backend: its last minute and hour, all its data, and its history. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { backendChanges } from '../../api/backends.ts';
import { backendHistory } from '../../api/history.ts';
import { BACKEND_SPANS, type BackendSpan } from '../../../../src/telemetry/core/telemetry-vocabulary.ts';
import type { Backend } from '../../api/types.ts';
import { Chart, type Line } from '../../charts/chart.tsx';
import { ChartRow } from '../../charts/chart-row.tsx';
import { Facts } from '../../components/figure.tsx';
import { Empty, Panel, ViewHead } from '../../components/panel.tsx';
import { CircuitBadge, StateBadge } from '../../components/state-badge.tsx';
import { formatCount, formatExactTime, formatMs, formatNumber, formatShare, NONE } from '../../format.ts';
import { useBackend } from '../../live/use-live.ts';
import { backendReason, backendState } from '../../live/verdict.ts';
import { useSession } from '../../session/session.tsx';
import { changeTone } from '../events/change-tone.ts';
import { EventLine } from '../events/event-line.tsx';
import { BackendActions } from './backend-actions.tsx';

const LATENCY: readonly Line[] = [
  { label: 'p50', color: '--series-1', isFilled: true },
  { label: 'p95', color: '--series-3', dash: [6, 3] },
];
const ERRORS: readonly Line[] = [{ label: 'Error rate', color: '--bad', isFilled: true }];
const REQUESTS: readonly Line[] = [{ label: 'Requests', color: '--series-1', isFilled: true }];

export default function BackendDetail({ id }: { readonly id: string }) {
  const backend = useBackend(id);
  const { canOperate } = useSession();
  if (backend === undefined) {
    return (
      <Empty>
        There is no backend {id}.{' '}
        <Link href="/ui/backends" className="text-accent underline">
          All backends
        </Link>
      </Empty>
    );
  }
  const reason = backendReason(backend);
  return (
    <>
      <ViewHead title={id}>
        <StateBadge state={backendState(backend)} />
      </ViewHead>
      {reason !== null && <p className="text-sm text-bad">{reason}</p>}
      {backend.hint !== null && <p className="text-sm text-warn">Unchecked: {backend.hint}</p>}
      {canOperate && <BackendActions backend={backend} />}
      <Charts id={id} />
      <div className="grid gap-4 lg:grid-cols-2">
        <Panel title="Now">
          <Facts items={factsOf(backend)} />
        </Panel>
        <Changes id={id} />
      </div>
    </>
  );
}

function Charts({ id }: { readonly id: string }) {
  const [span, setSpan] = useState<BackendSpan>('60s');
  const { data } = useQuery({
    queryKey: ['backend-history', id, span],
    queryFn: () => backendHistory(id, span),
    refetchInterval: span === '60s' ? 1000 : 10_000,
  });
  const columns = useMemo(() => {
    const points = data?.points ?? [];
    const at = points.map((point) => Date.parse(point.at) / 1000);
    return {
      latency: [at, points.map(({ p50 }) => p50), points.map(({ p95 }) => p95)],
      errors: [at, points.map((point) => point.error_rate)],
      requests: [at, points.map((point) => point.requests_per_second)],
    };
  }, [data]);
  const seconds = span === '60s' ? 60 : 3600;
  return (
    <ChartRow spans={BACKEND_SPANS} span={span} onSpan={setSpan}>
      <Chart
        title="Latency (time to first byte)"
        lines={LATENCY}
        data={columns.latency}
        seconds={seconds}
        format={formatMs}
      />
      <Chart title="Error rate" lines={ERRORS} data={columns.errors} seconds={seconds} format={formatShare} min={0.1} />
      <Chart
        title="Requests, per second"
        lines={REQUESTS}
        data={columns.requests}
        seconds={seconds}
        format={formatNumber}
      />
    </ChartRow>
  );
}

function Changes({ id }: { readonly id: string }) {
  const { data, isError } = useQuery({
    queryKey: ['changes', id],
    queryFn: () => backendChanges(id),
    refetchInterval: 5000,
  });
  return (
    <Panel title="History" isFlush>
      {isError ? (
        <Empty>Not available right now.</Empty>
      ) : (data?.items.length ?? 0) === 0 ? (
        <Empty>Nothing yet.</Empty>
      ) : (
        <ul tabIndex={0} aria-label="Changes" className="max-h-96 divide-y divide-line overflow-y-auto">
          {data?.items.map((change, index) => (
            <EventLine
              key={`${change.at} ${index}`}
              at={change.at}
              kind={change.kind}
              tone={changeTone(change)}
              text={`${change.from ?? NONE} → ${change.to ?? NONE}${change.reason === null ? '' : `: ${change.reason}`}`}
            />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function factsOf(backend: Backend): readonly (readonly [string, React.ReactNode])[] {
  const { adaptive, slow_start: slowStart } = backend;
  return [
    ['URL', <span className="font-mono text-xs">{backend.url}</span>],
    ['Pool', backend.pool],
    ['Circuit', <CircuitBadge state={backend.circuit} />],
    ['Weight, as set', formatNumber(backend.weight)],
    ['Effective weight', formatNumber(backend.effective_weight)],
    ...(slowStart
      ? ([['Slow start', `${formatShare(slowStart.share)} until ${formatExactTime(slowStart.ends_at)}`]] as const)
      : []),
    ...(adaptive ? ([['Adaptive share', adaptive.waiting ?? formatShare(adaptive.share)]] as const) : []),
    ['In flight', formatCount(backend.in_flight)],
    ['In-flight limit', backend.max_in_flight === null ? 'no limit' : formatCount(backend.max_in_flight)],
    ['Requests since start', formatCount(backend.requests_total)],
    ['Failures since start', formatCount(backend.failures_total)],
    ['Current error rate', formatShare(backend.error_rate)],
    ['Average latency', formatMs(backend.ema_ms)],
    ['p50 · p95 · p99', `${formatMs(backend.p50)} · ${formatMs(backend.p95)} · ${formatMs(backend.p99)}`],
    ['Last probe', backend.last_checked === null ? 'none' : formatExactTime(backend.last_checked)],
    ['Probe result', backend.last_error ?? (backend.last_checked === null ? NONE : 'passed')],
  ];
}
