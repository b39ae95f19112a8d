/** `server` blocks: what they listen on, their names and certificates, and which redirect to TLS. */
import { Part, type PartValue } from '../outline/part.ts';
import { conditionOf } from './nginx-answers.ts';
import { addServerRules, isTaken } from './nginx-rules.ts';
import { NginxScope } from './nginx-scope.ts';
import type { NginxDirective } from './nginx-syntax.ts';
import type { NginxWorld } from './nginx-world.ts';

interface NginxServer {
  readonly origin: NginxDirective;
  readonly scope: NginxScope;
  /** Of ours; empty: none, or `_`. */
  readonly names: readonly string[];
  readonly listens: readonly Listen[];
  /** It only leads to the same URL by https. */
  readonly redirect: number | undefined;
}

interface Listen {
  readonly origin: NginxDirective;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly isDefault: boolean;
  readonly hasProxyHeader: boolean;
}

export function translateServers(http: NginxScope, world: NginxWorld): void {
  const { outline } = world;
  const servers = http.directives.filter(({ name }) => name === 'server').map((each) => readServer(each, http, world));
  readListeners(servers, world);
  const withTls = servers.filter(({ listens }) => listens.some(({ isTls }) => isTls));
  const uses = new Map<string, number>();
  const tlsNames = new Set(withTls.flatMap(({ names }) => names));
  const serving = servers.filter(
    ({ redirect, names }) =>
      redirect === undefined || names.some((name) => !tlsNames.has(name)) || withTls.length === 0,
  );
  const fallback =
    serving.find(({ listens }) => listens.some(({ isDefault }) => isDefault)) ??
    serving.find(({ redirect }) => redirect === undefined) ??
    serving[0];
  const taken = new Map<string, NginxServer>();
  // A server with TLS is what a client is redirected to: its rules count. The rules for any host come last.
  const order = (server: NginxServer): number => (server === fallback ? 2 : 0) + (withTls.includes(server) ? 0 : 1);
  for (const server of serving.toSorted((one, other) => order(one) - order(other))) {
    const others = servers.filter((each) => each !== server).flatMap(({ names }) => names);
    const hosts = server.names.filter((name) => !(server.redirect !== undefined && tlsNames.has(name)));
    const used: (string | undefined)[] =
      server === fallback && !demandsCertificates(server)
        ? [...hosts.filter((name) => isTaken(name, others)), undefined]
        : hosts;
    for (const host of used) {
      const key = host ?? '';
      const first = taken.get(key);
      if (first !== undefined && first !== server) {
        outline.findings.refuse(
          server.origin,
          `${host ?? 'any host'}: another server has this name, on another port: ports share their routes here`,
        );
        continue;
      }
      taken.set(key, server);
      addServerRules({ world, origin: server.origin, scope: server.scope, names: server.names, host, uses });
    }
    if (used.length === 0 && server.names.length === 0)
      outline.findings.refuse(
        server.origin,
        'has no name that a host of a route can be, and is not the default server',
      );
  }
  for (const [name, count] of uses) {
    const zone = world.zones.get(name);
    if (count > 1)
      outline.findings.refuse(
        zone?.origin,
        `"${name}" is one limit of ${count} routes there: here each route counts apart, and admits as much`,
      );
  }
}

/** Certificates of clients are demanded by host here, so its routes must not be for any host. */
function demandsCertificates({ scope, names }: NginxServer): boolean {
  return names.length > 0 && !['off', undefined].includes(scope.one('ssl_verify_client')?.args[0]);
}

function readServer(origin: NginxDirective, http: NginxScope, world: NginxWorld): NginxServer {
  const scope = new NginxScope(origin.block ?? [], http);
  const { findings } = world.outline;
  const listens = scope.directives
    .filter(({ name }) => name === 'listen')
    .map((each) => readListen(each, scope, world));
  const names = scope.directives
    .filter(({ name }) => name === 'server_name')
    .flatMap((each) =>
      each.args.flatMap((given) => {
        const name = given.toLowerCase();
        if (name === '_' || name === '') return [];
        if (name.startsWith('.')) return [name.slice(1), `*${name}`];
        if (!name.startsWith('~') && !name.slice(1).includes('*')) return [name];
        findings.refuse(each, `"${given}": a host is a name, or *. and a name`);
        return [];
      }),
    );
  const found =
    listens.length > 0
      ? listens
      : [{ origin, host: '0.0.0.0', port: 80, isTls: false, isDefault: false, hasProxyHeader: false }];
  const isPlainOnly = found.every(({ isTls }) => !isTls);
  return {
    origin,
    scope,
    names: [...new Set(names)],
    listens: found,
    redirect: isPlainOnly ? redirectOf(scope, world) : undefined,
  };
}

