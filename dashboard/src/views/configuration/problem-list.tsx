/** Mistakes in the text; each leads to its line. */
import type { TextProblem } from './use-text-check.ts';

const SHOWN = 20;

export interface ProblemListProps {
  readonly problems: readonly TextProblem[];
  readonly onGoTo: (line: number, column: number) => void;
}

export function ProblemList({ problems, onGoTo }: ProblemListProps) {
  if (problems.length === 0) return null;
  return (
    <ul aria-label="Mistakes" className="space-y-1 rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
      {problems.slice(0, SHOWN).map(({ line, column, message }) => (
        <li key={`${line} ${column} ${message}`}>
          {line !== null && (
            <>
              <button type="button" className="font-medium underline" onClick={() => onGoTo(line, column)}>
                Line {line}
              </button>{' '}
            </>
          )}
          {message}
        </li>
      ))}
      {problems.length > SHOWN && <li>and {problems.length - SHOWN} more</li>}
    </ul>
  );
}
