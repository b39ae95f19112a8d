/** `proxy_pass` and what is said about the connection behind it: a pool of ours. */
import { Part } from '../outline/part.ts';
import type { NginxScope } from './nginx-scope.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import { backendsOf } from './nginx-upstreams.ts';
import { resolved, timeOf, type Variables } from './nginx-values.ts';
import type { NginxWorld } from './nginx-world.ts';

/** Methods that are tried again. */
export const RETRIED = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'];

/** The name of the pool; undefined, with a finding: there is none. @param hosts names of the server, which a fixed Host may be one of */
export function proxyTarget(
  each: NginxDirective,
  url: string,
  scope: NginxScope,
  constants: Variables,
  hosts: readonly string[],
  { outline, upstreams }: NginxWorld,
): string | undefined {
  const { findings } = outline;
  const text = resolved(url, constants);
  const [, scheme = '', host = '', port = ''] =
    /^(https?):\/\/(\[[\da-fA-F:.]+\]|[^/:[\]$]+)(:\d+)?(?:\/.*)?$/.exec(text) ?? [];
  if (host === '' || scheme === '') {
    findings.refuse(
      each,
      text.includes('unix:')
        ? 'a Unix socket: backends have a host and a port'
        : `"${text}" leads to an address that only a request says`,
    );
    return undefined;
  }
  const upstream = port === '' ? upstreams.get(host) : undefined;
  const pool = new Part();
  if (upstream === undefined)
    pool.set('backends', [
      new Part().set('url', `${scheme}://${host}${port === '' ? (scheme === 'https' ? ':443' : ':80') : port}`, each),
    ]);
  else {
    const backends = backendsOf(upstream, scheme, findings);
    if (backends.length === 0) {
      findings.refuse(upstream.origin, 'has no server that can be used');
      return undefined;
    }
    pool.set('backends', backends, upstream.origin);
    pool.fill(upstream.pool);
  }
  readHost(
    each,
    upstream === undefined ? [host, `${host}${port}`] : upstream.servers.map(({ args }) => args[0]!),
    scope,
    hosts,
    pool,
    findings,
  );
  readTimes(scope, pool, findings);
  readRetries(scope, pool, (pool.get('backends') as readonly Part[]).length, findings);
  if (scheme === 'https') readTls(scope, pool, findings);
  readChecks(scope, pool, findings);
  return outline.addPool(
    upstream === undefined ? `${host.replaceAll(/[[\]]/g, '')}${port.replace(':', '-')}` : host,
    pool,
  );
}

function readHost(
  each: NginxDirective,
  backends: readonly string[],
  scope: NginxScope,
  hosts: readonly string[],
  pool: Part,
  findings: NginxWorld['outline']['findings'],
): void {
  const field = scope.all('proxy_set_header').findLast(({ args }) => args[0]?.toLowerCase() === 'host');
  if (field === undefined) {
    pool.set('preserve_host', false, each, "nginx's default: not the Host of the client");
    return;
  }
  const [, value = ''] = field.args;
  if (/^\$(?:\{?(?:host|http_host)\}?)(?::\$server_port)?$/.test(value)) return;
  if (value === '$proxy_host' || backends.includes(value)) pool.set('preserve_host', false, field);
  else if (!(hosts.length === 1 && (hosts[0] === value || value === '$server_name')))
    findings.refuse(
      field,
      `Host: ${value}: backends get the Host of the client, or with preserve_host: false their own`,
    );
}

function readTimes(scope: NginxScope, pool: Part, findings: NginxWorld['outline']['findings']): void {
  for (const [name, keys] of [
    ['proxy_connect_timeout', ['connect']],
    ['proxy_read_timeout', ['response', 'idle']],
  ] as const) {
    const own = scope.one(name);
    const time = own === undefined ? undefined : timeOf(own, findings);
    for (const key of keys) if (time !== undefined) pool.set(['timeouts', key], time, own);
  }
}

function readRetries(
  scope: NginxScope,
  pool: Part,
  backends: number,
  findings: NginxWorld['outline']['findings'],
): void {
  const own = scope.one('proxy_next_upstream');
  const tries = scope.one('proxy_next_upstream_tries');
  const conditions = own?.args ?? ['error', 'timeout'];
  const most = Number(tries?.args[0] ?? '0');
  const attempts = conditions.includes('off')
    ? 0
    : Math.min(10, (most === 0 ? backends : Math.min(most, backends)) - 1);
  pool.set(
    ['retries', 'attempts'],
    attempts,
    tries ?? own,
    own === undefined && tries === undefined ? 'as nginx: each server once' : undefined,
  );
  const statuses = conditions.flatMap((each) => (/^http_[45]\d\d$/.test(each) ? [Number(each.slice(5))] : []));
  if (statuses.length > 0) pool.set(['retries', 'statuses'], statuses, own);
  if (conditions.includes('non_idempotent')) pool.set(['retries', 'methods'], [...RETRIED, 'POST', 'PATCH'], own);
  if (own !== undefined && !conditions.includes('off') && !conditions.includes('timeout'))
    findings.note(own, 'a timeout is retried here, too, if the method allows it');
}

function readTls(scope: NginxScope, pool: Part, findings: NginxWorld['outline']['findings']): void {
  for (const [name, key] of [
    ['proxy_ssl_trusted_certificate', 'ca_file'],
    ['proxy_ssl_certificate', 'cert_file'],
    ['proxy_ssl_certificate_key', 'key_file'],
    ['proxy_ssl_name', 'server_name'],
  ] as const) {
    const own = scope.one(name);
    const value = own?.args[0];
    if (value === undefined || (key === 'server_name' && value.includes('$'))) continue;
    pool.set(['tls', key], value, own);
  }
  if (!scope.isOn('proxy_ssl_verify'))
    findings.note(
      scope.one('proxy_ssl_verify') ?? scope.one('proxy_pass'),
      'certificates of https backends are verified here; insecure_skip_tls_verify of the pool turns that off',
    );
}

/** The active checks of nginx Plus. */
function readChecks(scope: NginxScope, pool: Part, findings: NginxWorld['outline']['findings']): void {
  const own = scope.one('health_check');
  if (own === undefined) return;
  const put = (key: string, value: string | number): void => void pool.set(['health_check', key], value, own);
  pool.set(['health_check', 'enabled'], true, own);
  const options = Object.fromEntries(own.args.map((arg) => arg.split('=', 2))) as Record<string, string | undefined>;
  put('path', options['uri'] ?? '/');
  const interval = `${Number.parseInt(options['interval'] ?? '5', 10)}s`;
  put('interval', interval);
  put('fall', Number(options['fails'] ?? '1'));
  put('rise', Number(options['passes'] ?? '1'));
  if (options['port'] !== undefined) put('port', Number(options['port']));
  if (options['match'] !== undefined)
    findings.lose(own, 'match: set expected_status and expected_body of health_check');
}
