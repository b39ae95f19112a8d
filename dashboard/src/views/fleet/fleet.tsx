import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { errorText } from '../../api/api-error.ts';
import { fleet } from '../../api/fleet.ts';
import type { Fleet as FleetAnswer } from '../../api/types.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { SearchField } from '../../components/field.tsx';
import { Figure } from '../../components/figure.tsx';
import { Empty, ErrorNote, Panel, ViewHead } from '../../components/panel.tsx';
import { formatNumber, formatTime } from '../../format.ts';
import { inOrder } from '../../lists/column.ts';
import { ExportButton } from '../../lists/export-button.tsx';
import type { Sort } from '../../lists/order.ts';
import { Drift } from './drift.tsx';
import { GATEWAY_COLUMNS, gatewayRows, GatewayTable } from './gateway-table.tsx';
import { addRates, ALL, RATE_POINTS, type RateHistory } from './rate-history.ts';

/** With fewer, all are seen at once. */
const SEARCHABLE = 6;

export default function Fleet() {
  const [text, setText] = useState('');
  const { data, error, dataUpdatedAt } = useQuery({ queryKey: ['fleet'], queryFn: fleet, refetchInterval: 2000 });
  const [rates, setRates] = useState<RateHistory>(new Map());
  // Each answer is a point, also one that equals the last.
  useEffect(() => {
    if (data !== undefined) setRates((history) => addRates(history, data));
  }, [data, dataUpdatedAt]);
  const [sort, setSort] = useState<Sort | null>(null);
  const wanted = text.trim().toLowerCase();
  const found = (data === undefined ? [] : gatewayRows(data, rates)).filter(({ gateway }) =>
    gateway.name.toLowerCase().includes(wanted),
  );
  const rows = inOrder(found, GATEWAY_COLUMNS, sort);
  return (
    <>
      <ViewHead title="Fleet">
        {data !== undefined && data.items.length >= SEARCHABLE && (
          <SearchField label="Search gateway" value={text} onChange={setText} />
        )}
      </ViewHead>
      {error !== null && <ErrorNote>{errorText(error)}</ErrorNote>}
      {data === undefined ? (
        error === null && <Empty>Loading…</Empty>
      ) : (
        <>
          <Origin fleet={data} />
          {data.drift.map((drift) => (
            <Drift key={drift.kind} drift={drift} />
          ))}
          <Sums fleet={data} />
          <Panel title="Requests of all gateways in the last two minutes">
            <Sparkline
              label="Requests a second of all gateways over two minutes"
              values={rates.get(ALL) ?? []}
              color="--series-1"
              points={RATE_POINTS}
              min={1}
            />
          </Panel>
          <Panel
            title="Gateways"
            actions={<ExportButton name="gateways" columns={GATEWAY_COLUMNS} rows={rows} />}
            isFlush
          >
            {rows.length === 0 ? (
              <Empty>No gateway matches.</Empty>
            ) : (
              <GatewayTable rows={rows} sort={sort} onSort={setSort} />
            )}
          </Panel>
        </>
      )}
    </>
  );
}

/** How far to trust what is shown. */
function Origin({ fleet: { source, as_of: asOf } }: { readonly fleet: FleetAnswer }) {
  if (source === 'alone') {
    return (
      <p className="text-sm text-muted">
        This gateway has an embedded database and is alone. Gateways that share a PostgreSQL database are listed here.
      </p>
    );
  }
  if (source === 'database') return null;
  return (
    <p role="status" className="rounded-md bg-warn-soft px-3 py-2 text-sm text-warn">
      The database is away. This is what was known {asOf === null ? 'before' : `at ${formatTime(asOf)}`}.
    </p>
  );
}

function Sums({ fleet: { items, live, drift, ...sums } }: { readonly fleet: FleetAnswer }) {
  const lost = items.length - live;
  const digests = items.flatMap(({ state, config_digest: digest }) => (state === 'live' ? (digest ?? []) : []));
  const agreement = drift.length === 0 ? 'agree' : 'disagree';
  return (
    <dl className="panel grid grid-cols-2 gap-px overflow-hidden bg-line sm:grid-cols-4" data-fleet-figures>
      <Figure
        label="Gateways"
        value={String(live)}
        note={lost === 0 ? 'live' : `live, ${lost} lost`}
        tone={lost === 0 ? 'plain' : 'bad'}
      />
      <Figure label="Requests" value={`${formatNumber(sums.requests_per_second)}/s`} note="all gateways" />
      <Figure
        label="Refused (429)"
        value={`${formatNumber(sums.refused_per_second)}/s`}
        note="all gateways"
        tone={sums.refused_per_second > 0 ? 'warn' : 'plain'}
      />
      <Figure
        label="Configurations"
        value={String(new Set(digests).size)}
        note={agreement}
        tone={drift.length === 0 ? 'plain' : 'warn'}
      />
    </dl>
  );
}
