import type { DiscoveryState } from '../../../src/discovery/core/discovery-vocabulary.ts';
import { formatTime } from '../format.ts';
import { Badge, type Tone } from './state-badge.tsx';

const TONES: Readonly<Record<DiscoveryState, Tone>> = {
  starting: 'warn',
  cached: 'warn',
  current: 'ok',
  failing: 'bad',
};

interface Source {
  readonly state: DiscoveryState;
  readonly last_error: string | null;
  /** ISO 8601; null: it answers. */
  readonly failing_since: string | null;
}

/** Of where members or routes come from. @param notes what does not apply, and why */
export function SourceState({ source, notes }: { readonly source: Source; readonly notes: readonly string[] }) {
  const { state, last_error: reason, failing_since: since } = source;
  return (
    <>
      <Badge tone={TONES[state]}>{state}</Badge>
      {reason !== null && (
        <span className="mt-1 block text-xs text-bad">
          {reason}
          {since === null ? '' : `, since ${formatTime(since)}`}
        </span>
      )}
      {notes.map((note) => (
        <span key={note} className="mt-1 block text-xs text-warn">
          {note}
        </span>
      ))}
    </>
  );
}
