import { useQuery } from '@tanstack/react-query';
import { limits, type Limits } from '../../api/limits.ts';
import { Facts } from '../../components/figure.tsx';
import { Hint } from '../../components/hint.tsx';
import { Meter } from '../../components/meter.tsx';
import { Panel } from '../../components/panel.tsx';
import { Badge } from '../../components/state-badge.tsx';
import { formatCount, formatNumber, formatSeconds, formatShare } from '../../format.ts';
import { sharingText } from './sharing-text.ts';

export function LimiterPanel() {
  const { data } = useQuery({ queryKey: ['limits'], queryFn: limits, refetchInterval: 1000 });
  if (data === undefined) return <Panel title="Rate limiter">Loading…</Panel>;
  return (
    <Panel title="Rate limiter" actions={<LimiterState limits={data} />}>
      {!data.enabled && (
        <Hint code={'rate_limit:\n  enabled: true'}>No request is limited. To turn the limits on, configure:</Hint>
      )}
      <Facts
        items={[
          ['Default limit', limitText(data.default)],
          ['Global limit', data.global === null ? 'none' : limitText(data.global)],
          ...globalLevel(data),
          ...(data.shared === null ? [] : [['Sharing', sharingText(data.shared)] as const]),
          ...data.routes.map((route) => [`Route ${route.route}`, routeText(route)] as const),
          ['Allowed since start', formatCount(data.allowed_total)],
          ['Refused: client’s limit', formatCount(data.refused_total)],
          ['Refused: route’s limit', formatCount(data.refused_route_total)],
          ['Refused: global limit', formatCount(data.refused_global_total)],
          ...refusals('too many at a time', data.refused_in_flight_total),
          ...refusals('limit by a key', data.refused_key_total),
          ...refusals('overload', data.refused_shedding_total),
          ...refusals('quota', data.refused_quota_total),
          ...(data.dry_run ? [['Would have been refused', formatCount(data.would_refuse_total)] as const] : []),
          ['Denied by the denylist', formatCount(data.denied_total)],
          ['Let through by the allowlist', formatCount(data.allowlisted_total)],
          ['Active clients', formatCount(data.active_clients)],
          ['Registered clients', formatCount(data.registered_clients)],
          ['Table', `${formatShare(data.table_fill)} of ${formatCount(data.table_slots)} slots`],
          ['Allowlist', data.allowlist.join(', ') || 'empty'],
          ['Denylist', data.denylist.join(', ') || 'empty'],
        ]}
      />
    </Panel>
  );
}

function LimiterState({ limits: { enabled, dry_run: isDry } }: { readonly limits: Limits }) {
  if (!enabled) {
    return (
      <Badge tone="warn" icon="off">
        off
      </Badge>
    );
  }
  return isDry ? (
    <Badge tone="warn" icon="warning">
      dry run: refuses nobody
    </Badge>
  ) : (
    <Badge tone="ok" icon="check">
      on
    </Badge>
  );
}

/** Only where there are some: most gateways have no such limit. */
function refusals(why: string, total: number): readonly (readonly [string, string])[] {
  return total === 0 ? [] : [[`Refused: ${why}`, formatCount(total)]];
}

function globalLevel({ global, global_tokens: left }: Limits): readonly (readonly [string, React.ReactNode])[] {
  if (global === null || left === null) return [];
  const meter = <Meter label="Left of the global limit" value={left} max={global.capacity} text={formatNumber(left)} />;
  return [['Left of it', <div className="flex justify-end">{meter}</div>]];
}

function routeText({ client, total, cost, dry_run: isDry }: Limits['routes'][number]): string {
  const parts = [
    client === null ? '' : `each client ${limitText(client)}`,
    total === null ? '' : `all together ${limitText(total)}`,
    cost === 1 ? '' : `costs ${formatCount(cost)}`,
    isDry ? 'dry run' : '',
  ];
  return parts.filter((part) => part !== '').join('; ');
}

function limitText({ capacity, rate_per_second: rate, window_seconds: seconds }: Limits['default']): string {
  return seconds === null
    ? `${formatNumber(capacity)}, then ${formatNumber(rate)}/s`
    : `${formatNumber(capacity)} in any ${formatSeconds(seconds)}`;
}
