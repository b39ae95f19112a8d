import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { errorText } from '../../api/api-error.ts';
import { certificates, renewCertificate } from '../../api/certificates.ts';
import type { Certificate } from '../../api/types.ts';
import { SearchField } from '../../components/field.tsx';
import { Pager } from '../../components/pager.tsx';
import { Empty, ErrorNote, ViewHead } from '../../components/panel.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { useToasts } from '../../components/toasts.tsx';
import { inOrder } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';
import type { Sort } from '../../lists/order.ts';
import { useSession } from '../../session/session.tsx';
import { byUrgency, needsAttention } from './attention.ts';
import { CERTIFICATE_COLUMNS, CertificateTable } from './certificate-table.tsx';

const PAGE = 50;

type Shown = 'all' | 'attention';

export default function Certificates() {
  const { canAdminister } = useSession();
  const [text, setText] = useState('');
  const [shown, setShown] = useState<Shown>('all');
  const [offset, setOffset] = useState(0);
  const [sort, setSort] = useState<Sort | null>(null);
  const toast = useToasts();
  const { data, error, refetch } = useQuery({
    queryKey: ['certificates'],
    queryFn: certificates,
    // Ten thousand are some megabytes.
    refetchInterval: ({ state }) => ((state.data?.length ?? 0) > 1000 ? 60_000 : 5000),
  });
  const urgent = useMemo(() => (data ?? []).filter(needsAttention).length, [data]);
  const found = useMemo(
    () => inOrder(matching(data ?? [], shown, text), CERTIFICATE_COLUMNS, sort),
    [data, shown, text, sort],
  );
  const renew = async ({ id, hosts }: Certificate): Promise<void> => {
    await renewCertificate(id!);
    toast.done(`${hosts[0]}: a new certificate is ordered`);
    await refetch();
  };
  return (
    <>
      <ViewHead title="Certificates">
        {data !== undefined && data.length > 0 && (
          <>
            <SearchField
              label="Search host or issuer"
              value={text}
              onChange={(value) => {
                setText(value);
                setOffset(0);
              }}
            />
            <Segmented
              label="State"
              options={[
                ['all', `All ${data.length}`],
                ['attention', `Need attention ${urgent}`],
              ]}
              value={shown}
              onChange={(value) => {
                setShown(value);
                setOffset(0);
              }}
            />
            <ExportButton name="certificates" columns={CERTIFICATE_COLUMNS} rows={found} />
          </>
        )}
      </ViewHead>
      {error && <ErrorNote>{errorText(error)}</ErrorNote>}
      {data !== undefined && (
        <section className="panel min-w-0" aria-label="Certificates for clients">
          {data.length === 0 ? (
            <NoTls />
          ) : (
            <>
              {found.length === 0 ? (
                <Empty>{text.trim() === '' ? 'No certificate needs attention.' : 'No certificate matches.'}</Empty>
              ) : (
                <CertificateTable
                  certificates={found.slice(offset, offset + PAGE)}
                  sort={sort}
                  onSort={(next) => {
                    setSort(next);
                    setOffset(0);
                  }}
                  onRenew={
                    canAdminister
                      ? (certificate) => void renew(certificate).catch((reason: unknown) => toast.failed(reason))
                      : null
                  }
                />
              )}
              <Pager offset={offset} limit={PAGE} total={found.length} onOffset={setOffset} />
            </>
          )}
        </section>
      )}
    </>
  );
}

function NoTls() {
  return (
    <div className="space-y-3 px-4 py-8 text-center text-sm text-muted">
      <p>TLS is off. To serve clients over TLS, add the section tls to the configuration and restart the gateway:</p>
      <pre className="mx-auto w-fit max-w-full overflow-x-auto rounded-md bg-sunken px-4 py-3 text-start font-mono text-xs text-ink">
        {EXAMPLE}
      </pre>
      <p>For development, the gateway can issue certificates itself: with hosts and internal: true.</p>
    </div>
  );
}

const EXAMPLE = `tls:
  port: 8443
  certificates:
    - { cert_file: shop.pem, key_file: shop.key }`;

function matching(all: readonly Certificate[], shown: Shown, text: string): readonly Certificate[] {
  const wanted = text.trim().toLowerCase();
  return byUrgency(all)
    .filter((certificate) => shown === 'all' || needsAttention(certificate))
    .filter(({ hosts, issuer }) => `${hosts.join(' ')} ${issuer ?? ''}`.toLowerCase().includes(wanted));
}
