import type { ReactNode } from 'react';
import type { Severity } from '../../../../src/events/core/events-vocabulary.ts';
import { Icon, type IconName } from '../../components/icon.tsx';
import { Badge } from '../../components/state-badge.tsx';
import { formatDateTime, formatExactTime } from '../../format.ts';

const LOOKS: Readonly<Record<Severity, readonly [string, IconName, string]>> = {
  info: ['text-muted', 'check', 'info'],
  warn: ['text-warn', 'warning', 'warning'],
  error: ['text-bad', 'cross', 'error'],
};

export interface EventLineProps {
  readonly at: string;
  readonly tone: Severity;
  /** Null: not shown, where the text needs the space. */
  readonly kind: string | null;
  readonly text: string;
  readonly children?: ReactNode;
}

export function EventLine({ at, tone, kind, text, children }: EventLineProps) {
  const [color, icon, word] = LOOKS[tone];
  return (
    <li className="grid grid-cols-[auto_1fr_auto] items-start gap-x-3 px-4 py-2 text-sm">
      <span className={`pt-0.5 ${color}`}>
        <Icon name={icon} />
        <span className="sr-only">{word}</span>
      </span>
      <span className="min-w-0">
        {text} {children}
      </span>
      <span className="flex items-center gap-2">
        {kind !== null && (
          <span className="max-sm:hidden">
            <Badge tone="plain">{kind}</Badge>
          </span>
        )}
        <time dateTime={at} title={formatDateTime(at)} className="text-xs text-muted">
          {formatExactTime(at)}
        </time>
      </span>
    </li>
  );
}
