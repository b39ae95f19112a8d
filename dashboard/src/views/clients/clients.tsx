import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { clients, type ClientQuery } from '../../api/clients.ts';
import { errorText } from '../../api/api-error.ts';
import type { Client } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { SearchField } from '../../components/field.tsx';
import { Pager } from '../../components/pager.tsx';
import { Empty, ErrorNote, ViewHead } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { useDelayed } from '../../hooks/use-delayed.ts';
import { useSession } from '../../session/session.tsx';
import { ClientForm } from './client-form.tsx';
import { ClientTable } from './client-table.tsx';
import { DeleteClient } from './delete-client.tsx';
import { KeyDialog } from './key-dialog.tsx';
import { TopTalkers } from './top-talkers.tsx';

const PAGE = 25;

export default function Clients() {
  const { canOperate } = useSession();
  const [text, setText] = useState('');
  const [kind, setKind] = useState<ClientQuery['kind']>('');
  const [offset, setOffset] = useState(0);
  const [edited, setEdited] = useState<Client | 'new' | null>(null);
  const [deleted, setDeleted] = useState<Client | null>(null);
  const [withKey, setWithKey] = useState<Client | null>(null);
  const search = useDelayed(text.trim());
  const query = { search, kind, offset, limit: PAGE };
  const { data, error } = useQuery({
    queryKey: ['clients', query],
    queryFn: () => clients(query),
    placeholderData: keepPreviousData,
    // Other operators change clients too.
    refetchInterval: 10_000,
  });
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
            clients={data?.items ?? []}
            onEdit={canOperate ? setEdited : null}
            onDelete={canOperate ? setDeleted : null}
          />
          {data?.items.length === 0 && (
            <Empty>
              {search === '' && kind === ''
                ? 'No client is registered: everybody has the default limit.'
                : 'No client matches.'}
            </Empty>
          )}
          <Pager offset={offset} limit={PAGE} total={data?.total ?? 0} onOffset={setOffset} />
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
