/** A row of charts with a selector of their time span. */
import type { ReactNode } from 'react';
import type { HistorySpan } from '../../../src/telemetry/core/telemetry-vocabulary.ts';
import { Segmented } from '../components/segmented.tsx';

interface ChartRowProps {
  readonly span: HistorySpan;
  readonly onSpan: (span: HistorySpan) => void;
  readonly children: ReactNode;
}

export function ChartRow({ span, onSpan, children }: ChartRowProps) {
  return (
    <section aria-label="Charts" className="space-y-2">
      <div className="flex justify-end">
        <Segmented
          label="Time shown"
          options={[
            ['60s', '60 s'],
            ['1h', '1 h'],
          ]}
          value={span}
          onChange={onSpan}
        />
      </div>
      <div className="grid gap-4 lg:grid-cols-2 xl:grid-cols-3">{children}</div>
    </section>
  );
}
