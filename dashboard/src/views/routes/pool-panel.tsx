import { Link } from 'wouter';
import type { Backend } from '../../api/types.ts';
import { Icon } from '../../components/icon.tsx';
import { Panel } from '../../components/panel.tsx';
import { Badge, StateBadge } from '../../components/state-badge.tsx';
import { formatShare, formatNumber } from '../../format.ts';
import { useLive } from '../../live/use-live.ts';
import { liveStore } from '../../live/live-store.ts';
import { backendState } from '../../live/verdict.ts';
import { RouteLine, type RouteFigures } from './route-line.tsx';
import type { PoolSettings, RouteSettings } from './route-settings.ts';
import { ScaleBadge } from './scale-badge.tsx';

export interface PoolPanelProps {
  readonly name: string;
  readonly settings: PoolSettings | undefined;
  /** Null: they are listed elsewhere. */
  readonly routes: readonly RouteSettings[] | null;
  readonly figures: readonly RouteFigures[];
  readonly backends: readonly Backend[];
}

export function PoolPanel({ name, settings, routes, figures, backends }: PoolPanelProps) {
  const tags = (
    <span className="flex flex-wrap gap-1.5">
      {settings && <Badge tone="plain">{settings.algorithm}</Badge>}
      {settings?.sticky?.enabled === true && <Badge tone="accent">sticky</Badge>}
      {settings?.scale !== undefined && <ScaleBadge pool={name} />}
    </span>
  );
  return (
    <Panel title={`Pool ${name}`} actions={tags}>
      {routes === null ? (
        <Shares backends={backends} />
      ) : (
        <div
          className={`grid gap-4 lg:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)] ${isMany(backends) ? 'items-start' : 'items-center'}`}
        >
          <ul aria-label="Routes to this pool" className="space-y-2">
            {routes.length === 0 && <li className="text-sm text-muted">No route uses this pool.</li>}
            {routes.map((route) => (
              <RouteLine key={route.name} route={route} figures={figures.find((each) => each.name === route.name)} />
            ))}
          </ul>
          <Icon name="arrow" className="mx-auto size-6 rotate-90 text-muted lg:rotate-0" />
          <Shares backends={backends} />
        </div>
      )}
    </Panel>
  );
}

/** In columns, and the routes stay at the top, where they are seen. */
function isMany(backends: readonly Backend[]): boolean {
  return backends.length > 10;
}

/** Seconds that a share covers: a single one would flicker. */
const SHARE_POINTS = 10;

function Shares({ backends }: { readonly backends: readonly Backend[] }) {
  useLive((state) => state.frame);
  if (backends.length === 0) return <p className="text-sm text-muted">No backend: its requests are answered 503.</p>;
  const rates = backends.map(({ id }) => {
    const points = liveStore.series(id).slice(-SHARE_POINTS);
    return points.reduce((sum, { requests }) => sum + (requests ?? 0), 0) / Math.max(1, points.length);
  });
  const all = rates.reduce((sum, rate) => sum + rate, 0);
  return (
    <ul
      aria-label="Share of the last ten seconds"
      className={`live ${isMany(backends) ? 'grid gap-x-8 gap-y-2 sm:grid-cols-2 xl:grid-cols-3' : 'space-y-2'}`}
    >
      {backends.map((backend, at) => {
        const share = all === 0 ? 0 : rates[at]! / all;
        return (
          <li key={backend.id} className="min-w-0 text-sm">
            <div className="flex flex-wrap items-center justify-between gap-x-3">
              <span className="flex min-w-0 items-center gap-2">
                <Link href={`/ui/backends/${encodeURIComponent(backend.id)}`} className="text-accent hover:underline">
                  {backend.id}
                </Link>
                {backendState(backend) !== 'healthy' && <StateBadge state={backendState(backend)} />}
              </span>
              <span>
                {formatShare(all === 0 ? null : share)}{' '}
                <span className="text-xs text-muted">({formatNumber(rates[at]!)}/s)</span>
              </span>
            </div>
            <div className="mt-1 h-1.5 overflow-hidden rounded-full bg-line">
              <div className="h-full rounded-full bg-series-1" style={{ width: `${share * 100}%` }} />
            </div>
          </li>
        );
      })}
    </ul>
  );
}