function readListen(each: NginxDirective, scope: NginxScope, { outline }: NginxWorld): Listen {
  const [address = '80', ...options] = each.args;
  const [, host, port] = /^(?:(\[[^\]]*\]|[^:]*):)?(\d+)$/.exec(address) ?? [undefined, address, '80'];
  if (address.startsWith('unix:')) outline.findings.refuse(each, 'a Unix socket: Sluice listens on ports');
  if (options.includes('quic')) outline.findings.lose(each, 'quic: there is no HTTP/3 here');
  return {
    origin: each,
    host: host === undefined || host === '*' ? '0.0.0.0' : host.replace(/[[\]]/g, ''),
    port: Number(port),
    isTls: options.includes('ssl') || scope.one('ssl')?.args[0] === 'on',
    isDefault: options.includes('default_server') || options.includes('default'),
    hasProxyHeader: options.includes('proxy_protocol'),
  };
}

/** The status with which it leads all requests to https and the same URL. */
function redirectOf(scope: NginxScope, { outline }: NginxWorld): number | undefined {
  const direct = scope.directives.find(({ name }) => name === 'return');
  const inAll = scope.directives.find(({ name, args }) => name === 'location' && args.join('') === '/');
  const ifs = scope.directives.filter(({ name }) => name === 'if');
  const isHostOnly = ({ args }: NginxDirective): boolean => /^\(?\s*\$host\s+=/.test(args.join(' '));
  const isPlain = (each: NginxDirective): boolean => conditionOf(each, outline.findings)?.isPlain === true;
  const conditioned = ifs.length > 0 && ifs.every((each) => isHostOnly(each) || isPlain(each)) ? ifs : [];
  // Conditions on the names that it has anyway, and nothing behind them, as certbot writes it.
  const rest = direct === undefined || ['404', '444'].includes(direct.args[0] ?? '');
  const found =
    conditioned.length > 0 && (rest || conditioned.some(isPlain))
      ? conditioned.map((each) => each.block?.find(({ name }) => name === 'return'))
      : [direct ?? inAll?.block?.find(({ name }) => name === 'return')];
  const isSame = (each: NginxDirective | undefined): boolean =>
    /^https:\/\/\$(?:host|http_host|server_name)\$(?:request_uri|uri)$/.test(each?.args[1] ?? '');
  const status = Number(found[0]?.args[0]);
  return found.every(isSame) && status >= 300 && status < 400 ? status : undefined;
}

function readListeners(servers: readonly NginxServer[], world: NginxWorld): void {
  const { root, findings } = world.outline;
  const all = servers.flatMap(({ listens }) => listens);
  const [plain, tls] = [all.filter(({ isTls }) => !isTls), all.filter(({ isTls }) => isTls)];
  for (const [some, path] of [
    [plain, ['server', 'port']],
    [tls, ['tls', 'port']],
  ] as const) {
    const [first] = some;
    if (first === undefined) continue;
    root.set(path, first.port, first.origin);
    for (const other of some.filter(({ port }) => port !== first.port))
      findings.refuse(
        other.origin,
        `port ${other.port}: there is one ${path[0] === 'tls' ? 'port with TLS' : 'plain port'}, ${first.port}, and its routes are for all`,
      );
  }
  if (plain.length === 0 && tls.length > 0)
    findings.note(tls[0]!.origin, 'the plain port cannot be turned off: server.port, 8080, redirects to TLS');
  const hosts = new Set(all.map(({ host }) => host).filter((host) => host !== '0.0.0.0' && host !== '::'));
  const isIpv6 = all.some(({ host }) => host === '::');
  const [only] = hosts;
  if (hosts.size === 1 && only !== undefined && all.every(({ host }) => host === only))
    root.set(['server', 'host'], only, all[0]!.origin);
  else if (isIpv6) root.set(['server', 'host'], '::', all.find(({ host }) => host === '::')!.origin);
  if (hosts.size > 0 && root.get('server', 'host') !== only)
    findings.refuse(
      all.find(({ host }) => host === only)?.origin,
      `${only}: all ports are on one address, server.host`,
    );
  const withHeader = all.find(({ hasProxyHeader }) => hasProxyHeader);
  if (withHeader !== undefined) root.set(['server', 'proxy_protocol'], 'any', withHeader.origin);
  if (tls.length > 0) readCertificates(servers, world);
}

function readCertificates(servers: readonly NginxServer[], { outline }: NginxWorld): void {
  const { root, findings } = outline;
  const withTls = servers.filter(({ listens }) => listens.some(({ isTls }) => isTls));
  const isDefault = ({ listens }: NginxServer): boolean => listens.some((each) => each.isTls && each.isDefault);
  const rejecting = withTls.find(({ scope }) => scope.isOn('ssl_reject_handshake'));
  const certificates: Part[] = [];
  const clientAuth: Part[] = [];
  for (const server of withTls.toSorted((one, other) => Number(isDefault(other)) - Number(isDefault(one)))) {
    const { scope, names, origin } = server;
    const [certificate, key] = [scope.one('ssl_certificate'), scope.one('ssl_certificate_key')];
    if (certificate !== undefined && key !== undefined) {
      const part = new Part();
      if (names.length > 0) part.set('hosts', names, origin);
      part.set('cert_file', certificate.args[0] ?? '', certificate).set('key_file', key.args[0] ?? '', key);
      certificates.push(part);
    } else if (server !== rejecting)
      findings.refuse(origin, 'has TLS, and no ssl_certificate with ssl_certificate_key');
    readClientAuth(server, clientAuth, findings);
  }
  if (certificates.length > 0) root.set(['tls', 'certificates'], withoutTwins(certificates));
  if (clientAuth.length > 0) root.set(['tls', 'client_auth'], clientAuth);
  if (rejecting === undefined)
    root.set(['tls', 'unknown_name'], 'default', withTls[0]?.origin, 'as nginx: the certificate of the default server');
  const versions = withTls.map(({ scope }) => scope.one('ssl_protocols')).find((each) => each !== undefined);
  if (versions !== undefined && !versions.args.includes('TLSv1.2'))
    root.set(['tls', 'min_version'], 'TLSv1.3', versions);
  else if (versions?.args.some((each) => /^(?:SSLv\d|TLSv1(?:\.1)?)$/.test(each)) === true)
    findings.lose(versions, 'the lowest version here is TLSv1.2');
  const redirecting = servers.find(({ redirect }) => redirect !== undefined);
  const plain = servers.find(
    ({ redirect, listens, names }) =>
      redirect === undefined &&
      listens.some(({ isTls }) => !isTls) &&
      names.some((name) => withTls.some((other) => other.names.includes(name))),
  );
  if (redirecting !== undefined) {
    root.set(['tls', 'redirect'], redirecting.redirect === 308 ? 308 : 301, redirecting.origin);
    if (plain !== undefined)
      findings.note(plain.origin, 'is redirected to TLS, too: tls.redirect is for all hosts with a certificate');
  } else
    root.set(
      ['tls', 'redirect'],
      plain === undefined ? 308 : 'off',
      plain?.origin,
      plain === undefined ? 'for clients that come without TLS' : undefined,
    );
}

/** Two certificates for one name: the first. */
function withoutTwins(certificates: readonly Part[]): readonly Part[] {
  const seen = new Set<PartValue>();
  return certificates.flatMap((part) => {
    const hosts = part.get('hosts') as readonly string[] | undefined;
    if (hosts === undefined) return [part];
    const left = hosts.filter((host) => !seen.has(host));
    for (const host of left) seen.add(host);
    const origin = part.entries.get('hosts')?.origin;
    return left.length === 0 ? [] : [part.set('hosts', left, origin)];
  });
}

function readClientAuth(
  { scope, names, origin }: NginxServer,
  list: Part[],
  findings: NginxWorld['outline']['findings'],
): void {
  const verify = scope.one('ssl_verify_client');
  if (verify === undefined || verify.args[0] === 'off') return;
  const authority = scope.one('ssl_client_certificate');
  if (names.length === 0)
    return findings.refuse(verify, 'certificates of clients are demanded by host here: give the server a name');
  if (authority === undefined) return findings.refuse(verify, 'needs ssl_client_certificate');
  if (verify.args[0] === 'optional_no_ca')
    return findings.refuse(verify, 'optional_no_ca: certificates of clients are verified here');
  const part = new Part().set('hosts', names, origin);
  part
    .set('mode', verify.args[0] === 'on' ? 'require' : 'optional', verify)
    .set('ca_file', authority.args[0] ?? '', authority);
  const list_ = scope.one('ssl_crl');
  if (list_ !== undefined) part.set('crl_file', list_.args[0] ?? '', list_);
  list.push(part);
}
