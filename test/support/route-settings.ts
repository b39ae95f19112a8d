/** Settings of a route, as the configuration reads them from these keys of the file. */
import { loadText } from '../../src/config/load.ts';
import type { RouteSettings } from '../../src/config/settings.ts';

/** @param route keys of the file. Default: a route for everything to the pool `web`. */
export function routeSettings(route: Readonly<Record<string, unknown>> = {}): RouteSettings {
  const pool = typeof route['pool'] === 'string' ? route['pool'] : 'web';
  const file = {
    pools: { [pool]: { backends: [{ url: 'http://127.0.0.1:1' }] } },
    routes: [{ pool, ...route }],
  };
  return loadText(JSON.stringify(file), 'test.json', {}, {}).routes[0]!;
}
