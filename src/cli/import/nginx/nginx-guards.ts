/** Who may use a location: addresses, passwords, limits, the size of bodies. */
import { addressLists } from '../outline/address-order.ts';
import { askService, noteForwarded, passAnswer } from '../outline/forwarded-auth.ts';
import type { Part } from '../outline/part.ts';
import type { NginxScope } from './nginx-scope.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import { option } from './nginx-upstreams.ts';
import { headerName, nginxBytes } from './nginx-values.ts';
import type { NginxWorld } from './nginx-world.ts';

/** nginx's default. */
const MAX_BODY = 1024 * 1024;

/** `allow` and `deny`, as lists of ours. */
export function readAddresses(scope: NginxScope, route: Part, { outline }: NginxWorld): void {
  const rules = scope.all('allow', 'deny');
  if (rules.length === 0) return;
  const lists = addressLists(
    rules.map(({ name, args }) => ({ isAllowed: name === 'allow', address: args[0] ?? '' })),
    true,
  );
  const [first] = rules;
  if (lists === undefined)
    return outline.findings.refuse(first, 'has an address that is neither an IP address nor a block');
  if (lists.allow.length > 0) route.set('allow', lists.allow, first);
  if (lists.deny.length > 0) route.set('deny', lists.deny, first);
}

/** Every client is refused. */
export function refusesEveryone(scope: NginxScope): boolean {
  const rules = scope.all('allow', 'deny');
  return rules[0]?.name === 'deny' && rules[0].args[0] === 'all';
}

export function readLimits(scope: NginxScope, route: Part, uses: Map<string, number>, world: NginxWorld): void {
  const { findings } = world.outline;
  const requests = scope.all('limit_req');
  for (const [at, each] of requests.entries()) {
    const name = option(each, 'zone') ?? '';
    const zone = world.zones.get(name);
    if (zone?.rate === undefined || zone.rate === null) {
      findings.refuse(each, `there is no limit_req_zone "${name}"`);
      continue;
    }
    if (at > 1) {
      findings.refuse(each, 'a route has one limit for each client, and one for all of them together');
      continue;
    }
    const kind = limitKind(zone.key);
    if (kind === undefined) {
      findings.refuse(each, `counts by ${zone.key}, which has no placeholder here`);
      continue;
    }
    if (route.get('rate_limit', kind.of) !== undefined) {
      findings.refuse(
        each,
        'a second limit of this kind: a route has one for each client, and one for all of them together',
      );
      continue;
    }
    const burst = Number(option(each, 'burst') ?? '0');
    route.set(['rate_limit', kind.of, 'capacity'], burst + 1, each);
    route.set(['rate_limit', kind.of, 'rate_per_second'], Math.round(zone.rate * 1000) / 1000, zone.origin);
    if (kind.key !== undefined) route.set(['rate_limit', kind.of, 'key'], kind.key, zone.origin);
    if (burst > 0 && !each.args.includes('nodelay'))
      findings.note(each, 'requests within the burst are forwarded at once, not delayed');
    if (scope.isOn('limit_req_dry_run')) route.set(['rate_limit', 'dry_run'], true, scope.one('limit_req_dry_run'));
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  readConnections(scope, route, world);
}

function limitKind(key: string): { readonly of: 'client' | 'total'; readonly key?: string } | undefined {
  const name = key.replace(/^\$\{?(\w+)\}?$/, '$1');
  if (/^(?:binary_)?remote_addr$/.test(name)) return { of: 'client' };
  if (['server_name', 'host', 'server_addr', 'server_port'].includes(name)) return { of: 'total' };
  if (name.startsWith('http_')) return { of: 'client', key: `{header.${headerName(name)}}` };
  return name === 'remote_user' ? { of: 'client', key: '{auth_user}' } : undefined;
}

function readConnections(scope: NginxScope, route: Part, { zones, outline }: NginxWorld): void {
  for (const each of scope.all('limit_conn')) {
    const [name = '', count = ''] = each.args;
    const kind = limitKind(zones.get(name)?.key ?? '');
    if (kind?.of === 'client' && kind.key === undefined) route.set('max_in_flight_per_client', Number(count), each);
    else
      outline.findings.refuse(
        each,
        `"${name}" is no zone that counts each client: max_in_flight_per_client is for those`,
      );
  }
}

export function readBody(scope: NginxScope, route: Part, { outline }: NginxWorld): void {
  const own = scope.one('client_max_body_size');
  const bytes = own === undefined ? MAX_BODY : nginxBytes(own.args[0] ?? '');
  if (bytes === undefined) outline.findings.refuse(own, `found "${own?.args[0] ?? ''}", which is not a size`);
  else if (bytes > 0) route.set('max_body_bytes', bytes, own, own === undefined ? "nginx's default: 1m" : undefined);
}

/** `auth_basic` and `auth_request`. @param findUrl where an internal location leads */
export function readAuth(
  scope: NginxScope,
  route: Part,
  findUrl: (path: string) => string | undefined,
  { outline }: NginxWorld,
): void {
  const { findings } = outline;
  const satisfy = scope.one('satisfy');
  if (satisfy?.args[0] === 'any')
    findings.refuse(satisfy, 'any: addresses and credentials are both demanded here, never one of them');
  const basic = scope.one('auth_basic');
  if (basic !== undefined && basic.args[0] !== 'off')
    findings.refuse(
      basic,
      'htpasswd hashes cannot be verified here: set auth.basic with new ones from sluice password',
    );
  const request = scope.one('auth_request');
  if (request === undefined || request.args[0] === 'off') return;
  const url = findUrl(request.args[0] ?? '');
  if (url === undefined)
    return findings.refuse(request, 'its location leads to no fixed URL: set auth.forward of the route');
  askService(route, url, request);
  noteForwarded(findings, request);
  readAuthFields(scope, route, request, findings);
}

/** `auth_request_set $user $upstream_http_x_user` and `proxy_set_header X-User $user`. */
function readAuthFields(
  scope: NginxScope,
  route: Part,
  request: NginxDirective,
  findings: NginxWorld['outline']['findings'],
): void {
  const answered = new Map(
    scope
      .everywhere('auth_request_set')
      .map(({ args }) => [args[0] ?? '', /^\$upstream_http_(\w+)$/.exec(args[1] ?? '')?.[1]]),
  );
  const names = scope.all('proxy_set_header').flatMap((field) => {
    const [name = '', value = ''] = field.args;
    const from = answered.get(value)?.replaceAll('_', '-');
    if (from === undefined) return [];
    if (from.toLowerCase() === name.toLowerCase()) return [from];
    findings.refuse(field, `backends get fields of the service under their own name: ${from}`);
    return [];
  });
  passAnswer(route, names, request);
}
