import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';

export interface HintProps {
  readonly children: ReactNode;
  /** A command or a piece of configuration to copy. */
  readonly code: string;
}

/** In place of an empty list: what to do next. */
export function Hint({ children, code }: HintProps) {
  return (
    <div className="space-y-3 px-4 py-8 text-center text-sm text-muted">
      <div>{children}</div>
      <pre
        tabIndex={0}
        className="mx-auto w-fit max-w-full overflow-x-auto rounded-md bg-sunken px-4 py-3 text-start font-mono text-xs text-ink"
      >
        {code}
      </pre>
      <CopyButton text={code} />
    </div>
  );
}
