/** Reads a Caddyfile. */
import { ANY, type Match } from '../matching/rule.ts';
import type { IncludedFiles, NamedText } from '../outline/bounded-files.ts';
import { GatewayOutline, keepAsBefore } from '../outline/gateway-outline.ts';
import { Part } from '../outline/part.ts';
import { respondAction } from '../outline/redirect-target.ts';
import { siteRules } from './caddy-rules.ts';
import { type CaddyDirective, parseCaddyfile } from './caddy-syntax.ts';

interface Address {
  readonly origin: CaddyDirective;
  /** Undefined: any. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly isTls: boolean;
  /** An IP address, which no route can demand. */
  readonly ip: string | undefined;
}

/** Throws an ImportFailure if it cannot be parsed. */
export function importCaddyfile(main: NamedText, files: IncludedFiles): GatewayOutline {
  const outline = new GatewayOutline();
  const { options, sites } = parseCaddyfile(main, files);
  const isAutomatic = !options.some(({ name, args }) => name === 'auto_https' && args.includes('off'));
  readOptions(options, outline);
  const all = sites.map((site) => ({
    site,
    addresses: [site.name, ...site.args]
      .flatMap((text) => text.split(','))
      .filter((text) => text !== '')
      .flatMap((text) => addressOf(text, site, isAutomatic, outline)),
  }));
  const isAlone = all.length === 1 && all[0]!.addresses.every(({ ip }) => ip !== undefined);
  const read = isAlone ? all : all.map((each) => ({ ...each, addresses: withoutIps(each.addresses, outline) }));
  readPorts(
    read.flatMap(({ addresses }) => addresses),
    outline,
  );
  const email = options.find(({ name }) => name === 'email');
  for (const { site, addresses } of read) readCertificate(site, addresses, email, outline);
  for (const { site, addresses } of read) {
    const within: readonly Match[] = [...new Set(addresses.map(({ host }) => host))].map((host) => ({ ...ANY, host }));
    for (const draft of siteRules(site.block ?? [], within, outline)) outline.addRule(draft);
    // What no directive answers is answered 200, empty.
    for (const match of within)
      outline.addRule({
        match,
        action: respondAction(200, undefined, site, 'as Caddy: no directive answers it'),
        origin: site,
      });
  }
  const { root } = outline;
  if (root.get('tls', 'certificates') === undefined) root.delete('tls');
  keepAsBefore(root);
  root.set(['passive_health', 'enabled'], false, undefined, 'as before; remove it to eject backends that fail');
  root.set(['retries', 'statuses'], [], undefined, 'as Caddy: answers are not retried');
  root
    .set(['timeouts', 'connect'], '3s', undefined, "Caddy's default")
    .set(['timeouts', 'response'], '24h', undefined, 'Caddy has no limit');
  root.set(['route_defaults', 'timeout'], '0s', undefined, 'as Caddy: no limit');
  return outline;
}

function addressOf(
  text: string,
  origin: CaddyDirective,
  isAutomatic: boolean,
  { findings }: GatewayOutline,
): readonly Address[] {
  const [, scheme, host = '', port, path] =
    /^(?:(https?):\/\/)?(\[[^\]]+\]|[^:/]*)(?::(\d+))?(\/.*)?$/.exec(text.toLowerCase()) ?? [];
  if (scheme === undefined && host === '' && port === undefined) {
    findings.refuse(origin, `"${text}" is no address of a site`);
    return [];
  }
  if (path !== undefined && path !== '/')
    findings.refuse(origin, `"${text}": the path of a site is none of its routes: use handle`);
  const isNamed = host !== '' && !/^[\d.]+$|^\[/.test(host);
  const isTls = scheme === 'https' || (scheme === undefined && port !== '80' && isAutomatic && isNamed);
  return [
    {
      origin,
      host: isNamed ? host : undefined,
      port: port === undefined ? undefined : Number(port),
      isTls,
      ip: isNamed || host === '' ? undefined : host,
    },
  ];
}

/** Beside others, the routes of an address would be for any host. */
function withoutIps(addresses: readonly Address[], { findings }: GatewayOutline): readonly Address[] {
  return addresses.filter(({ ip, origin }) => {
    if (ip !== undefined) findings.refuse(origin, `"${ip}": a route is for a name or for any host, not for an address`);
    return ip === undefined;
  });
}

/** Options of all sites. */
function readOptions(options: readonly CaddyDirective[], { root, findings }: GatewayOutline): void {
  for (const each of options) {
    const [first = ''] = each.args;
    if (
      [
        'email',
        'auto_https',
        'admin',
        'log',
        'storage',
        'debug',
        'grace_period',
        'shutdown_delay',
        'order',
        'persist_config',
        'local_certs',
        'skip_install_trust',
        'http_port',
        'https_port',
        'metrics',
        'default_sni',
      ].includes(each.name)
    ) {
      if (each.name === 'http_port') root.set(['server', 'port'], Number(first), each);
      else if (each.name === 'https_port') root.set(['tls', 'port'], Number(first), each);
      else if (each.name === 'order')
        findings.note(each, 'directives of other modules are refused where they are used');
    } else if (each.name === 'servers') {
      for (const inner of each.block ?? []) {
        const proxies =
          inner.name === 'trusted_proxies' && inner.args[0] === 'static' ? inner.args.slice(1) : undefined;
        if (proxies !== undefined && !proxies.includes('private_ranges'))
          root.set(['server', 'trust_proxy'], proxies, inner);
        else if (
          !['protocols', 'timeouts', 'metrics', 'keepalive_interval', 'name', 'trace', 'log_credentials'].includes(
            inner.name,
          )
        )
          findings.refuse(inner, 'has no counterpart');
      }
    } else findings.refuse(each, 'unknown: it may decide who is let through');
  }
}

