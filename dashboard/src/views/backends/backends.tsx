import { useMemo, useState } from 'react';
import type { Backend } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { SearchField } from '../../components/field.tsx';
import { Empty, ViewHead } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { useLive } from '../../live/use-live.ts';
import { backendState } from '../../live/verdict.ts';
import { useSession } from '../../session/session.tsx';
import { AddBackend } from './add-backend.tsx';
import { BackendCard } from './backend-card.tsx';
import { DiscoveryPanel } from './discovery-panel.tsx';

type Shown = 'all' | 'unhealthy' | 'healthy';

export default function Backends() {
  const backends = useLive((state) => state.frame?.backends);
  const { canOperate } = useSession();
  const [shown, setShown] = useState<Shown>('all');
  const [text, setText] = useState('');
  const [isAdding, setAdding] = useState(false);
  const ids = useMemo(() => matching(backends ?? [], shown, text), [backends, shown, text]);
  const unhealthy = (backends ?? []).filter((backend) => backendState(backend) !== 'healthy').length;
  return (
    <>
      <ViewHead title="Backends">
        <SearchField label="Search id, URL or pool" value={text} onChange={setText} />
        <Segmented
          label="State"
          options={[
            ['all', `All ${backends?.length ?? ''}`],
            ['unhealthy', `Unhealthy ${unhealthy}`],
            ['healthy', 'Healthy'],
          ]}
          value={shown}
          onChange={setShown}
        />
        {canOperate && (
          <Button look="main" icon="plus" onClick={() => setAdding(true)}>
            Add backend
          </Button>
        )}
      </ViewHead>
      <DiscoveryPanel />
      {ids.length === 0 && (
        <Empty>{backends?.length === 0 ? 'No backend is configured.' : 'No backend matches.'}</Empty>
      )}
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(min(100%,21rem),1fr))] gap-4">
        {ids.map((id) => (
          <li key={id} className="min-w-0">
            <BackendCard id={id} />
          </li>
        ))}
      </ul>
      {isAdding && <AddBackend pools={poolsOf(backends ?? [])} onClose={() => setAdding(false)} />}
    </>
  );
}

function matching(backends: readonly Backend[], shown: Shown, text: string): readonly string[] {
  const wanted = text.trim().toLowerCase();
  return backends
    .filter((backend) => shown === 'all' || (backendState(backend) === 'healthy') === (shown === 'healthy'))
    .filter(({ id, url, pool }) => `${id} ${url} ${pool}`.toLowerCase().includes(wanted))
    .map(({ id }) => id);
}

function poolsOf(backends: readonly Backend[]): readonly string[] {
  return [...new Set(backends.map(({ pool }) => pool))];
}
