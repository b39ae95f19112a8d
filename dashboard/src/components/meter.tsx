/** How full something is, with the figures beside it. */
export interface MeterProps {
  readonly label: string;
  readonly value: number;
  readonly max: number;
  readonly text: string;
}

export function Meter({ label, value, max, text }: MeterProps) {
  const share = max === 0 ? 0 : Math.max(0, Math.min(1, value / max));
  const color = share < 0.1 ? 'bg-bad' : share < 0.3 ? 'bg-warn' : 'bg-accent';
  return (
    <div className="flex items-center gap-2">
      <div
        role="meter"
        aria-label={label}
        aria-valuenow={Math.round(value)}
        aria-valuemin={0}
        aria-valuemax={max}
        aria-valuetext={text}
        className="h-2 w-24 overflow-hidden rounded-full bg-line"
      >
        <div className={`h-full rounded-full ${color}`} style={{ width: `${share * 100}%` }} />
      </div>
      <span className="text-xs whitespace-nowrap text-muted">{text}</span>
    </div>
  );
}
