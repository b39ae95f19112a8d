/** A server and a location as rules of ours. */
import { hostCovers, pathAccepts } from '../matching/combine.ts';
import { quoted } from '../matching/expression.ts';
import { ANY, type Match } from '../matching/rule.ts';
import { Part } from '../outline/part.ts';
import { respondAction } from '../outline/redirect-target.ts';
import { conditionOf, joined, returned, rewritten } from './nginx-answers.ts';
import { readCache, readCompression, readRequestFields, readResponseFields } from './nginx-fields.ts';
import { readAddresses, readAuth, readBody, readLimits, refusesEveryone } from './nginx-guards.ts';
import { locationsOf, matchOf, type NginxLocation } from './nginx-locations.ts';
import { proxyTarget } from './nginx-pools.ts';
import type { NginxScope } from './nginx-scope.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import { headerName, resolved, template, type Variables } from './nginx-values.ts';
import type { NginxWorld } from './nginx-world.ts';

/** What the rules of one server need. */
export interface ServerContext {
  readonly world: NginxWorld;
  readonly origin: NginxDirective;
  readonly scope: NginxScope;
  /** Names of the server. */
  readonly names: readonly string[];
  /** The host of the rules; undefined: any. */
  readonly host: string | undefined;
  /** Uses of each zone for limits. */
  readonly uses: Map<string, number>;
}

export function addServerRules(context: ServerContext): void {
  const { scope, host, world } = context;
  const locations = locationsOf(scope, world);
  const isDone = addScripted(scope, [{ ...ANY, host }], context, locations);
  if (isDone) return;
  for (const location of locations) {
    if (location.path !== undefined) addLocation(location, context, locations);
  }
  if (locations.some(({ path }) => path?.kind === 'start' && path.text === '/')) return;
  const files = scope.directives.find(({ name }) => name === 'root' || name === 'try_files');
  if (files !== undefined)
    world.outline.findings.refuse(files, 'files are not served here: requests for them are answered 404');
  world.outline.addRule({
    match: { ...ANY, host },
    action: respondAction(404, undefined, context.origin, 'no location for it'),
    origin: context.origin,
  });
}

/** `return`, `rewrite` and `if`, in the order of the file. @returns whether a `return` ends it */
function addScripted(
  scope: NginxScope,
  matches: readonly Match[],
  context: ServerContext,
  locations: readonly NginxLocation[],
): boolean {
  const { world, host } = context;
  const { findings } = world.outline;
  const constants = constantsOf(scope);
  const add = (some: readonly Match[], action: Part | undefined, origin: NginxDirective): void => {
    if (action !== undefined)
      for (const match of some) world.outline.addRule({ match, action: guarded(action, scope, context), origin });
  };
  for (const each of scope.directives) {
    if (each.name === 'return') {
      add(matches, returned(each, scope, constants, host, findings), each);
      return true;
    }
    if (each.name === 'rewrite') addRewrite(each, scope, matches, context, locations);
    if (each.name !== 'if') continue;
    const condition = conditionOf(each, findings);
    // Methods that are left are judged with the location; the scheme with the listeners.
    if (condition === undefined || condition.allBut !== undefined || condition.isPlain === true) continue;
    const both = joined(matches, condition.matches, each, findings);
    for (const inner of each.block ?? []) {
      const action =
        inner.name === 'return'
          ? returned(inner, scope, constants, both[0]?.host ?? host, findings)
          : inner.name === 'rewrite'
            ? rewritten(inner, constants, both[0]?.host ?? host, findings)?.redirect
            : undefined;
      if (action !== undefined) add(both, action, inner);
      else if (!['set', 'break', 'access_log', 'return'].includes(inner.name) || inner.name === 'set')
        findings.refuse(inner, 'within if, only return and rewrite to another URL have a counterpart');
    }
  }
  return false;
}

