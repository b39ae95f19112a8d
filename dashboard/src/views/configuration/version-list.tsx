/** The kept versions of the configuration: what has changed since each, and the way back. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { WATCH_SECONDS, type VersionOrigin } from '../../../../src/reload/core/reload-vocabulary.ts';
import { errorText } from '../../api/api-error.ts';
import { changesSince, keptVersions, rollBack } from '../../api/config.ts';
import { Button } from '../../components/button.tsx';
import { Confirm } from '../../components/confirm.tsx';
import { ErrorNote, Panel } from '../../components/panel.tsx';
import { Badge } from '../../components/state-badge.tsx';
import { useToasts } from '../../components/toasts.tsx';
import { formatTime } from '../../format.ts';
import { ChangeList } from './difference-list.tsx';
import { WatchChoice } from './watch-choice.tsx';

const ORIGINS: Readonly<Record<VersionOrigin, string>> = {
  start: 'read at the start',
  api: 'applied by the API',
  file: 'the file was edited',
  signal: 'reloaded by a signal',
  rollback: 'rolled back',
  revert: 'returned by itself',
};

export interface VersionListProps {
  /** Number of the current one: with another one, there may be other versions. */
  readonly snapshot: number;
  readonly canRollBack: boolean;
}

export function VersionList({ snapshot, canRollBack }: VersionListProps) {
  const [wanted, setWanted] = useState<number | null>(null);
  const { data: versions = [] } = useQuery({ queryKey: ['config', 'versions', snapshot], queryFn: keptVersions });
  if (versions.length === 0) return null;
  return (
    <Panel title="Versions" isFlush>
      <ul className="divide-y divide-line text-sm" aria-label="Versions">
        {versions.map(({ number, applied_at: at, origin, by, stored }, place) => (
          <li key={number} data-version={number} className="flex min-h-11 flex-wrap items-center gap-x-3 px-4 py-2">
            <strong className="font-medium">{number}</strong>
            <span className="min-w-0 flex-1">
              {ORIGINS[origin]}
              {by !== null && <span className="text-muted"> by {by}</span>}
              <span className="block text-xs text-muted">
                {formatTime(at)}
                {!stored && ' · in memory only: the data folder cannot be written'}
              </span>
            </span>
            {place === 0 && <Badge tone="accent">current</Badge>}
            {place > 0 && (
              <Button
                aria-label={canRollBack ? `Roll back… to version ${number}` : `Compare… with version ${number}`}
                onClick={() => setWanted(number)}
              >
                {canRollBack ? 'Roll back…' : 'Compare…'}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {wanted !== null && <Rollback number={wanted} canRollBack={canRollBack} onClose={() => setWanted(null)} />}
    </Panel>
  );
}

interface RollbackProps {
  readonly number: number;
  readonly canRollBack: boolean;
  readonly onClose: () => void;
}

function Rollback({ number, canRollBack, onClose }: RollbackProps) {
  const [seconds, setSeconds] = useState<number>(WATCH_SECONDS.default);
  const queries = useQueryClient();
  const toast = useToasts();
  const { data: changes, error } = useQuery({
    queryKey: ['config', 'diff', number],
    queryFn: () => changesSince(number),
    gcTime: 0,
    retry: false,
  });
  const apply = async (): Promise<void> => {
    const { result, number: now } = await rollBack(number, seconds);
    toast.done(result === 'applied' ? `Version ${number} is back, as version ${now}` : 'Nothing changed');
    await queries.invalidateQueries({ queryKey: ['config'] });
  };
  return (
    <Confirm
      title={canRollBack ? `Roll back to version ${number}?` : `Changes since version ${number}`}
      action={canRollBack ? 'Roll back' : 'Close'}
      onConfirm={canRollBack ? apply : async () => undefined}
      onClose={onClose}
    >
      <p className="text-sm">{canRollBack ? 'These changes are undone:' : 'Changed since:'}</p>
      {error && <ErrorNote>{errorText(error)}</ErrorNote>}
      {changes &&
        (changes.length === 0 ? <p className="text-sm text-muted">none</p> : <ChangeList changes={changes} />)}
      {canRollBack && <WatchChoice seconds={seconds} onChange={setSeconds} />}
    </Confirm>
  );
}
