/** A row of charts with a selector of their time span. */
import type { ReactNode } from 'react';
import type { HistorySpan } from '../../../src/telemetry/core/telemetry-vocabulary.ts';
import { Segmented } from '../components/segmented.tsx';

const LABELS: Readonly<Record<HistorySpan, string>> = {
  '60s': '60 s',
  '5m': '5 min',
  '1h': '1 h',
  '6h': '6 h',
  '24h': '24 h',
};

interface ChartRowProps<Span extends HistorySpan> {
  readonly spans: readonly Span[];
  readonly span: Span;
  readonly onSpan: (span: Span) => void;
  readonly children: ReactNode;
}

export function ChartRow<Span extends HistorySpan>({ spans, span, onSpan, children }: ChartRowProps<Span>) {
  return (
    <section aria-label="Charts" className="space-y-2">
      <div className="flex justify-end">
        <Segmented
          label="Time shown"
          options={spans.map((each) => [each, LABELS[each]] as const)}
          value={span}
          onChange={onSpan}
        />
      </div>
      <div className="grid gap-4 lg:grid-cols-2 xl:grid-cols-3">{children}</div>
    </section>
  );
}
