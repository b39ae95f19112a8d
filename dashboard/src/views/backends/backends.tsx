import { useMemo, useState } from 'react';
import type { Backend, Route } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { SearchField } from '../../components/field.tsx';
import { Hint } from '../../components/hint.tsx';
import { Empty, ViewHead } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { useStored } from '../../hooks/use-stored.ts';
import { inOrder } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';
import type { Sort } from '../../lists/order.ts';
import { useLive } from '../../live/use-live.ts';
import { backendState } from '../../live/verdict.ts';
import { useSession } from '../../session/session.tsx';
import { AddBackend } from './add-backend.tsx';
import { BackendCards } from './backend-cards.tsx';
import { byPool } from './backend-order.ts';
import { BACKEND_COLUMNS, BackendTable } from './backend-table.tsx';
import { DiscoveryPanel } from './discovery-panel.tsx';

type Shown = 'all' | 'unhealthy' | 'healthy';

const LAYOUTS = ['cards', 'table'] as const;
/** With more, a table is shown until somebody chooses cards. */
const MANY = 24;

export default function Backends() {
  const backends = useLive((state) => state.frame?.backends);
  const routes = useLive((state) => state.frame?.routes);
  const { canOperate } = useSession();
  const [shown, setShown] = useState<Shown>('all');
  const [text, setText] = useState('');
  const [sort, setSort] = useState<Sort | null>(null);
  const [isAdding, setAdding] = useState(false);
  const byCount = (backends?.length ?? 0) > MANY ? 'table' : 'cards';
  const [layout, setLayout] = useStored('sluice.backends', LAYOUTS, byCount);
  const groups = useMemo(() => byPool(matching(backends ?? [], shown, text)), [backends, shown, text]);
  const unhealthy = (backends ?? []).filter((backend) => backendState(backend) !== 'healthy').length;
  const rows = groups.flatMap((group) =>
    layout === 'table' ? inOrder(group.backends, BACKEND_COLUMNS, sort) : group.backends,
  );
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
        <Segmented
          label="Layout"
          options={[
            ['cards', 'Cards'],
            ['table', 'Table'],
          ]}
          value={layout}
          onChange={setLayout}
        />
        <ExportButton name="backends" columns={BACKEND_COLUMNS} rows={rows} />
        {canOperate && (
          <Button look="main" icon="plus" onClick={() => setAdding(true)}>
            Add backend
          </Button>
        )}
      </ViewHead>
      <DiscoveryPanel />
      {rows.length === 0 && (backends?.length === 0 ? <NoBackends /> : <Empty>No backend matches.</Empty>)}
      {rows.length > 0 && layout === 'table' && <BackendTable groups={groups} sort={sort} onSort={setSort} />}
      {layout === 'cards' && <BackendCards groups={groups} />}
      {isAdding && <AddBackend pools={poolsOf(backends ?? [], routes ?? [])} onClose={() => setAdding(false)} />}
    </>
  );
}

function NoBackends() {
  return (
    <section className="panel" aria-label="First steps">
      <Hint code={EXAMPLE}>
        There is no backend, so every forwarded request is answered 503. Add one to a pool of the configuration, which
        applies when you save the file:
      </Hint>
    </section>
  );
}

const EXAMPLE = `pools:
  default:
    backends:
      - url: http://127.0.0.1:8081`;

function matching(backends: readonly Backend[], shown: Shown, text: string): readonly Backend[] {
  const wanted = text.trim().toLowerCase();
  return backends
    .filter((backend) => shown === 'all' || (backendState(backend) === 'healthy') === (shown === 'healthy'))
    .filter(({ id, url, pool }) => `${id} ${url} ${pool}`.toLowerCase().includes(wanted));
}

/** Those without a backend are known by their routes. */
function poolsOf(backends: readonly Backend[], routes: readonly Route[]): readonly string[] {
  const names = [...backends, ...routes, ...routes.flatMap(({ shares }) => shares)].map(({ pool }) => pool);
  return [...new Set(names.filter((name) => name !== ''))];
}