/** The answer with what guards the place, which nginx checks before all but `return`. */
function guarded(action: Part, scope: NginxScope, { world }: ServerContext): Part {
  const made = action.copy();
  readResponseFields(scope, made, constantsOf(scope), world);
  return made;
}

function addRewrite(
  each: NginxDirective,
  scope: NginxScope,
  matches: readonly Match[],
  context: ServerContext,
  locations: readonly NginxLocation[],
): void {
  const { world, host } = context;
  const { findings } = world.outline;
  const flag = each.args[2];
  const isInLocation = scope !== context.scope;
  // Of a location that forwards: part of its own route.
  if (
    isInLocation &&
    flag !== 'last' &&
    flag !== 'permanent' &&
    flag !== 'redirect' &&
    scope.directives.some(({ name }) => name === 'proxy_pass')
  )
    return;
  const made = rewritten(each, constantsOf(scope), host, findings);
  if (made === undefined) return;
  const path = matches[0]?.path;
  const literal = /^\^([\w/.~-]*)/.exec(made.regex)?.[1] ?? '';
  if (
    path !== undefined &&
    !pathAccepts(path, literal) &&
    made.regex !== path.text &&
    !['^', '^/', '^(.*)$', '^(.*)', '^/(.*)$'].includes(made.regex)
  ) {
    findings.refuse(
      each,
      'its expression may match outside of the location: begin it with ^ and the path of the location',
    );
    return;
  }
  const isWhole = path !== undefined && !pathAccepts(path, literal);
  const rules = matches.map((match) => ({
    ...match,
    path: isWhole ? match.path : { kind: 'regex' as const, text: made.regex },
  }));
  if (made.redirect !== undefined) {
    for (const match of rules)
      world.outline.addRule({ match, action: guarded(made.redirect, scope, context), origin: each });
    return;
  }
  const target = locationFor(made.to, locations);
  const action =
    target === undefined || target.scope === scope ? undefined : locationAction(target, context, locations);
  if (action === undefined || action.get('rewrite') !== undefined) {
    findings.refuse(each, 'which location handles the new path is not certain: give it one of its own');
    return;
  }
  if (action.get('pool') !== undefined || action.get('split') !== undefined)
    action.set('rewrite', new Part().set('regex', made.regex, each).set('to', made.to, each), each);
  for (const match of rules) world.outline.addRule({ match, action, origin: each });
}

/** The location of a path with groups in it; undefined: not certain. */
function locationFor(to: string, locations: readonly NginxLocation[]): NginxLocation | undefined {
  const [literal = ''] = to.split('{group.', 1);
  const isFixed = literal === to;
  if (isFixed) return locations.find(({ path }) => path !== undefined && pathAccepts(path, literal));
  const isUnsure = locations.some(
    ({ path }) =>
      path !== undefined && (path.kind === 'regex' || (path.text !== literal && path.text.startsWith(literal))),
  );
  return isUnsure ? undefined : locations.find(({ path }) => path?.kind === 'start' && literal.startsWith(path.text));
}

function addLocation(location: NginxLocation, context: ServerContext, locations: readonly NginxLocation[]): void {
  const { world } = context;
  const { scope, origin } = location;
  const match = matchOf(location, context.host);
  if (isErrorPage(location, locations, context.scope)) return;
  const isInternal = scope.directives.some(({ name }) => name === 'internal');
  if (isInternal) {
    world.outline.addRule({ match, action: respondAction(404, undefined, origin, 'internal'), origin });
    return;
  }
  if (addScripted(scope, [match], context, locations)) return;
  const action = locationAction(location, context, locations);
  if (action === undefined) return;
  const methods = allowedMethods(scope, world);
  for (const { match: narrowed, action: chosen } of choices(location, action, match, context)) {
    if (methods === undefined) world.outline.addRule({ match: narrowed, action: chosen, origin });
    else world.outline.addRule({ match: { ...narrowed, methods: methods.allowed }, action: chosen, origin });
  }
  if (methods !== undefined)
    world.outline.addRule({
      match,
      action: respondAction(methods.status, undefined, methods.origin),
      origin: methods.origin,
    });
}

