/** Routes that need no backend: redirects and answers of the gateway. */
import { Panel } from '../../components/panel.tsx';
import { RouteLine, type RouteFigures } from './route-line.tsx';
import type { RouteSettings } from './route-settings.ts';

export interface OwnAnswersProps {
  readonly routes: readonly RouteSettings[];
  readonly figures: readonly RouteFigures[];
}

export function OwnAnswersPanel({ routes, figures }: OwnAnswersProps) {
  if (routes.length === 0) return null;
  return (
    <Panel title="Without a pool">
      <ul aria-label="Routes without a pool" className="space-y-2">
        {routes.map((route) => (
          <RouteLine key={route.name} route={route} figures={figures.find(({ name }) => name === route.name)} />
        ))}
      </ul>
    </Panel>
  );
}
