/** Lines over time, drawn by uPlot; the legend shows the latest values, or those under the pointer. */
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { chartOptions } from './chart-options.ts';
import { useChartView } from './chart-view.ts';
import { useThemeKey } from '../shell/theme.ts';
import { NONE } from '../format.ts';

export interface Line {
  readonly label: string;
  /** Name of a custom property of styles.css. */
  readonly color: string;
  /** Lengths of dash and gap, px: lines differ without colour too. */
  readonly dash?: readonly number[];
  /** The area under it is tinted. */
  readonly isFilled?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Seconds since the epoch, then the values of each line. */
  readonly data: readonly (readonly (number | null)[])[];
  /** Visible time span, s: from now backwards. */
  readonly seconds: number;
  readonly format: (value: number | null) => string;
  /** px */
  readonly height?: number;
  /** The minimum of the upper end: 1 for a share. */
  readonly min?: number;
}

export function Chart({ title, lines, data, seconds, format, height = 150, min = 0 }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const theme = useThemeKey();
  const view = useChartView();
  /** For uPlot, which keeps the first functions that it gets. */
  const latest = useRef(view);
  latest.current = view;
  const key = lines.map(({ label }) => label).join();

  useEffect(() => {
    const element = holder.current!;
    const options = chartOptions({
      lines,
      seconds,
      format,
      min,
      height,
      width: element.clientWidth,
      onPoint: setPointed,
      zoom: () => latest.current.zoom,
      marks: () => latest.current.marks,
      onSelect: (from, to) => latest.current.onSelect(from, to),
    });
    const made = new uPlot(options, data as uPlot.AlignedData, element);
    chart.current = made;
    const resized = new ResizeObserver(() => {
      if (element.clientWidth !== made.width) made.setSize({ width: element.clientWidth, height });
    });
    resized.observe(element);
    const onDouble = (): void => latest.current.onReset();
    made.over.addEventListener('dblclick', onDouble);
    return () => {
      resized.disconnect();
      made.destroy();
      chart.current = null;
    };
    // The data is set below: a chart is rebuilt only when it looks different.
  }, [key, seconds, theme, height, min]);

  useEffect(() => chart.current?.setData(data as uPlot.AlignedData), [data, view.zoom, view.marks]);

  const at = pointed ?? (data[0]?.length ?? 0) - 1;
  const figures = useMemo(() => lines.map((_, line) => data[line + 1]?.[at] ?? null), [lines, data, at]);
  const summary = lines.map(({ label }, line) => `${label} ${format(figures[line] ?? null)}`).join(', ');
  return (
    <figure className="panel flex min-w-0 flex-col justify-between px-4 pt-3 pb-1">
      <figcaption className="mb-2 space-y-1">
        <h3 className="text-sm font-semibold">{title}</h3>
        <ul className="live flex min-h-5 flex-wrap gap-x-3 gap-y-0.5 text-xs text-muted">
          {lines.map((line, index) => (
            <li key={line.label} className="flex items-center gap-1.5">
              <Swatch line={line} />
              {line.label}{' '}
              <span className="min-w-9 font-semibold text-ink">{format(figures[index] ?? null) || NONE}</span>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={holder} role="img" aria-label={`${title}: ${summary}`} className="live" />
    </figure>
  );
}

function Swatch({ line: { color, dash } }: { readonly line: Line }) {
  return (
    <svg width="16" height="4" aria-hidden="true">
      <line x1="0" y1="2" x2="16" y2="2" stroke={`var(${color})`} strokeWidth="2" strokeDasharray={dash?.join(' ')} />
    </svg>
  );
}
