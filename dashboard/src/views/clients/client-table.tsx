import { useQuery } from '@tanstack/react-query';
import { clientUsage } from '../../api/clients.ts';
import type { Client } from '../../api/types.ts';
import { Button } from '../../components/button.tsx';
import { Meter } from '../../components/meter.tsx';
import { Badge } from '../../components/state-badge.tsx';
import type { Column } from '../../lists/column.ts';
import { SortHead, type SortProps } from '../../lists/sort-head.tsx';
import { formatCount, formatDateTime, formatNumber, formatSeconds, NONE } from '../../format.ts';

export interface ClientTableProps extends SortProps {
  readonly clients: readonly Client[];
  /** Null: not allowed for viewers. */
  readonly onEdit: ((client: Client) => void) | null;
  readonly onDelete: ((client: Client) => void) | null;
}

/** Those that sort, and what is exported. */
export const CLIENT_COLUMNS: readonly Column<Client>[] = [
  { name: 'Client', value: ({ key }) => key },
  { name: 'Name', value: ({ name }) => name },
  { name: 'Enabled', value: ({ enabled }) => (enabled ? 'yes' : 'no') },
  { name: 'Capacity', value: ({ capacity }) => capacity },
  { name: 'Rate', value: ratePerSecond },
  { name: 'Key', value: ({ has_api_key: hasKey }) => (hasKey ? 'yes' : 'no') },
  { name: 'Changed', value: ({ updated_at: at }) => at },
];

/** Of a window: its mean. */
function ratePerSecond({ algorithm, capacity, rate_per_second: rate, window_seconds: seconds }: Client): number {
  return algorithm === 'sliding-window' ? capacity / (seconds || 1) : rate;
}

export function ClientTable({ clients, sort, onSort, onEdit, onDelete }: ClientTableProps) {
  return (
    <div className="relative overflow-x-auto" role="region" aria-label="Table of clients" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <SortHead name="Client" sort={sort} onSort={onSort} />
            <th>Level</th>
            <SortHead name="Capacity" sort={sort} onSort={onSort} isNumber />
            <SortHead name="Rate" sort={sort} onSort={onSort} isNumber />
            <th className="max-md:hidden">Quotas</th>
            <SortHead name="Key" sort={sort} onSort={onSort} className="max-md:hidden" />
            <SortHead name="Changed" sort={sort} onSort={onSort} className="max-lg:hidden" />
            {onEdit && (
              <th>
                <span className="sr-only">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {clients.map((client) => (
            <tr key={client.key} data-client={client.key}>
              <td className="name">
                <bdi className="font-medium">{client.key}</bdi> {!client.enabled && <Badge tone="plain">off</Badge>}
                {client.name !== null && (
                  <span dir="auto" className="block text-xs text-muted">
                    {client.name}
                  </span>
                )}
              </td>
              <td>
                <Level client={client} />
              </td>
              <td className="number">{formatNumber(client.capacity)}</td>
              <td className="number">
                {client.algorithm === 'sliding-window'
                  ? `per ${formatSeconds(client.window_seconds ?? 0)}`
                  : `${formatNumber(client.rate_per_second)}/s`}
              </td>
              <td className="max-md:hidden">
                <Quotas client={client} />
              </td>
              <td className="max-md:hidden">{client.has_api_key ? 'yes' : NONE}</td>
              <td className="whitespace-nowrap text-muted max-lg:hidden">{formatDateTime(client.updated_at)}</td>
              {onEdit && (
                <td className="number">
                  <Button look="quiet" onClick={() => onEdit(client)} aria-label={`Edit ${client.key}`}>
                    Edit
                  </Button>
                  <Button look="quiet" onClick={() => onDelete?.(client)} aria-label={`Delete ${client.key}`}>
                    Delete
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function useUsage({ key, enabled }: Client) {
  const { data } = useQuery({
    queryKey: ['usage', key],
    queryFn: () => clientUsage(key),
    refetchInterval: (query) => (query.state.status === 'error' ? false : 2000),
    enabled,
  });
  return data;
}

/** What is used of its quotas, its own and those of the configuration. */
function Quotas({ client }: { readonly client: Client }) {
  const quotas = useUsage(client)?.quotas ?? [];
  if (quotas.length === 0) return NONE;
  return quotas.map(({ route, per, used, requests, resets_at: end }) => (
    <span key={`${per} ${route}`} className="block whitespace-nowrap">
      {formatCount(used)} of {formatCount(requests)} a {per}
      {route !== null && `, ${route}`}
      <span className="block text-xs text-muted">until {formatDateTime(end)}</span>
    </span>
  ));
}

/** How full its bucket is now; requested for the clients of the page only. */
function Level({ client }: { readonly client: Client }) {
  const { key } = client;
  const data = useUsage(client);
  if (data === undefined) return NONE;
  return (
    <Meter
      label={`Level of ${key}`}
      value={data.tokens}
      max={data.capacity}
      text={`${formatNumber(Math.floor(data.tokens))} left`}
    />
  );
}
