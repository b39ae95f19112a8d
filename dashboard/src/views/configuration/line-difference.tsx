/** Old and new lines of a text, before it is applied. */
import { useMemo } from 'react';
import { hunks, lineDiff } from './line-diff.ts';

/** More would slow the page down, and nobody reads them. */
const SHOWN = 500;
const LOOKS = {
  same: ['', ' ', ''],
  removed: ['bg-bad-soft text-bad', '−', 'removed: '],
  added: ['bg-ok-soft text-ok', '+', 'added: '],
} as const;

export function LineDifference({ before, after }: { readonly before: string; readonly after: string }) {
  const lines = useMemo(() => hunks(lineDiff(before, after)), [before, after]);
  const [added, removed] = (['added', 'removed'] as const).map(
    (kind) => lines.filter((line) => line?.kind === kind).length,
  );
  if (added === 0 && removed === 0) return <p className="text-sm text-muted">No line differs.</p>;
  return (
    <details open>
      <summary className="text-sm">
        Lines: {added} added, {removed} removed
      </summary>
      <div
        role="region"
        aria-label="Changed lines"
        tabIndex={0}
        className="mt-1 max-h-80 overflow-auto rounded-md border border-line font-mono text-xs leading-5"
      >
        {/* As wide as its longest line. */}
        <div className="w-max min-w-full">
          {lines.slice(0, SHOWN).map((line, at) =>
            line === null ? (
              <div key={`gap ${at}`} className="border-y border-line bg-sunken px-2 text-muted">
                …
              </div>
            ) : (
              <div
                key={`${line.kind} ${line.before} ${line.after}`}
                data-diff={line.kind}
                className={LOOKS[line.kind][0]}
              >
                <span aria-hidden="true" className="inline-block w-20 pr-2 text-end text-muted select-none">
                  {line.before ?? ''} {line.after ?? ''} {LOOKS[line.kind][1]}
                </span>
                <span className="sr-only">{LOOKS[line.kind][2]}</span>
                <span className="whitespace-pre">{line.text}</span>
              </div>
            ),
          )}
        </div>
      </div>
      {lines.length > SHOWN && <p className="mt-1 text-xs text-muted">and {lines.length - SHOWN} more lines</p>}
    </details>
  );
}