/** It only has a page for errors. */
function isErrorPage(
  { origin, scope, path }: NginxLocation,
  locations: readonly NginxLocation[],
  server: NginxScope,
): boolean {
  const pages = [server, ...locations.map((each) => each.scope)].flatMap((each) => each.all('error_page'));
  return (
    path?.kind === 'exact' &&
    !scope.directives.some(({ name }) => name === 'proxy_pass' || name === 'return') &&
    pages.some(({ args }) => args.at(-1) === path.text) &&
    origin.block !== null
  );
}

/** `limit_except`, or `if ($request_method !~ …) { return 405; }`, here or in the server. */
function allowedMethods(
  scope: NginxScope,
  world: NginxWorld,
): { readonly allowed: readonly string[]; readonly status: number; readonly origin: NginxDirective } | undefined {
  const except = scope.directives.find(({ name }) => name === 'limit_except');
  if (except !== undefined) {
    if (!(except.block ?? []).every(({ name, args }) => name === 'deny' && args[0] === 'all'))
      world.outline.findings.refuse(except, 'only deny all has a counterpart in it');
    // GET allows HEAD there.
    return {
      allowed: [...new Set(except.args.flatMap((each) => (each === 'GET' ? ['GET', 'HEAD'] : [each])))],
      status: 403,
      origin: except,
    };
  }
  for (const each of scope.everywhere('if')) {
    const condition = /request_method\s*!/.test(each.args.join(' '))
      ? conditionOf(each, world.outline.findings)
      : undefined;
    const code = Number(each.block?.find(({ name }) => name === 'return')?.args[0]);
    if (condition?.allBut === undefined) continue;
    return { allowed: condition.allBut, status: code >= 400 && code < 600 && code !== 444 ? code : 405, origin: each };
  }
  return undefined;
}

function locationAction(
  location: NginxLocation,
  context: ServerContext,
  locations: readonly NginxLocation[],
): Part | undefined {
  const { world } = context;
  const { scope } = location;
  const { findings } = world.outline;
  const constants = constantsOf(scope);
  const route = new Part();
  const returning = scope.directives.find(({ name }) => name === 'return');
  if (returning !== undefined) return returned(returning, scope, constants, context.host, findings);
  const { pass, files } = passOf(scope, locations);
  if (files !== undefined)
    findings.refuse(files, 'files are not served here: all requests go where those without a file went');
  if (pass === undefined) return withoutProxy(location, context);
  const to = targetsOf(pass, scope, constants, context);
  if (to === undefined) return undefined;
  if (typeof to !== 'string') route.set('split', to, pass);
  else if (to !== '') route.set('pool', to, pass);
  const single = typeof to === 'string' ? proxyUri(pass, scope, constants, world) : undefined;
  readRewrite(location, single, pass, route, context);
  readGuards(scope, route, context, locations);
  readRequestFields(scope, route, constants, world);
  readResponseFields(scope, route, constants, world);
  readCompression(scope, route);
  readCache(scope, route, world);
  const limit = scope.one('proxy_next_upstream_timeout');
  if (limit !== undefined && limit.args[0] !== '0')
    findings.note(limit, 'timeout of the route bounds all tries together: it is not set');
  return route;
}

function readGuards(
  scope: NginxScope,
  route: Part,
  { world, uses }: ServerContext,
  locations: readonly NginxLocation[],
): void {
  readAddresses(scope, route, world);
  const findUrl = (path: string): string | undefined => {
    const found = locations.find((each) => each.path !== undefined && pathAccepts(each.path, path));
    const pass = found?.scope.directives.find(({ name }) => name === 'proxy_pass');
    if (pass === undefined) return undefined;
    const url = resolved(pass.args[0] ?? '', constantsOf(found!.scope));
    const [, scheme, host = '', rest = ''] = /^(https?:\/\/)([^/$]+)(\/.*)?$/.exec(url) ?? [];
    const upstream = world.upstreams.get(host);
    if (scheme === undefined || rest.includes('$') || (upstream !== undefined && upstream.servers.length !== 1))
      return undefined;
    return `${scheme}${upstream?.servers[0]!.args[0] ?? host}${rest === '' ? path : rest}`;
  };
  readAuth(scope, route, findUrl, world);
  readLimits(scope, route, uses, world);
  readBody(scope, route, world);
}

