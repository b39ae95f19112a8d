import type uPlot from 'uplot';
import type { Line } from './chart.tsx';

export interface ChartLook {
  readonly lines: readonly Line[];
  readonly seconds: number;
  readonly format: (value: number | null) => string;
  readonly min: number;
  readonly width: number;
  readonly height: number;
  readonly onPoint: (index: number | null) => void;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const shortClock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

export function chartOptions(look: ChartLook): uPlot.Options {
  const { lines, seconds, format, min, width, height, onPoint } = look;
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
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    padding: [8, 12, 0, 0],
    scales: {
      x: { time: true, range: (_chart, _min, max) => [max - seconds, max] },
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
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  };
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
