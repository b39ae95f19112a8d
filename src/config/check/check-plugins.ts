import { isPluginName, PLUGIN_NAME_RULE } from '../../plugin-kit/core/plugin-kit-vocabulary.ts';
import { finding, listed, shorten, type Finding } from '../file/problem.ts';
import { didYouMean } from '../schema/nearest.ts';
import type { ConfigFile } from '../schema/schema.ts';
import type { Draft } from './draft.ts';
import type { ShownRoutes } from './route/check-routes.ts';

/** Names of plugins, and the routes that use them. Their code is read later: src/config/code/read-plugins.ts. */
export function checkPlugins(
  { plugins = {}, routes = [] }: Draft<ConfigFile>,
  reference: ShownRoutes['reference'],
): readonly Finding[] {
  const names = Object.keys(plugins);
  const misnamed = names
    .filter((name) => !isPluginName(name))
    .map((name) =>
      finding(['plugins', name], `is not a valid name for a plugin; allowed: ${PLUGIN_NAME_RULE}`, { atKey: true }),
    );
  const unknown = routes.flatMap((route, at) =>
    (route?.plugins ?? []).flatMap((name, index) => {
      if (name === undefined || names.includes(name)) return [];
      const here = ['routes', String(at), 'plugins', String(index)];
      const shown = reference(here);
      const near = shown === undefined ? didYouMean(name, names) : '';
      const text = JSON.stringify(shorten(shown ?? name, 80));
      return [finding(here, `there is no plugin ${text}; plugins: ${listed(names) || 'none'}${near}`)];
    }),
  );
  return [...misnamed, ...unknown];
}
