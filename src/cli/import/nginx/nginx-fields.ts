/** Header fields, compression and the cache of a location. */
import type { Part } from '../outline/part.ts';
import type { NginxScope } from './nginx-scope.ts';
import { nginxBytes, nginxMs, template, type Variables } from './nginx-values.ts';
import { timeText } from '../outline/times.ts';
import type { NginxWorld } from './nginx-world.ts';

/** Sluice sends them by itself, or they belong to a connection. */
const SENT =
  /^(?:host|connection|upgrade|x-forwarded-(?:for|proto|host|port|prefix|server|scheme)|x-request-id|te|keep-alive|transfer-encoding|content-length|via)$/;

export function readRequestFields(scope: NginxScope, route: Part, constants: Variables, { outline }: NginxWorld): void {
  const removed: string[] = [];
  const answered = new Set(scope.everywhere('auth_request_set').map(({ args }) => args[0]));
  const fields = scope.all('proxy_set_header');
  for (const each of fields) {
    const [given = '', value = ''] = each.args;
    const name = given.toLowerCase();
    if (SENT.test(name) || answered.has(value)) continue;
    if (value === '') {
      removed.push(name);
      continue;
    }
    const { text, unknown } = template(value, constants);
    if (text !== undefined) route.set(['request_headers', 'set', name], text, each);
    else {
      outline.findings.lose(each, `${given}: ${unknown} has no placeholder here; what clients send in it is removed`);
      removed.push(name);
    }
  }
  if (removed.length > 0) route.set(['request_headers', 'remove'], removed, fields[0]);
}

export function readResponseFields(
  scope: NginxScope,
  route: Part,
  constants: Variables,
  { outline }: NginxWorld,
): void {
  for (const each of scope.all('add_header')) {
    const [given = '', value = ''] = each.args;
    const name = given.toLowerCase();
    const { text, unknown } = template(value, constants);
    if (text === undefined) outline.findings.lose(each, `${given}: ${unknown} has no placeholder here`);
    else if (route.get('response_headers', 'add', name) !== undefined)
      outline.findings.lose(each, `${given} is added twice: a route adds one field of a name`);
    else if (text !== '') route.set(['response_headers', 'add', name], text, each);
  }
  const hidden = scope.all('proxy_hide_header');
  if (hidden.length > 0)
    route.set(
      ['response_headers', 'remove'],
      hidden.map(({ args }) => (args[0] ?? '').toLowerCase()),
      hidden[0],
    );
}

export function readCompression(scope: NginxScope, route: Part): void {
  const own = scope.one('gzip');
  if (own?.args[0] !== 'on') return;
  route.set(['compression', 'encodings'], ['gzip'], own);
  const types = scope.one('gzip_types');
  const listed = types?.args.filter((type) => type !== '*').map((type) => type.toLowerCase()) ?? [];
  route.set(
    ['compression', 'types'],
    types?.args.includes('*') === true
      ? ['text/*', 'application/*', 'image/svg+xml']
      : [...new Set(['text/html', ...listed])],
    types ?? own,
  );
  const length = scope.one('gzip_min_length');
  const bytes = nginxBytes(length?.args[0] ?? '20') ?? 20;
  route.set(
    ['compression', 'min_bytes'],
    Math.max(1, bytes),
    length,
    length === undefined ? "nginx's default" : undefined,
  );
  const level = scope.one('gzip_comp_level');
  route.set(
    ['compression', 'level', 'gzip'],
    Number(level?.args[0] ?? '1'),
    level,
    level === undefined ? "nginx's default" : undefined,
  );
}

export function readCache(scope: NginxScope, route: Part, { outline }: NginxWorld): void {
  const own = scope.one('proxy_cache');
  if (own === undefined || own.args[0] === 'off') return;
  const { findings } = outline;
  const valid = scope
    .all('proxy_cache_valid')
    .find(({ args }) => args.length === 1 || args.includes('200') || args.includes('any'));
  const ms = nginxMs(valid?.args.at(-1) ?? '');
  route.set(['cache', 'default_ttl'], ms === undefined ? '0s' : timeText(ms, valid!, findings), valid ?? own);
  if (scope.one('proxy_cache_use_stale')?.args.includes('error') === true)
    route.set(['cache', 'stale_if_error'], '1h', scope.one('proxy_cache_use_stale'));
  findings.note(
    own,
    'answers are stored in memory, as RFC 9111 says: never those to requests with credentials unless they are public',
  );
  for (const name of ['proxy_cache_bypass', 'proxy_no_cache', 'proxy_cache_key']) {
    const more = scope.one(name);
    if (more !== undefined && !(name === 'proxy_cache_key' && /^\S*\$request_uri$/.test(more.args.join(''))))
      findings.refuse(more, 'who gets a stored answer depends on it: see cache.key of the route');
  }
}
