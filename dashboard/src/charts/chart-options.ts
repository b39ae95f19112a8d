import type uPlot from 'uplot';
import type { Line } from './chart.tsx';
import type { ChartMark } from './chart-view.ts';
import type { Extent } from './zoom.ts';

export interface ChartLook {
  readonly lines: readonly Line[];
  readonly seconds: number;
  readonly format: (value: number | null) => string;
  readonly min: number;
  readonly width: number;
  readonly height: number;
  readonly onPoint: (index: number | null) => void;
  /** As it is now; null: all. */
  readonly zoom: () => Extent | null;
  readonly marks: () => readonly ChartMark[];
  /** The pointer has marked a part, seconds since the epoch. */
  readonly onSelect: (from: number, to: number) => void;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const shortClock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

export function chartOptions(look: ChartLook): uPlot.Options {
  const { lines, seconds, format, min, width, height, onPoint, zoom, marks, onSelect } = look;
  const tick = seconds > 300 ? shortClock : clock;
  const axis = {
    stroke: cssColor('--muted'),
    grid: { stroke: cssColor('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui, sans-serif',
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { show: false },
      // One cross-hair in all charts; what is marked belongs to one.
      sync: {
        key: 'charts',
        scales: ['x', null],
        filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' },
      },
    },
    padding: [8, 12, 0, 0],
    scales: {
      x: { time: true, range: (_chart, _min, max) => [...(zoom() ?? ([max - seconds, max] as const))] },
      y: { range: (_chart, _min, max) => [0, Math.max(min, (max ?? 0) * 1.1) || 1] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 90,
        // A label at the very end would be cut off.
        values: (chart, at) =>
          at.map((value) =>
            chart.valToPos(value, 'x') > chart.over.clientWidth - 30 ? '' : tick.format(value * 1000),
          ),
      },
      { ...axis, size: 56, space: 34, values: (_chart, at) => at.map((value) => format(value)) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: cssColor(line.color),
        width: 1.75,
        spanGaps: false,
        points: { show: false },
        ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
        ...(line.isFilled === true ? { fill: `color-mix(in srgb, ${cssColor(line.color)} 12%, transparent)` } : {}),
      })),
    ],
    hooks: {
      setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)],
      setSelect: [
        (chart) => {
          const { left, width: marked } = chart.select;
          if (marked === 0) return;
          onSelect(chart.posToVal(left, 'x'), chart.posToVal(left + marked, 'x'));
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      drawClear: [(chart) => drawMarks(chart, marks())],
    },
  };
}

/** Behind the lines. */
function drawMarks(chart: uPlot, marks: readonly ChartMark[]): void {
  const { ctx, bbox } = chart;
  const { min = 0, max = 0 } = chart.scales['x'] ?? {};
  ctx.save();
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const { at, color } of marks) {
    if (at < (min ?? 0) || at > (max ?? 0)) continue;
    const x = Math.round(chart.valToPos(at, 'x', true));
    ctx.strokeStyle = cssColor(color);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** A canvas has no custom properties, and no light-dark(): the browser resolves them. */
function cssColor(property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
