import { DEFAULT_WINDOW_SECONDS, type LimitAlgorithm } from '../../../../src/limits/core/limits-vocabulary.ts';
import type { ClientLimit } from '../../api/clients.ts';
import { Choice, Field } from '../../components/field.tsx';

/** As typed. */
export interface LimitDraft {
  readonly algorithm: LimitAlgorithm;
  readonly capacity: string;
  readonly rate: string;
  readonly seconds: string;
}

/** As the API shows a limit. */
export interface ShownLimit {
  readonly algorithm: LimitAlgorithm;
  readonly capacity: number;
  readonly rate_per_second: number;
  readonly window_seconds: number | null;
}

export function limitDraft(limit: ShownLimit | null): LimitDraft {
  return {
    algorithm: limit?.algorithm ?? 'token-bucket',
    capacity: String(limit?.capacity ?? 100),
    rate: String(limit?.rate_per_second ?? 10),
    seconds: String(limit?.window_seconds ?? DEFAULT_WINDOW_SECONDS),
  };
}

export function draftedLimit({ algorithm, capacity, rate, seconds }: LimitDraft): ClientLimit {
  return algorithm === 'sliding-window'
    ? { algorithm, capacity: Number(capacity), window_seconds: Number(seconds) }
    : { algorithm, capacity: Number(capacity), rate_per_second: Number(rate) };
}

export function LimitFields({
  draft,
  onChange,
}: {
  readonly draft: LimitDraft;
  readonly onChange: (draft: LimitDraft) => void;
}) {
  const { algorithm, capacity, rate, seconds } = draft;
  const set = (name: keyof LimitDraft) => (value: string) => onChange({ ...draft, [name]: value });
  return (
    <>
      <Choice
        label="Algorithm"
        value={algorithm}
        onChange={set('algorithm')}
        options={[
          ['token-bucket', 'Token bucket: a burst, then a steady rate'],
          ['sliding-window', 'Sliding window: a maximum in any period'],
        ]}
      />
      <div className="grid grid-cols-2 gap-3">
        <Field
          label="Capacity"
          type="number"
          required
          min={1}
          step="any"
          value={capacity}
          onChange={set('capacity')}
          hint={algorithm === 'token-bucket' ? 'Largest burst, in requests.' : 'Requests in any window.'}
        />
        {algorithm === 'token-bucket' ? (
          <Field
            label="Rate per second"
            type="number"
            required
            min={0}
            step="any"
            value={rate}
            onChange={set('rate')}
            hint="Refill rate, in requests per second."
          />
        ) : (
          <Field
            label="Window"
            type="number"
            required
            min={0}
            step="any"
            value={seconds}
            onChange={set('seconds')}
            hint="Seconds."
          />
        )}
      </div>
    </>
  );
}
