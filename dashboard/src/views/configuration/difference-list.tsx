import type { Difference } from '../../api/config.ts';
import type { ConfigChange } from '../../api/types.ts';
import { Badge } from '../../components/state-badge.tsx';

const TONES = { added: 'ok', removed: 'bad', changed: 'accent' } as const;

export function DifferenceList({ difference }: { readonly difference: Difference }) {
  const { changes, restart_required: waiting, warnings = [] } = difference;
  return (
    <div className="space-y-2 text-sm">
      <p role="status">
        Valid.{' '}
        {changes.length === 0 ? 'No changes.' : `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}:`}
      </p>
      <ChangeList changes={changes} />
      {warnings.map(({ key, message }) => (
        <p key={`${key} ${message}`} className="text-warn">
          {key}: {message}
        </p>
      ))}
      {waiting.length > 0 && <p className="text-warn">After a restart only: {waiting.join(', ')}</p>}
    </div>
  );
}

export function ChangeList({ changes }: { readonly changes: readonly ConfigChange[] }) {
  return (
    <ul className="space-y-1 text-sm">
      {changes.map(({ kind, action, name, keys }) => (
        <li key={`${kind} ${name}`} className="flex flex-wrap items-baseline gap-2">
          <Badge tone={TONES[action]}>{action}</Badge>
          <span>
            {kind} <strong className="font-medium">{name}</strong>
            {keys.length > 0 && <span className="text-muted"> ({keys.join(', ')})</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
