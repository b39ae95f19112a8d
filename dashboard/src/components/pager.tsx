import { formatCount } from '../format.ts';
import { Button } from './button.tsx';

export interface PagerProps {
  readonly offset: number;
  readonly limit: number;
  readonly total: number;
  readonly onOffset: (offset: number) => void;
}

export function Pager({ offset, limit, total, onOffset }: PagerProps) {
  const last = Math.min(total, offset + limit);
  return (
    <div className="flex flex-wrap items-center justify-between gap-2 border-t border-line px-4 py-2 text-sm">
      <span className="text-muted">
        {total === 0 ? 'None' : `${formatCount(offset + 1)}–${formatCount(last)} of ${formatCount(total)}`}
      </span>
      <span className="flex gap-1.5">
        <Button disabled={offset === 0} onClick={() => onOffset(Math.max(0, offset - limit))}>
          Previous
        </Button>
        <Button disabled={last >= total} onClick={() => onOffset(offset + limit)}>
          Next
        </Button>
      </span>
    </div>
  );
}
