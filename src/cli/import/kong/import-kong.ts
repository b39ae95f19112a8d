/** Reads a declarative configuration of Kong, in YAML or JSON. */
import { fieldOf, entriesOf, readSourced, type Sourced, textOf } from '../document/sourced-document.ts';
import type { NamedText } from '../outline/bounded-files.ts';
import { GatewayOutline, keepAsBefore, onlyRouteLimits } from '../outline/gateway-outline.ts';
import { reportCredentials } from './kong-auth.ts';
import { childrenOf, givenOf, itemsOf, KNOWN, type KongWorld, nameOf, refersTo } from './kong-entities.ts';
import { countsClients, limitAll } from './kong-limits.ts';
import { applyPlugin, globalPlugins, pluginsOf, readPlugin, reportOthers } from './kong-plugins.ts';
import type { RouteDraft } from './kong-plugin.ts';
import { poolOf, setDefaults } from './kong-pools.ts';
import { choicesOf, comparePriority, type RouteChoice } from './kong-routes.ts';

interface RoutedService {
  readonly route: Sourced;
  /** Undefined: the route answers itself. */
  readonly service: Sourced | undefined;
  readonly choices: readonly RouteChoice[];
}

/** What a file consists of. */
const LISTS =
  'services routes upstreams targets plugins consumers certificates snis ca_certificates keyauth_credentials ' +
  'basicauth_credentials jwt_secrets acls';

/** Throws an ImportFailure if it cannot be parsed. */
export function importKong(main: NamedText): GatewayOutline {
  const outline = new GatewayOutline();
  const file = readSourced(main);
  const world: KongWorld = { file, outline };
  const { findings, root } = outline;
  for (const [name, each] of entriesOf(file)) {
    if (KNOWN.fateOf(name) !== 'translated') KNOWN.report(each.origin, findings);
    else if (!LISTS.split(' ').includes(name))
      findings.refuse(each.origin, 'unknown: it may decide who is let through');
  }
  for (const key of ['certificates', 'ca_certificates', 'snis'])
    if (itemsOf(file, key).length > 0)
      findings.refuse(
        fieldOf(file, key)!.origin,
        'are files here: set tls.certificates, and tls.client_auth for authorities',
      );
  const services = itemsOf(file, 'services');
  const routed = routedServices(world, services);
  reportOthers(world, services, [...services.flatMap((each) => itemsOf(each, 'routes')), ...itemsOf(file, 'routes')]);
  reportCredentials(world);
  const isLimitedAsOne = limitAsOne(world);
  const all = routed.flatMap((each) => each.choices.map((choice) => ({ ...each, choice })));
  for (const each of all.toSorted((one, other) => comparePriority(one.choice, other.choice))) {
    const siblings = (scope: string): number =>
      all.filter(
        ({ route, service }) =>
          scope === 'global' || (scope === 'service' ? service === each.service : route === each.route),
      ).length;
    addRule(each, each.choice, siblings, isLimitedAsOne, world);
  }
  root.set(['server', 'port'], 8000, undefined, "Kong's default; its ports are in kong.conf");
  const hasRouteLimits = outline.rules.some(({ action }) =>
    ['rate_limit', 'quota'].some((key) => action.get(key) !== undefined),
  );
  const hasLimits =
    hasRouteLimits || root.get('rate_limit', 'window') !== undefined || root.get('rate_limit', 'quota') !== undefined;
  if (hasLimits && root.get('rate_limit', 'window') === undefined) onlyRouteLimits(root, undefined);
  keepAsBefore(root, { limits: hasLimits });
  setDefaults(root);
  return outline;
}

function routedServices(world: KongWorld, services: readonly Sourced[]): readonly RoutedService[] {
  const { findings } = world.outline;
  const routed: RoutedService[] = [];
  for (const service of services) {
    const routes = childrenOf(world, 'routes', service, 'service');
    if (fieldOf(service, 'enabled')?.value === false)
      findings.note(fieldOf(service, 'enabled')!.origin, 'is turned off there: its routes are left out');
    else for (const route of routes) routed.push({ route, service, choices: choicesOf(route, world) });
  }
  for (const route of itemsOf(world.file, 'routes')) {
    const reference = givenOf(route, 'service');
    if (reference === undefined) routed.push({ route, service: undefined, choices: choicesOf(route, world) });
    else if (!services.some((each) => refersTo(reference, each)))
      findings.refuse(reference.origin, 'there is no such service in the file');
  }
  return routed;
}

/** @returns whether one limit stands for all routes, as a global plugin does there */
function limitAsOne(world: KongWorld): boolean {
  const isOne = (of: Sourced): boolean =>
    isLimit({ name: textOf(fieldOf(of, 'name')) }) && fieldOf(of, 'enabled')?.value !== false;
  const [global] = globalPlugins(world).filter(isOne);
  const nested = [...itemsOf(world.file, 'services'), ...itemsOf(world.file, 'routes')].flatMap((of) => [
    ...itemsOf(of, 'plugins'),
    ...itemsOf(of, 'routes').flatMap((route) => itemsOf(route, 'plugins')),
  ]);
  const others = [...nested, ...itemsOf(world.file, 'plugins').filter((each) => each !== global)].filter(isOne);
  if (global === undefined || others.length > 0 || !countsClients(givenOf(global, 'config'))) return false;
  const plugin = readPlugin(global, 'global', world);
  if (plugin !== undefined) limitAll(plugin, world);
  return true;
}

function addRule(
  { route, service }: RoutedService,
  choice: RouteChoice,
  siblings: RouteDraft['siblings'],
  isLimitedAsOne: boolean,
  world: KongWorld,
): void {
  const { outline } = world;
  const { match } = choice;
  const action = choice.action.copy();
  const pool = service === undefined ? undefined : poolOf(service, givenOf(route, 'preserve_host'), world);
  const hasBasePath = service !== undefined && hasPath(service);
  // How limits count depends on the credentials that are demanded.
  const plugins = pluginsOf(route, service, world).toSorted(
    (one, other) => Number(isLimit(one)) - Number(isLimit(other)),
  );
  for (const plugin of plugins)
    if (!(isLimitedAsOne && isLimit(plugin))) applyPlugin(plugin, { match, action, hasBasePath, siblings }, world);
  if (action.get('respond') === undefined) {
    if (pool === undefined) {
      if (service === undefined)
        outline.findings.refuse(route.origin, `${nameOf(route)}: has no service and no answer`);
      return;
    }
    action.set('pool', pool, service!.origin);
  }
  // The path does not matter to an answer that is always the same.
  else for (const key of ['strip_prefix', 'rewrite', 'cache']) action.delete(key);
  const origin = { ...route.origin, name: `route ${nameOf(route)}`.trim() };
  outline.addRule({ match, action, origin, name: siblings('route') === 1 ? nameOf(route) || undefined : undefined });
}

function isLimit({ name }: { readonly name: string | undefined }): boolean {
  return name === 'rate-limiting';
}

function hasPath(service: Sourced): boolean {
  const own =
    textOf(givenOf(service, 'path')) ?? /^[a-z_]+:\/\/[^/]+(\/.*)?$/i.exec(textOf(givenOf(service, 'url')) ?? '')?.[1];
  return own !== undefined && own !== '/';
}