/** Where it forwards, perhaps through `try_files`. */
function passOf(
  scope: NginxScope,
  locations: readonly NginxLocation[],
): { readonly pass?: NginxDirective; readonly files?: NginxDirective } {
  const own = scope.directives.find(({ name }) => name === 'proxy_pass');
  if (own !== undefined) return { pass: own };
  const files = scope.one('try_files');
  const name = files?.args.at(-1) ?? '';
  const named = locations.find(({ origin }) => name.startsWith('@') && origin.args[0] === name);
  const pass = named?.scope.directives.find((each) => each.name === 'proxy_pass');
  return files === undefined || pass === undefined ? {} : { pass, files };
}

/** A location that refuses everyone, or serves files. */
function withoutProxy({ scope, origin }: NginxLocation, { world }: ServerContext): Part | undefined {
  if (refusesEveryone(scope)) return respondAction(403, undefined, scope.all('deny')[0] ?? origin);
  const files = ['alias', 'try_files', 'root', 'index']
    .map((name) => scope.one(name))
    .find((each) => each !== undefined);
  const passes = scope.directives.find(({ name }) => name.endsWith('_pass'));
  if (passes === undefined && scope.directives.some(({ name }) => name === 'stub_status'))
    return respondAction(404, undefined, origin);
  if (files !== undefined && passes === undefined)
    world.outline.findings.refuse(files, 'files are not served here: requests for them are answered 404');
  else if (passes === undefined) world.outline.findings.lose(origin, 'forwards nothing: answered 404');
  return respondAction(404, undefined, origin);
}

/** A pool, or a split; the empty text: `choices` knows. */
function targetsOf(
  pass: NginxDirective,
  scope: NginxScope,
  constants: Variables,
  { world, names }: ServerContext,
): string | readonly Part[] | undefined {
  const url = resolved(pass.args[0] ?? '', constants);
  const [, before = '', variable = '', after = ''] = /^(.*)\$\{?(\w+)\}?(.*)$/.exec(url) ?? [];
  const split = world.splits.get(variable);
  if (split !== undefined) {
    return split.parts.flatMap(([share, value]) => {
      const target = proxyTarget(pass, `${before}${value}${after}`, scope, constants, names, world);
      return target === undefined
        ? []
        : [new Part().set('pool', target, split.origin).set('weight', share, split.origin)];
    });
  }
  if (world.maps.has(variable)) return '';
  return proxyTarget(pass, templateless(pass.args[0] ?? '', constants), scope, constants, names, world);
}

/** Without the URI, which may have groups in it. */
function templateless(url: string, constants: Variables): string {
  return resolved(url, constants).replace(/^(https?:\/\/[^/$]+)\/.*$/, '$1');
}

function proxyUri(
  pass: NginxDirective,
  scope: NginxScope,
  constants: Variables,
  world: NginxWorld,
): string | undefined {
  const [, uri] = /^https?:\/\/[^/]+(\/.*)$/.exec(resolved(pass.args[0] ?? '', constants)) ?? [];
  if (uri === undefined || uri === '$request_uri' || uri === '/$request_uri') return undefined;
  const { text, unknown } = template(uri.replace(/\$is_args\$args$/, ''), constants);
  if (text === undefined) world.outline.findings.refuse(pass, `${unknown} in the path has no placeholder here`);
  return text;
}

