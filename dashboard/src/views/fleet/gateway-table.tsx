import type { LimitMode as LimitModeName } from '../../../../src/fleet/core/fleet-vocabulary.ts';
import type { Fleet, FleetGateway } from '../../api/types.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { Badge, type Tone } from '../../components/state-badge.tsx';
import { formatNumber, formatSeconds, NONE } from '../../format.ts';
import { Cells } from '../../lists/cells.tsx';
import { shownColumns, type Column } from '../../lists/column.ts';
import { SortHeads, type SortProps } from '../../lists/sort-head.tsx';
import { RATE_POINTS, type RateHistory } from './rate-history.ts';

export interface GatewayRow {
  readonly gateway: FleetGateway;
  /** Requests a second in the last two minutes. */
  readonly rates: readonly (number | null)[];
  /** It is live, and most live gateways have another. */
  readonly isOdd: Readonly<Record<'config' | 'version', boolean>>;
}

export function gatewayRows({ items, drift }: Fleet, rates: RateHistory): readonly GatewayRow[] {
  const isOdd = ({ name, state }: FleetGateway, kind: 'config' | 'version'): boolean => {
    const groups = drift.find((each) => each.kind === kind)?.groups.slice(1) ?? [];
    return state === 'live' && groups.some(({ gateways }) => gateways.includes(name));
  };
  return items.map((gateway) => ({
    gateway,
    rates: rates.get(gateway.id) ?? [],
    isOdd: { config: isOdd(gateway, 'config'), version: isOdd(gateway, 'version') },
  }));
}

export const GATEWAY_COLUMNS: readonly Column<GatewayRow>[] = [
  {
    name: 'Gateway',
    value: ({ gateway }) => gateway.name,
    cell: ({ gateway }) => (
      <>
        <span className="font-medium break-all">{gateway.name}</span>{' '}
        {gateway.this && <Badge tone="accent">this one</Badge>}
        {gateway.admin_url !== null && <span className="block text-xs break-all text-muted">{gateway.admin_url}</span>}
      </>
    ),
    className: 'name',
  },
  { name: 'Admin URL', value: ({ gateway }) => gateway.admin_url, isExportOnly: true },
  {
    name: 'State',
    value: ({ gateway }) => gateway.state,
    cell: ({ gateway: { state } }) => (
      <Badge tone={state === 'live' ? 'ok' : 'bad'} icon={state === 'live' ? 'check' : 'cross'}>
        {state}
      </Badge>
    ),
  },
  {
    name: 'Requests/s',
    value: ({ gateway }) => ifLive(gateway, gateway.requests_per_second),
    cell: ({ gateway }) => numberText(ifLive(gateway, gateway.requests_per_second)),
    isNumber: true,
  },
  {
    name: 'Two minutes',
    value: ({ rates }) => mean(rates),
    cell: ({ gateway, rates }) => (
      <Sparkline
        label={`Requests a second of ${gateway.name} over two minutes`}
        values={rates}
        color="--series-1"
        points={RATE_POINTS}
        min={1}
      />
    ),
    className: 'min-w-20 max-lg:hidden',
  },
  {
    name: 'Refused/s',
    value: ({ gateway }) => ifLive(gateway, gateway.refused_per_second),
    cell: ({ gateway }) => numberText(ifLive(gateway, gateway.refused_per_second)),
    isNumber: true,
    className: 'max-sm:hidden',
  },
  {
    name: 'Limits',
    value: ({ gateway }) => (gateway.state === 'live' ? modeName(gateway.limit_mode) : null),
    cell: ({ gateway }) => <LimitMode gateway={gateway} />,
    className: 'max-sm:hidden',
  },
  {
    name: 'Version',
    value: ({ gateway }) => gateway.version,
    cell: ({ gateway, isOdd }) => <span className={isOdd.version ? 'text-warn' : ''}>{gateway.version}</span>,
    className: 'max-md:hidden',
  },
  {
    name: 'Configuration',
    value: ({ gateway }) => gateway.config_digest,
    cell: ({ gateway, isOdd }) => (
      <span className={`font-mono ${isOdd.config ? 'text-warn' : ''}`}>{gateway.config_digest ?? NONE}</span>
    ),
    className: 'whitespace-nowrap max-md:hidden',
  },
  { name: 'Threads', value: ({ gateway }) => gateway.threads, isNumber: true, className: 'max-2xl:hidden' },
  {
    name: 'Uptime',
    value: ({ gateway }) => ifLive(gateway, gateway.uptime_seconds),
    cell: ({ gateway }) => (gateway.state === 'live' ? formatSeconds(gateway.uptime_seconds) : NONE),
    isNumber: true,
    className: 'max-lg:hidden',
  },
  {
    name: 'Last seen',
    value: ({ gateway }) => (gateway.this ? 0 : gateway.seen_seconds_ago),
    cell: ({ gateway }) => (gateway.this ? 'now' : `${formatSeconds(gateway.seen_seconds_ago)} ago`),
    isNumber: true,
    className: 'max-md:hidden',
  },
];
const SHOWN = shownColumns(GATEWAY_COLUMNS);

export interface GatewayTableProps extends SortProps {
  readonly rows: readonly GatewayRow[];
}

export function GatewayTable({ rows, sort, onSort }: GatewayTableProps) {
  return (
    <table className="table live">
      <thead>
        <tr>
          <SortHeads columns={SHOWN} sort={sort} onSort={onSort} />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.gateway.id} data-gateway={row.gateway.name}>
            <Cells columns={SHOWN} row={row} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MODE_TONES: Readonly<Record<LimitModeName, Tone>> = { local: 'plain', shared: 'ok', slow: 'warn', lost: 'bad' };

/** How it counts limits, and since when not as it should. Lost is Redis, not the gateway. */
function LimitMode({ gateway }: { readonly gateway: FleetGateway }) {
  const { state, limit_mode: mode, limit_mode_seconds: seconds } = gateway;
  if (state === 'lost') return NONE;
  return (
    <>
      <Badge tone={MODE_TONES[mode]}>{modeName(mode)}</Badge>
      {seconds !== null && (
        <span className="block text-xs whitespace-nowrap text-muted">for {formatSeconds(seconds)}</span>
      )}
    </>
  );
}

function modeName(mode: LimitModeName): string {
  return mode === 'slow' || mode === 'lost' ? `Redis ${mode}` : mode;
}

/** What a lost gateway said last is not its rate now. */
function ifLive({ state }: FleetGateway, value: number): number | null {
  return state === 'live' ? value : null;
}

function numberText(value: number | null): string {
  return value === null ? NONE : formatNumber(value);
}

/** Null: it was never live meanwhile. */
function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
