/** Checks a text on the gateway when its author pauses. */
import { useEffect, useState } from 'react';
import { ApiError, errorText } from '../../api/api-error.ts';
import { checkConfiguration, type Plan } from '../../api/config.ts';
import { useDelayed } from '../../hooks/use-delayed.ts';

export interface TextProblem {
  /** Null: it has no place in the text. */
  readonly line: number | null;
  readonly column: number;
  readonly message: string;
}

export type TextCheck =
  | { readonly kind: 'none' | 'running' }
  | { readonly kind: 'valid'; readonly text: string; readonly plan: Plan }
  | { readonly kind: 'invalid'; readonly text: string; readonly problems: readonly TextProblem[] };

const PAUSE_MS = 600;

/**
 * @param text null: there is nothing to check
 * @param snapshot number of the current one: with another one, the same text changes something else
 */
export function useTextCheck(text: string | null, snapshot: number): TextCheck {
  const [check, setCheck] = useState<TextCheck>({ kind: 'none' });
  const settled = useDelayed(text, PAUSE_MS);
  useEffect(() => {
    if (settled === null || settled.trim() === '') {
      setCheck({ kind: 'none' });
      return undefined;
    }
    let isOutdated = false;
    const take = (next: TextCheck): void => {
      if (!isOutdated) setCheck(next);
    };
    checkConfiguration(settled)
      .then((plan) => take({ kind: 'valid', text: settled, plan }))
      .catch((error: unknown) => take({ kind: 'invalid', text: settled, problems: problemsOf(error) }));
    return () => {
      isOutdated = true;
    };
  }, [settled, snapshot]);
  if (text === null || text.trim() === '') return { kind: 'none' };
  const isCurrent = 'text' in check && check.text === text;
  // Marks stay while the next check runs: without them, they would flicker with each key.
  return isCurrent || check.kind === 'invalid' ? check : { kind: 'running' };
}

function problemsOf(error: unknown): readonly TextProblem[] {
  const details = error instanceof ApiError ? error.details : [];
  if (details.length === 0) return [{ line: null, column: 1, message: errorText(error) }];
  return details.map(({ field, message, line, column = 1 }) => {
    // The place is shown beside it.
    const rest = line === undefined ? `${field}: ${message}` : message.replace(/^[^\s:]*:\d+:\d+: /, '');
    return { line: line ?? null, column, message: rest };
  });
}
