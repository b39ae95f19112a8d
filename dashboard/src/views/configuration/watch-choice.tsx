/** How long a change is watched, before it is applied. */
import { WATCH_SECONDS } from '../../../../src/reload/core/reload-vocabulary.ts';
import { Choice } from '../../components/field.tsx';

const OPTIONS: readonly (readonly [string, string])[] = [
  [String(WATCH_SECONDS.default), 'for a minute'],
  ['300', 'for five minutes'],
  ['1800', 'for half an hour'],
  ['0', 'no: keep it whatever happens'],
];

export interface WatchChoiceProps {
  readonly seconds: number;
  readonly onChange: (seconds: number) => void;
}

export function WatchChoice({ seconds, onChange }: WatchChoiceProps) {
  return (
    <div>
      <Choice
        label="Watch it"
        options={OPTIONS}
        value={String(seconds)}
        onChange={(value) => onChange(Number(value))}
      />
      <p className="mt-1 text-xs text-muted">
        If errors or p95 of a route become worse, the version before returns by itself.
      </p>
    </div>
  );
}
