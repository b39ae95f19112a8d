import type { LimitMode as LimitModeName } from '../../../../src/fleet/core/fleet-vocabulary.ts';
import type { Fleet, FleetGateway } from '../../api/types.ts';
import { Sparkline } from '../../charts/sparkline.tsx';
import { Badge, type Tone } from '../../components/state-badge.tsx';
import { formatNumber, formatSeconds, NONE } from '../../format.ts';
import { RATE_POINTS, type RateHistory } from './rate-history.ts';

export interface GatewayTableProps {
  readonly gateways: readonly FleetGateway[];
  readonly drift: Fleet['drift'];
  readonly rates: RateHistory;
}

export function GatewayTable({ gateways: shown, drift, rates }: GatewayTableProps) {
  /** What most live gateways have is not marked. */
  const isOdd = ({ name, state }: FleetGateway, kind: 'config' | 'version'): boolean => {
    const groups = drift.find((each) => each.kind === kind)?.groups.slice(1) ?? [];
    return state === 'live' && groups.some(({ gateways }) => gateways.includes(name));
  };
  return (
    <table className="table live">
      <thead>
        <tr>
          <th>Gateway</th>
          <th>State</th>
          <th className="number">Requests</th>
          <th className="max-lg:hidden">Two minutes</th>
          <th className="number max-sm:hidden">Refused (429)</th>
          <th className="max-sm:hidden">Limits</th>
          <th className="max-md:hidden">Version</th>
          <th className="max-md:hidden">Configuration</th>
          <th className="number max-xl:hidden">Threads</th>
          <th className="number max-lg:hidden">Uptime</th>
          <th className="number max-md:hidden">Last seen</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((gateway) => (
          <tr key={gateway.id} data-gateway={gateway.name}>
            <td>
              <span className="font-medium break-all">{gateway.name}</span>{' '}
              {gateway.this && <Badge tone="accent">this one</Badge>}
              {gateway.admin_url !== null && (
                <span className="block text-xs break-all text-muted">{gateway.admin_url}</span>
              )}
            </td>
            <td>
              <Badge tone={gateway.state === 'live' ? 'ok' : 'bad'} icon={gateway.state === 'live' ? 'check' : 'cross'}>
                {gateway.state}
              </Badge>
            </td>
            <td className="number whitespace-nowrap">{rate(gateway, gateway.requests_per_second)}</td>
            <td className="min-w-20 max-lg:hidden">
              <Sparkline
                label={`Requests a second of ${gateway.name} over two minutes`}
                values={rates.get(gateway.id) ?? []}
                color="--series-1"
                points={RATE_POINTS}
                min={1}
              />
            </td>
            <td className="number whitespace-nowrap max-sm:hidden">{rate(gateway, gateway.refused_per_second)}</td>
            <td className="max-sm:hidden">
              <LimitMode gateway={gateway} />
            </td>
            <td className={`max-md:hidden ${isOdd(gateway, 'version') ? 'text-warn' : ''}`}>{gateway.version}</td>
            <td className={`font-mono whitespace-nowrap max-md:hidden ${isOdd(gateway, 'config') ? 'text-warn' : ''}`}>
              {gateway.config_digest ?? NONE}
            </td>
            <td className="number max-xl:hidden">{gateway.threads}</td>
            <td className="number whitespace-nowrap max-lg:hidden">
              {gateway.state === 'live' ? formatSeconds(gateway.uptime_seconds) : NONE}
            </td>
            <td className="number whitespace-nowrap max-md:hidden">
              {gateway.this ? 'now' : `${formatSeconds(gateway.seen_seconds_ago)} ago`}
            </td>
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
  const name = mode === 'slow' || mode === 'lost' ? `Redis ${mode}` : mode;
  return (
    <>
      <Badge tone={MODE_TONES[mode]}>{name}</Badge>
      {seconds !== null && (
        <span className="block text-xs whitespace-nowrap text-muted">for {formatSeconds(seconds)}</span>
      )}
    </>
  );
}

/** What a lost gateway said last is not its rate now. */
function rate({ state }: FleetGateway, perSecond: number): string {
  return state === 'live' ? `${formatNumber(perSecond)}/s` : NONE;
}