function readRewrite(
  { path, scope }: NginxLocation,
  uri: string | undefined,
  pass: NginxDirective,
  route: Part,
  { world, host }: ServerContext,
): void {
  const { findings } = world.outline;
  const [first, second] = scope.directives.filter(
    ({ name, args }) => name === 'rewrite' && (args[2] ?? 'break') === 'break',
  );
  if (second !== undefined) findings.refuse(second, 'a route rewrites the path once');
  if (first !== undefined) {
    const made = rewritten(first, constantsOf(scope), host, findings);
    if (made !== undefined && made.redirect === undefined)
      route.set('rewrite', new Part().set('regex', made.regex, first).set('to', made.to, first), first);
    return;
  }
  if (uri === undefined || path === undefined || (path.kind === 'start' && path.text === uri)) return;
  if (path.kind !== 'start') {
    if (uri !== '{path}') route.set(['rewrite', 'path'], uri, pass);
  } else if (uri === '/' && path.text.length > 1) route.set('strip_prefix', true, pass);
  else if (path.text.endsWith('/') === uri.endsWith('/') && path.text !== '/')
    route.set(['rewrite', 'prefix'], uri.replace(/(?!^)\/$/, ''), pass);
  else route.set('rewrite', new Part().set('regex', `^${quoted(path.text)}`, pass).set('to', uri, pass), pass);
}

interface Choice {
  readonly match: Match;
  readonly action: Part;
}

/** One for each entry of a map that says where to forward; otherwise the action itself. */
function choices(location: NginxLocation, action: Part, match: Match, context: ServerContext): readonly Choice[] {
  const { world, names } = context;
  const { scope } = location;
  const pass = scope.directives.find(({ name }) => name === 'proxy_pass');
  const constants = constantsOf(scope);
  const url = resolved(pass?.args[0] ?? '', constants);
  const [, before = '', variable = '', after = ''] = /^(.*)\$\{?(\w+)\}?(.*)$/.exec(url) ?? [];
  const map = world.maps.get(variable);
  if (map === undefined || pass === undefined) return [{ match, action }];
  const { findings } = world.outline;
  const forValue = (value: string, narrowed: readonly Match[]): readonly Choice[] => {
    if (value === '')
      return narrowed.map((each) => ({
        match: each,
        action: respondAction(404, undefined, map.origin, 'the map has no value'),
      }));
    const target = proxyTarget(pass, `${before}${value}${after}`, scope, constants, names, world);
    return target === undefined
      ? []
      : narrowed.map((each) => ({ match: each, action: action.copy().set('pool', target, map.origin) }));
  };
  const entries = map.entries.flatMap(([key, value]) => {
    const narrowed = mapMatch(map.source, key);
    if (narrowed === undefined) {
      findings.refuse(map.origin, `"${key}" of $${map.source}: no route can demand it`);
      return [];
    }
    return forValue(value, joined([match], [narrowed], map.origin as NginxDirective, findings));
  });
  return [...entries, ...forValue(map.fallback, [match])];
}

function mapMatch(source: string, key: string): Match | undefined {
  if (key.startsWith('~')) return undefined;
  if (source === 'host' || source === 'http_host') return { ...ANY, host: key.replace(/^\./, '*.') };
  if (source === 'request_method') return { ...ANY, methods: [key] };
  if (key === '') return undefined;
  if (source.startsWith('http_')) return { ...ANY, headers: { [headerName(source)]: key } };
  return source.startsWith('arg_') ? { ...ANY, query: { [source.slice(4)]: key } } : undefined;
}

/** Variables that `set` gives one value, here or around. */
function constantsOf(scope: NginxScope): Variables {
  return new Map(scope.everywhere('set').map(({ args }) => [(args[0] ?? '').replace('$', ''), args[1] ?? '']));
}

/** Whether another server has a name that would take requests for `name` from the default one. */
export function isTaken(name: string, others: readonly string[]): boolean {
  return others.some((other) => other.startsWith('*.') && hostCovers(other, name));
}
