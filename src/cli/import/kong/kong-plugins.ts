/** Plugins of Kong: which of them a route has, and what each becomes. */
import { fieldOf, type Sourced, textOf, textsOf } from '../document/sourced-document.ts';
import { childrenOf, givenOf, itemsOf, KNOWN, type KongWorld, onlyKeys, refersTo } from './kong-entities.ts';
import { applyAuth } from './kong-auth.ts';
import { applyFields } from './kong-fields.ts';
import { applyLimits } from './kong-limits.ts';
import type { ApplyPlugin, KongPlugin, RouteDraft } from './kong-plugin.ts';

const KINDS: readonly ApplyPlugin[] = [applyLimits, applyAuth, applyFields];

/** Translates one, or reports that it cannot be. */
export function applyPlugin(plugin: KongPlugin, draft: RouteDraft, world: KongWorld): void {
  if (KINDS.some((apply) => apply(plugin, draft, world))) return;
  if (KNOWN.fateOf(plugin.name) === 'translated')
    world.outline.findings.refuse(plugin.origin, 'unknown: it may decide who is let through');
  else KNOWN.report(plugin.origin, world.outline.findings);
}

/** Of each name, the one for the route comes before the one for its service, and that before a global one. */
export function pluginsOf(route: Sourced, service: Sourced | undefined, world: KongWorld): readonly KongPlugin[] {
  const found = new Map<string, KongPlugin>();
  const add = (scope: KongPlugin['scope'], some: readonly Sourced[]): void => {
    for (const each of some) {
      const plugin = readPlugin(each, scope, world);
      if (plugin !== undefined && !found.has(plugin.name)) found.set(plugin.name, plugin);
    }
  };
  const isShared = (each: Sourced): boolean => givenOf(each, 'consumer') === undefined;
  const ofRoute = childrenOf(world, 'plugins', route, 'route').filter(isShared);
  const fits = (each: Sourced): boolean => {
    const wanted = givenOf(each, 'service');
    return wanted === undefined || (service !== undefined && refersTo(wanted, service));
  };
  add('route', [...ofRoute.filter((each) => givenOf(each, 'service') !== undefined), ...ofRoute].filter(fits));
  if (service !== undefined)
    add(
      'service',
      childrenOf(world, 'plugins', service, 'service').filter(
        (each) => isShared(each) && givenOf(each, 'route') === undefined,
      ),
    );
  add('global', globalPlugins(world));
  return [...found.values()];
}

export function globalPlugins({ file }: KongWorld): readonly Sourced[] {
  return itemsOf(file, 'plugins').filter((each) =>
    ['service', 'route', 'consumer', 'consumer_group'].every((key) => givenOf(each, key) === undefined),
  );
}

/** Undefined: it is turned off. */
export function readPlugin(
  of: Sourced,
  scope: KongPlugin['scope'],
  { outline: { findings } }: KongWorld,
): KongPlugin | undefined {
  const name = textOf(fieldOf(of, 'name')) ?? 'plugins';
  if (fieldOf(of, 'enabled')?.value === false) return undefined;
  onlyKeys(
    of,
    'name config enabled id tags created_at updated_at instance_name service route consumer protocols run_on',
    findings,
  );
  const protocols = givenOf(of, 'protocols');
  const kept = textsOf(protocols);
  if (protocols !== undefined && !(kept.includes('http') && kept.includes('https')) && !kept.includes('grpc'))
    findings.refuse(protocols.origin, 'a route treats requests of both ports alike');
  const config = givenOf(of, 'config');
  if (config !== undefined && config.fields === null) findings.refuse(config.origin, 'is no mapping');
  return { name, config, origin: { ...of.origin, name }, scope };
}

/** Plugins that no route has: of one client, or of a service or route that is nowhere. */
export function reportOthers(world: KongWorld, services: readonly Sourced[], routes: readonly Sourced[]): void {
  const { findings } = world.outline;
  const nested = (some: readonly Sourced[]): readonly Sourced[] => some.flatMap((of) => itemsOf(of, 'plugins'));
  const consumers = itemsOf(world.file, 'consumers');
  const ofService = nested(services);
  const some = [...itemsOf(world.file, 'plugins'), ...ofService, ...nested(routes), ...nested(consumers)];
  for (const each of some) {
    if (fieldOf(each, 'enabled')?.value === false) continue;
    const name = textOf(fieldOf(each, 'name')) ?? 'plugins';
    const origin = { ...each.origin, name };
    const isOfConsumer = givenOf(each, 'consumer') !== undefined || nested(consumers).includes(each);
    if (isOfConsumer && KNOWN.fateOf(name) === 'lost') KNOWN.report(origin, findings);
    else if (isOfConsumer)
      findings.refuse(
        origin,
        'is for one consumer: a client has limits of its own with sluice clients, and nothing else',
      );
    for (const [key, known] of [
      ['service', services],
      ['route', ofService.includes(each) ? [] : routes],
    ] as const) {
      const reference = givenOf(each, key);
      if (reference !== undefined && !known.some((of) => refersTo(reference, of)))
        findings.refuse(reference.origin, `there is no such ${key} in the file`);
    }
    const group = givenOf(each, 'consumer_group');
    if (group !== undefined) findings.refuse(group.origin, 'limits of clients are set with sluice clients');
  }
}
