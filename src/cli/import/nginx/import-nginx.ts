/** Reads a configuration of nginx. */
import type { IncludedFiles, NamedText } from '../outline/bounded-files.ts';
import { knownDirectives } from '../outline/directive-table.ts';
import { GatewayOutline, keepAsBefore, onlyRouteLimits } from '../outline/gateway-outline.ts';
import { readNginx } from './expand-includes.ts';
import { RETRIED } from './nginx-pools.ts';
import { NginxScope } from './nginx-scope.ts';
import { translateServers } from './nginx-servers.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import { NGINX_TABLE } from './nginx-table.ts';
import { readUpstream } from './nginx-upstreams.ts';
import { nginxBytes, nginxMs, timeOf } from './nginx-values.ts';
import { readShared } from './nginx-world.ts';

const KNOWN = knownDirectives(NGINX_TABLE);
/** Their contents are no directives. */
const DATA_BLOCKS = ['map', 'split_clients', 'geo', 'types', 'limit_except'];

/** Throws an ImportFailure if it cannot be parsed. */
export function importNginx(main: NamedText, files: IncludedFiles): GatewayOutline {
  const outline = new GatewayOutline();
  const all = readNginx(main, files);
  report(all, outline);
  // A file of conf.d has the contents of http.
  const http = all.flatMap((each) => (each.name === 'http' ? (each.block ?? []) : [each]));
  const upstreams = new Map(
    http
      .filter(({ name }) => name === 'upstream')
      .map((each) => [each.args[0] ?? '', readUpstream(each, outline.findings)] as const),
  );
  readGateway(http, outline);
  const world = { outline, upstreams, ...readShared(http, outline) };
  translateServers(new NginxScope(http, null), world);
  const hasLimits = outline.rules.some(({ action }) => action.get('rate_limit') !== undefined);
  const hasCap = outline.rules.some(({ action }) => action.get('max_in_flight_per_client') !== undefined);
  if (hasLimits || hasCap)
    onlyRouteLimits(
      outline.root,
      http.find(({ name }) => name.startsWith('limit_')),
    );
  keepAsBefore(outline.root, { limits: hasLimits || hasCap });
  return outline;
}

function report(directives: readonly NginxDirective[], outline: GatewayOutline): void {
  for (const each of directives) {
    const isOff = each.args.length === 1 && each.args[0] === 'off';
    if (!(isOff && KNOWN.fateOf(each.name) !== 'unknown')) KNOWN.report(each, outline.findings);
    if (each.name === 'error_page') outline.findings.lose(each, 'set error_pages of the route to HTML files');
    if (each.block !== null && !DATA_BLOCKS.includes(each.name) && KNOWN.fateOf(each.name) === 'translated')
      report(each.block, outline);
  }
}

/** What is said once for all servers. */
function readGateway(http: readonly NginxDirective[], outline: GatewayOutline): void {
  const { root, findings } = outline;
  const find = (name: string): NginxDirective | undefined => http.findLast((each) => each.name === name);
  for (const [key, fallback, name] of [
    ['connect', '60s', 'proxy_connect_timeout'],
    ['response', '60s', 'proxy_read_timeout'],
    ['idle', '60s', 'proxy_read_timeout'],
  ] as const) {
    const own = find(name);
    const time = own === undefined ? undefined : timeOf(own, findings);
    root.set(['timeouts', key], time ?? fallback, own, own === undefined ? "nginx's default" : undefined);
  }
  root.set(['retries', 'statuses'], [], undefined, 'as nginx: answers are not retried, unless http_… says so');
  root.set(['retries', 'methods'], RETRIED, undefined, 'as nginx: not POST, LOCK and PATCH');
  root.set(['route_defaults', 'timeout'], '0s', undefined, 'as nginx: timeouts alone decide');
  const threads = find('worker_processes');
  const count = Number(threads?.args[0]);
  if (threads !== undefined && count >= 1 && count <= 64) root.set(['server', 'threads'], count, threads);
  for (const [name, key] of [
    ['keepalive_timeout', 'keep_alive'],
    ['client_header_timeout', 'head_timeout'],
    ['send_timeout', 'write_timeout'],
  ] as const) {
    const own = find(name);
    if (own === undefined) continue;
    if (nginxMs(own.args[0] ?? '') === 0) findings.note(own, '0: connections are kept for a moment at least');
    else {
      const time = timeOf(own, findings);
      if (time !== undefined) root.set(['server', key], time, own);
    }
  }
  const requests = find('keepalive_requests');
  if (requests !== undefined) root.set(['server', 'max_requests_per_connection'], Number(requests.args[0]), requests);
  const heads = find('large_client_header_buffers');
  const bytes = nginxBytes(heads?.args[1] ?? '');
  if (heads !== undefined && bytes !== undefined)
    root.set(['server', 'max_head_bytes'], Math.min(1_048_576, Number(heads.args[0]) * bytes), heads);
  readProxies(http, outline);
}

/** Addresses are judged behind these proxies. */
function readProxies(http: readonly NginxDirective[], { root, findings }: GatewayOutline): void {
  const servers = http.filter(({ name }) => name === 'server').flatMap(({ block }) => block ?? []);
  const all = [...http, ...servers];
  const from = all.filter(({ name }) => name === 'set_real_ip_from');
  const [first] = from;
  if (first === undefined) return;
  const field = all.find(({ name }) => name === 'real_ip_header');
  const by = field?.args[0]?.toLowerCase() ?? 'x-real-ip';
  if (by === 'proxy_protocol')
    root.set(['server', 'proxy_protocol_from'], [...new Set(from.map(({ args }) => args[0] ?? ''))], first);
  else root.set(['server', 'trust_proxy'], [...new Set(from.map(({ args }) => args[0] ?? ''))], first);
  if (!['x-forwarded-for', 'proxy_protocol'].includes(by))
    findings.refuse(field ?? first, `${by}: the address of the caller is read from X-Forwarded-For`);
}
