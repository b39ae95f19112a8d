/** Requests, latency and running requests: the last minute live, or up to the last day. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { metricsHistory } from '../../api/history.ts';
import { HISTORY_SPANS, SPAN_SECONDS, type HistorySpan } from '../../../../src/telemetry/core/telemetry-vocabulary.ts';
import { Chart, type Line } from '../../charts/chart.tsx';
import { withGaps } from '../../charts/gaps.ts';
import { ChartRow } from '../../charts/chart-row.tsx';
import { useEventMarks } from './use-event-marks.ts';
import { formatMs, formatNumber } from '../../format.ts';
import { pastTotal, type TotalPoint } from '../../live/live-points.ts';
import { useLive } from '../../live/use-live.ts';

const TRAFFIC: readonly Line[] = [
  { label: 'Requests', color: '--series-1', isFilled: true },
  { label: 'Errors', color: '--bad', dash: [6, 3] },
  { label: 'Refused', color: '--warn', dash: [2, 3] },
];
const LATENCY: readonly Line[] = [
  { label: 'p50', color: '--series-1', isFilled: true },
  { label: 'p95', color: '--series-3', dash: [6, 3] },
  { label: 'p99', color: '--series-2', dash: [2, 3] },
];
const RUNNING: readonly Line[] = [{ label: 'In flight', color: '--series-1', isFilled: true }];

/** How often the gateway is asked again, ms. */
const POLL_MS: Readonly<Record<HistorySpan, number>> = {
  '60s': 1000,
  '5m': 2000,
  '1h': 10_000,
  '6h': 30_000,
  '24h': 60_000,
};

export function TrafficCharts() {
  const [span, setSpan] = useState<HistorySpan>('60s');
  const { points, interval, problem } = usePoints(span);
  const marks = useEventMarks();
  const data = useMemo(() => columnsOf(points, interval), [points, interval]);
  const seconds = SPAN_SECONDS[span];
  return (
    <ChartRow
      spans={HISTORY_SPANS}
      span={span}
      onSpan={setSpan}
      marks={marks}
      note={problem !== null && <span className="mr-auto text-xs text-warn">{problem}</span>}
    >
      <Chart title="Traffic, per second" lines={TRAFFIC} data={data.traffic} seconds={seconds} format={formatNumber} />
      <Chart title="Latency" lines={LATENCY} data={data.latency} seconds={seconds} format={formatMs} />
      <Chart title="Requests in flight" lines={RUNNING} data={data.running} seconds={seconds} format={formatNumber} />
    </ChartRow>
  );
}

/** Shown beside all requests. */
const FAULTS = ['errors', 'refused'] as const;

interface Points {
  readonly points: readonly TotalPoint[];
  /** Between two, s. */
  readonly interval: number;
  /** Why a restart would clear them; null: it would not, or it should. */
  readonly problem: string | null;
}

function usePoints(span: HistorySpan): Points {
  const live = useLive((state) => state.totals);
  const { data } = useQuery({
    queryKey: ['history', span],
    queryFn: () => metricsHistory(span),
    enabled: span !== '60s',
    refetchInterval: POLL_MS[span],
  });
  const past = useMemo(() => data?.points.map(pastTotal) ?? [], [data]);
  if (span === '60s') return { points: live, interval: 1, problem: null };
  const reason = data?.storage_problem ?? null;
  const problem = reason === null ? null : `Kept in memory only, until the next restart: ${reason}`;
  return { points: past, interval: data?.interval_seconds ?? 1, problem };
}

function columnsOf(points: readonly TotalPoint[], interval: number) {
  const column = (key: keyof TotalPoint): (number | null)[] => points.map((point) => point[key]);
  const lines = (...keys: readonly (keyof TotalPoint)[]) => withGaps(['at' as const, ...keys].map(column), interval);
  return {
    traffic: lines('requests', ...FAULTS),
    latency: lines('p50', 'p95', 'p99'),
    running: lines('inFlight'),
  };
}
