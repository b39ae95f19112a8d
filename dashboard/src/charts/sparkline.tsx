/** A small line without axes; the highest value it shows is the top. */
export interface SparklineProps {
  readonly label: string;
  readonly values: readonly (number | null)[];
  readonly color: string;
  /** Points over the whole width: a short series is aligned to the right. */
  readonly points: number;
  /** The minimum of the top. */
  readonly min?: number;
}

const WIDTH = 120;
const HEIGHT = 32;

export function Sparkline({ label, values, color, points, min = 0 }: SparklineProps) {
  const top = values.reduce<number>((highest, value) => Math.max(highest, value ?? 0), min) || 1;
  const step = WIDTH / (points - 1);
  const start = WIDTH - (values.length - 1) * step;
  let path = '';
  let isDown = false;
  values.forEach((value, at) => {
    if (value !== null) {
      const y = HEIGHT - 1 - (value / top) * (HEIGHT - 9);
      path += `${isDown ? 'L' : 'M'}${(start + at * step).toFixed(1)} ${y.toFixed(1)}`;
    }
    isDown = value !== null;
  });
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      className="h-8 w-full"
    >
      <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} className="stroke-line" strokeWidth="1" />
      <path d={path} fill="none" stroke={`var(${color})`} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