function readPorts(addresses: readonly Address[], { root, findings }: GatewayOutline): void {
  for (const isTls of [false, true]) {
    const some = addresses.filter((each) => each.isTls === isTls);
    const [first] = some;
    if (first === undefined) continue;
    const section = isTls ? 'tls' : 'server';
    const usual = (root.get(section, 'port') as number | undefined) ?? (isTls ? 443 : 80);
    const ports = some.map(({ port }) => port ?? usual);
    root.set([section, 'port'], ports[0]!, first.origin);
    for (const [at, port] of ports.entries())
      if (port !== ports[0])
        findings.refuse(
          some[at]!.origin,
          `port ${port}: there is one ${isTls ? 'port with TLS' : 'plain port'}, ${ports[0]}, and its routes are for all`,
        );
  }
  if (addresses.some(({ isTls }) => isTls) && root.get('server', 'port') === undefined)
    root.set(['server', 'port'], 80, undefined, 'as Caddy: it leads to https');
}

function readCertificate(
  site: CaddyDirective,
  addresses: readonly Address[],
  email: CaddyDirective | undefined,
  { root, findings }: GatewayOutline,
): void {
  const hosts = addresses.filter(({ isTls, host }) => isTls && host !== undefined).map(({ host }) => host!);
  const own = site.block?.find(({ name }) => name === 'tls');
  if (hosts.length === 0) {
    if (own !== undefined) findings.refuse(own, 'certificates are for named hosts here');
    return;
  }
  const [first = '', second] = own?.args ?? [];
  const certificate = new Part().set('hosts', hosts, site);
  if (second !== undefined && own !== undefined) certificate.set('cert_file', first, own).set('key_file', second, own);
  else if (
    first === 'internal' ||
    hosts.every(
      (host) =>
        host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.local') || host.endsWith('.internal'),
    )
  )
    certificate.set('internal', true, own ?? site);
  else {
    const address = first.includes('@') ? own : email;
    if (address === undefined)
      findings.refuse(
        site,
        'its certificate is ordered with tls.acme_email, which agrees to the terms of Let’s Encrypt: add email to the global options',
      );
    else {
      root.set(['tls', 'acme_email'], address.args[0] ?? '', address);
      certificate.set('acme', 'letsencrypt', site);
      if (hosts.some((host) => host.startsWith('*.')))
        findings.refuse(site, 'a certificate for a wildcard is ordered by dns-01, with dns_hook: docs/tls.md');
    }
  }
  for (const each of own?.block ?? []) {
    if (each.name === 'protocols') {
      if (each.args[0] === 'tls1.3') root.set(['tls', 'min_version'], 'TLSv1.3', each);
    } else if (each.name === 'client_auth') readClientAuth(each, hosts, { root, findings });
    else if (!['ciphers', 'curves', 'alpn'].includes(each.name)) findings.refuse(each, 'has no counterpart');
  }
  if (certificate.size === 1) return;
  root.set(
    ['tls', 'certificates'],
    [...((root.get('tls', 'certificates') ?? []) as readonly Part[]), certificate],
    site,
  );
  const isPlain = addresses.some(({ isTls, host }) => !isTls && host !== undefined && hosts.includes(host));
  if (isPlain)
    findings.note(
      site,
      'its plain requests are redirected to TLS, too: tls.redirect is for all hosts with a certificate',
    );
}

function readClientAuth(
  each: CaddyDirective,
  hosts: readonly string[],
  { root, findings }: Pick<GatewayOutline, 'root' | 'findings'>,
): void {
  const lines = each.block ?? [];
  const mode = lines.find(({ name }) => name === 'mode')?.args[0] ?? 'require_and_verify';
  const authority =
    lines.find(({ name }) => name === 'trusted_ca_cert_file')?.args[0] ??
    lines.find(({ name, args }) => name === 'trust_pool' && args[0] === 'file')?.args[1];
  if (authority === undefined || !['require_and_verify', 'verify_if_given'].includes(mode))
    return findings.refuse(each, 'needs a file of authorities, and mode require_and_verify or verify_if_given');
  const auth = new Part()
    .set('hosts', hosts, each)
    .set('mode', mode === 'require_and_verify' ? 'require' : 'optional', each)
    .set('ca_file', authority, each);
  root.set(['tls', 'client_auth'], [...((root.get('tls', 'client_auth') ?? []) as readonly Part[]), auth], each);
}
