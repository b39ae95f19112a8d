/** One route in a list: what it matches, what it does, and how its requests do. */
import type { Route } from '../../api/types.ts';
import { formatMs, formatNumber } from '../../format.ts';
import type { RouteSettings } from './route-settings.ts';

/** Of a route, or of the part of it that one pool gets. */
export type RouteFigures = Omit<Route, 'shares'>;

export function RouteLine({
  route,
  figures,
}: {
  readonly route: RouteSettings;
  readonly figures: RouteFigures | undefined;
}) {
  return (
    <li className="rounded-md bg-sunken px-3 py-2 text-sm">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <code className="font-mono font-medium">{route.match}</code>
        <span className="live">{formatNumber(figures?.requests_per_second ?? 0)}/s</span>
      </div>
      <div className="flex flex-wrap justify-between gap-x-3 text-xs text-muted">
        <span>
          {[route.name === route.match ? '' : route.name, ...route.notes].filter((part) => part !== '').join(' · ')}
        </span>
        <span className="live">
          p50 {formatMs(figures?.p50 ?? null)} · p95 {formatMs(figures?.p95 ?? null)}
        </span>
      </div>
    </li>
  );
}
