import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { clients, type ClientQuery } from '../../api/clients.ts';
import { errorText } from '../../api/api-error.ts';
import type { Client } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { SearchField } from '../../components/field.tsx';
import { Pager } from '../../components/pager.tsx';
import { Hint } from '../../components/hint.tsx';
import { Empty, ErrorNote, ViewHead } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { useDelayed } from '../../hooks/use-delayed.ts';
import { inOrder } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';
import type { Sort } from '../../lists/order.ts';
import { formatCount } from '../../format.ts';
import { useSession } from '../../session/session.tsx';
import { ClientForm } from './client-form.tsx';
import { CLIENT_COLUMNS, ClientTable } from './client-table.tsx';
import { DeleteClient } from './delete-client.tsx';
import { KeyDialog } from './key-dialog.tsx';
import { TopTalkers } from './top-talkers.tsx';

const PAGE = 25;
/** Requested at once while a column sorts them: the most that the API gives. */
const SORTED = 1000;

export default function Clients() {
  const { canOperate } = useSession();
  const [text, setText] = useState('');
  const [kind, setKind] = useState<ClientQuery['kind']>('');
  const [offset, setOffset] = useState(0);
  const [sort, setSort] = useState<Sort | null>(null);
  const [edited, setEdited] = useState<Client | 'new' | null>(null);
  const [deleted, setDeleted] = useState<Client | null>(null);
  const [withKey, setWithKey] = useState<Client | null>(null);
  const search = useDelayed(text.trim());
  const query = { search, kind, ...(sort === null ? { offset, limit: PAGE } : { offset: 0, limit: SORTED }) };
  const { data, error } = useQuery({
    queryKey: ['clients', query],
    queryFn: () => clients(query),
    placeholderData: keepPreviousData,
    // Other operators change clients too.
    refetchInterval: 10_000,
  });
  const total = data?.total ?? 0;
  const sorted = useMemo(() => inOrder(data?.items ?? [], CLIENT_COLUMNS, sort), [data, sort]);
  // Until the answer to the other query is there, it has the rows of this one.
  const page = sorted.length > PAGE ? sorted.slice(offset, offset + PAGE) : sorted;
  const found =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      set(value);
      setOffset(0);
    };
  return (
    <>
      <ViewHead title="Clients">
        <SearchField label="Search key or name" value={text} onChange={found(setText)} />
        <Segmented
          label="Kind"
          options={[
            ['', 'All'],
            ['id', 'Id'],
            ['ip', 'IP'],
            ['cidr', 'CIDR'],
          ]}
          value={kind}
          onChange={found(setKind)}
        />
        <ExportButton name="clients" columns={CLIENT_COLUMNS} rows={page} />
        {canOperate && (
          <Button look="main" icon="plus" onClick={() => setEdited('new')}>
            New client
          </Button>
        )}
      </ViewHead>
      {error && <ErrorNote>{errorText(error)}</ErrorNote>}
      <div className="grid items-start gap-4 2xl:grid-cols-[1fr_24rem]">
        <section className="panel min-w-0" aria-label="Registered clients">
          <ClientTable
            clients={page}
            sort={sort}
            onSort={found(setSort)}
            onEdit={canOperate ? setEdited : null}
            onDelete={canOperate ? setDeleted : null}
          />
          {data?.items.length === 0 &&
            (search === '' && kind === '' ? <NoClients /> : <Empty>No client matches.</Empty>)}
          {sort !== null && total > SORTED && (
            <p className="border-t border-line px-4 py-2 text-xs text-muted">
              Sorted: the first {formatCount(SORTED)} of {formatCount(total)}. Search to narrow them.
            </p>
          )}
          <Pager
            offset={offset}
            limit={PAGE}
            total={sort === null ? total : Math.min(total, SORTED)}
            onOffset={setOffset}
          />
        </section>
        <TopTalkers />
      </div>
      {edited !== null && (
        <ClientForm
          client={edited === 'new' ? null : edited}
          onClose={() => setEdited(null)}
          onSaved={(client) => {
            if (client.api_key !== undefined) setWithKey(client);
          }}
        />
      )}
      {deleted !== null && <DeleteClient client={deleted} onClose={() => setDeleted(null)} />}
      {withKey !== null && <KeyDialog client={withKey} onClose={() => setWithKey(null)} />}
    </>
  );
}

function NoClients() {
  const { origin } = window.location;
  return (
    <Hint
      code={`curl -X POST ${origin}/v1/api/clients -H 'content-type: application/json' \\\n  -d '{ "client_id": "mobile-app", "capacity": 100, "rate_per_second": 10 }'`}
    >
      No client is registered: all have the default limit. Register one that needs another limit, here or by request:
    </Hint>
  );
}
