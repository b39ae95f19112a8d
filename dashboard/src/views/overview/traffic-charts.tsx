/** Requests, latency and running requests: the last minute live, or up to the last day. */
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { metricsHistory } from '../../api/history.ts';
import { HISTORY_SPANS, SPAN_SECONDS, type HistorySpan } from '../../../../src/telemetry/core/telemetry-vocabulary.ts';
import { Chart, type Line } from '../../charts/chart.tsx';
import { ChartRow } from '../../charts/chart-row.tsx';
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
  const points = usePoints(span);
  const data = useMemo(() => columnsOf(points), [points]);
  const seconds = SPAN_SECONDS[span];
  return (
    <ChartRow spans={HISTORY_SPANS} span={span} onSpan={setSpan}>
      <Chart title="Traffic, per second" lines={TRAFFIC} data={data.traffic} seconds={seconds} format={formatNumber} />
      <Chart title="Latency" lines={LATENCY} data={data.latency} seconds={seconds} format={formatMs} />
      <Chart title="Requests in flight" lines={RUNNING} data={data.running} seconds={seconds} format={formatNumber} />
    </ChartRow>
  );
}

function usePoints(span: HistorySpan): readonly TotalPoint[] {
  const live = useLive((state) => state.totals);
  const { data } = useQuery({
    queryKey: ['history', span],
    queryFn: () => metricsHistory(span),
    enabled: span !== '60s',
    refetchInterval: POLL_MS[span],
  });
  const past = useMemo(() => data?.points.map(pastTotal) ?? [], [data]);
  return span === '60s' ? live : past;
}

function columnsOf(points: readonly TotalPoint[]) {
  const column = (key: keyof TotalPoint): (number | null)[] => points.map((point) => point[key]);
  const at = column('at');
  return {
    traffic: [at, column('requests'), column('errors'), column('refused')],
    latency: [at, column('p50'), column('p95'), column('p99')],
    running: [at, column('inFlight')],
  };
}
