import { useQuery } from '@tanstack/react-query';
import { configuration } from '../../api/config.ts';
import { rateLimit } from '../../api/limits.ts';
import { Facts } from '../../components/figure.tsx';
import { Meter } from '../../components/meter.tsx';
import { Panel } from '../../components/panel.tsx';
import { Badge } from '../../components/state-badge.tsx';
import { formatCount, formatNumber } from '../../format.ts';
import { useLive } from '../../live/use-live.ts';

interface RateLimitSettings {
  readonly dry_run?: boolean;
  readonly algorithm?: string;
  readonly allowlist?: readonly string[];
  readonly denylist?: readonly string[];
}

export function LimiterPanel() {
  const limiter = useLive((state) => state.frame?.limiter);
  const { data: limits } = useQuery({ queryKey: ['rate-limit'], queryFn: rateLimit, refetchInterval: 10_000 });
  const { data: config } = useQuery({ queryKey: ['config'], queryFn: configuration });
  if (limiter === undefined || limits === undefined) return <Panel title="Rate limiter">Loading…</Panel>;
  const { global_limit: global, per_ip_limit: standard } = limits;
  const settings = (config?.settings['rate_limit'] ?? {}) as RateLimitSettings;
  const state = !limiter.enabled ? (
    <Badge tone="warn" icon="off">
      off
    </Badge>
  ) : settings.dry_run === true ? (
    <Badge tone="warn" icon="warning">
      dry run: refuses nobody
    </Badge>
  ) : (
    <Badge tone="ok" icon="check">
      on
    </Badge>
  );
  const bucket = ({ capacity, rate_per_second: rate }: typeof standard): string =>
    `${formatNumber(capacity)}, then ${formatNumber(rate)}/s`;
  return (
    <Panel title="Rate limiter" actions={state}>
      <Facts
        items={[
          ['Default limit', bucket(standard)],
          ['Algorithm', settings.algorithm ?? 'token-bucket'],
          ['Global limit', global === null ? 'none' : bucket(global)],
          ...(global === null || limiter.global_tokens === null
            ? []
            : ([
                [
                  'Left of it',
                  <div className="flex justify-end">
                    <Meter
                      label="Left of the global limit"
                      value={limiter.global_tokens}
                      max={global.capacity}
                      text={formatNumber(limiter.global_tokens)}
                    />
                  </div>,
                ],
              ] as const)),
          ['Allowed since start', formatCount(limiter.allowed_total)],
          ['Refused: client’s limit', formatCount(limiter.refused_total)],
          ['Refused: global limit', formatCount(limiter.refused_global_total)],
          ['Let through by the allowlist', formatCount(limiter.allowlisted_total)],
          ['Active clients', formatCount(limiter.active_clients)],
          ['Registered clients', formatCount(limiter.registered_clients)],
          ['Places in the table', formatCount(limiter.table_slots)],
          ['Allowlist', listText(settings.allowlist)],
          ['Denylist', listText(settings.denylist)],
        ]}
      />
    </Panel>
  );
}

function listText(items: readonly string[] | undefined): string {
  return items === undefined || items.length === 0 ? 'empty' : items.join(', ');
}
