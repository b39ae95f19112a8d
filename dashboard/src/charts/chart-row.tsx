/** A row of charts with a selector of their time span, and a zoom that all of them follow. */
import { useMemo, useState, type KeyboardEvent, type ReactNode } from 'react';
import { SPAN_SECONDS, type HistorySpan } from '../../../src/telemetry/core/telemetry-vocabulary.ts';
import { Button } from '../components/button.tsx';
import { Segmented } from '../components/segmented.tsx';
import { formatExactTime } from '../format.ts';
import { ChartViewContext, type ChartMark } from './chart-view.ts';
import { moved, selected, zoomedIn, zoomedOut, type Extent } from './zoom.ts';

const LABELS: Readonly<Record<HistorySpan, string>> = {
  '60s': '60 s',
  '5m': '5 min',
  '1h': '1 h',
  '6h': '6 h',
  '24h': '24 h',
};
const NO_MARKS: readonly ChartMark[] = [];

interface ChartRowProps<Span extends HistorySpan> {
  readonly spans: readonly Span[];
  readonly span: Span;
  readonly onSpan: (span: Span) => void;
  readonly marks?: readonly ChartMark[];
  /** Beside the selector. */
  readonly note?: ReactNode;
  readonly children: ReactNode;
}

export function ChartRow<Span extends HistorySpan>(props: ChartRowProps<Span>) {
  const { spans, span, onSpan, marks = NO_MARKS, note, children } = props;
  const [zoom, setZoom] = useState<Extent | null>(null);
  const view = useMemo(
    () => ({
      zoom,
      marks,
      onSelect: (one: number, other: number) => {
        const marked = selected(one, other, wholeOf(span));
        if (marked !== null) setZoom(marked);
      },
      onReset: () => setZoom(null),
    }),
    [zoom, marks, span],
  );
  const change = (key: string): boolean => {
    const whole = wholeOf(span);
    const shown = zoom ?? whole;
    if (key === '+' || key === '=') setZoom(zoomedIn(shown, whole));
    else if (key === '-') setZoom(zoom === null ? null : zoomedOut(zoom, whole));
    else if (key === '0') setZoom(null);
    else if (zoom !== null && key === 'ArrowLeft') setZoom(moved(zoom, -1, whole));
    else if (zoom !== null && key === 'ArrowRight') setZoom(moved(zoom, 1, whole));
    else return false;
    return true;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (change(event.key)) event.preventDefault();
  };
  return (
    <section aria-label="Charts" className="space-y-2" onKeyDown={onKeyDown}>
      <div className="flex flex-wrap items-center justify-end gap-2">
        {note}
        {zoom !== null && (
          <span role="status" data-zoom className="text-xs text-muted">
            {formatExactTime(zoom[0] * 1000)} to {formatExactTime(zoom[1] * 1000)}
          </span>
        )}
        <span role="group" aria-label="Zoom" className="flex gap-1">
          {zoom !== null && (
            <>
              <ZoomButton label="Earlier" shortcut="ArrowLeft" text="←" onPress={change} />
              <ZoomButton label="Later" shortcut="ArrowRight" text="→" onPress={change} />
              <ZoomButton label="Zoom out" shortcut="-" text="−" onPress={change} />
            </>
          )}
          <ZoomButton label="Zoom in" shortcut="+" text="+" onPress={change} />
          {zoom !== null && <ZoomButton label="Reset the zoom" shortcut="0" text="Reset" onPress={change} />}
        </span>
        <Segmented
          label="Time shown"
          options={spans.map((each) => [each, LABELS[each]] as const)}
          value={span}
          onChange={(next) => {
            setZoom(null);
            onSpan(next);
          }}
        />
      </div>
      <ChartViewContext value={view}>
        <div className="grid gap-4 lg:grid-cols-2 xl:grid-cols-3">{children}</div>
      </ChartViewContext>
      <MarkList marks={marks} from={(zoom ?? wholeOf(span))[0]} />
    </section>
  );
}

/** The newest that are in view, in words. */
function MarkList({ marks, from }: { readonly marks: readonly ChartMark[]; readonly from: number }) {
  const shown = marks.filter(({ at }) => at >= from);
  if (shown.length === 0) return null;
  return (
    <ul aria-label="Marks in the charts" className="space-y-0.5 text-xs text-muted">
      {shown.slice(0, 3).map(({ at, color, text }) => (
        <li key={`${at} ${text}`} className="truncate">
          <span aria-hidden="true" style={{ color: `var(${color})` }}>
            ┊
          </span>{' '}
          {formatExactTime(at * 1000)} {text}
        </li>
      ))}
      {shown.length > 3 && <li>and {shown.length - 3} more</li>}
    </ul>
  );
}

interface ZoomButtonProps {
  readonly label: string;
  readonly shortcut: string;
  readonly text: string;
  readonly onPress: (shortcut: string) => void;
}

function ZoomButton({ label, shortcut, text, onPress }: ZoomButtonProps) {
  return (
    <Button
      aria-label={label}
      aria-keyshortcuts={shortcut}
      title={`${label} (${shortcut})`}
      onClick={() => onPress(shortcut)}
    >
      {text}
    </Button>
  );
}

function wholeOf(span: HistorySpan): Extent {
  const now = Date.now() / 1000;
  return [now - SPAN_SECONDS[span], now];
}
