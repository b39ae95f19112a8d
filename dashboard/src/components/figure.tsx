/** One figure with its name, and a short explanation under it. */
export interface FigureProps {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly tone?: 'plain' | 'bad' | 'warn';
}

const TONES = { plain: '', bad: 'text-bad', warn: 'text-warn' };

export function Figure({ label, value, note, tone = 'plain' }: FigureProps) {
  return (
    <div className="bg-surface px-4 py-2.5">
      <dt className="text-xs text-muted">{label}</dt>
      <dd className={`live mt-0.5 text-xl font-semibold tracking-tight whitespace-nowrap ${TONES[tone]}`}>{value}</dd>
      {note !== undefined && <dd className="text-xs text-muted">{note}</dd>}
    </div>
  );
}

/** Name and value, a line each. */
export function Facts({ items }: { readonly items: readonly (readonly [string, React.ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[minmax(0,max-content)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {items.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="live min-w-0 text-end">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
