/** Which route leads where, and how each pool currently distributes its requests. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { configuration } from '../../api/config.ts';
import { Hint } from '../../components/hint.tsx';
import { Empty, ViewHead } from '../../components/panel.tsx';
import { useFrame } from '../../live/use-live.ts';
import type { Route } from '../../api/types.ts';
import { ExplainPanel } from './explain-panel.tsx';
import { OwnAnswersPanel } from './own-answers-panel.tsx';
import { PoolPanel } from './pool-panel.tsx';
import type { RouteFigures } from './route-line.tsx';
import { RouteList } from './route-list.tsx';
import { RouteProvidersPanel } from './route-providers-panel.tsx';
import { routesOf, type PoolSettings } from './route-settings.ts';

/** With more, they are listed in one table instead of at their pools. */
const MANY = 20;

export default function Routes() {
  const frame = useFrame();
  const version = frame?.snapshot ?? 0;
  // The configuration changes with the snapshot, and only then.
  const { data } = useQuery({ queryKey: ['config', version], queryFn: configuration });
  const routes = useMemo(() => routesOf(data?.settings['routes']), [data]);
  const pools = (data?.settings['pools'] ?? {}) as Readonly<Record<string, PoolSettings>>;
  if (frame === null) return <Empty>Waiting for the first data…</Empty>;
  const isMany = routes.length > MANY;
  const names = new Set([...Object.keys(pools), ...frame.backends.map(({ pool }) => pool)]);
  return (
    <>
      <ViewHead title="Routes & pools" />
      <ExplainPanel />
      <RouteProvidersPanel />
      {data !== undefined && routes.length === 0 && <NoRoutes />}
      {isMany && <RouteList routes={routes} figures={frame.routes} />}
      {[...names].map((name) => (
        <PoolPanel
          key={name}
          name={name}
          settings={pools[name]}
          routes={isMany ? null : routes.filter(({ pools: targets }) => targets.includes(name))}
          figures={isMany ? NO_FIGURES : frame.routes.flatMap((route) => figuresAt(route, name))}
          backends={frame.backends.filter(({ pool }) => pool === name)}
        />
      ))}
      {!isMany && (
        <OwnAnswersPanel routes={routes.filter(({ pools: targets }) => targets.length === 0)} figures={frame.routes} />
      )}
    </>
  );
}

const NO_FIGURES: readonly RouteFigures[] = [];

function NoRoutes() {
  return (
    <section className="panel" aria-label="First steps">
      <Hint code={EXAMPLE}>No route is configured, so every request is answered 404. Send all requests to a pool:</Hint>
    </section>
  );
}

const EXAMPLE = `routes:
  - { path_prefix: /, pool: default }`;

/** What a route's requests to this pool are like; nothing if it leads elsewhere. */
function figuresAt({ shares, ...route }: Route, pool: string): readonly RouteFigures[] {
  if (route.pool === pool) return [route];
  return shares.filter((share) => share.pool === pool).map((share) => ({ ...share, name: route.name }));
}
