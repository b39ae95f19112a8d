/** Reads a file of Traefik's file provider, in YAML or TOML; entry points of a static file in it, too. */
import { InexpressibleMatch } from '../matching/combine.ts';
import {
  entriesOf,
  fieldOf,
  isTrue,
  readSourced,
  type Sourced,
  textOf,
  textsOf,
} from '../document/sourced-document.ts';
import { readToml } from '../document/toml-document.ts';
import { isTraefikToml } from '../gateway-formats.ts';
import type { NamedText } from '../outline/bounded-files.ts';
import { knownDirectives } from '../outline/directive-table.ts';
import { GatewayOutline, keepAsBefore, onlyRouteLimits } from '../outline/gateway-outline.ts';
import { Part } from '../outline/part.ts';
import { applyMiddleware } from './traefik-middlewares.ts';
import { parseTraefikRule, type TraefikRule } from './traefik-rule.ts';
import { leadTo, type ServiceReader } from './traefik-services.ts';
import { TRAEFIK_TABLE } from './traefik-table.ts';

const KNOWN = knownDirectives(TRAEFIK_TABLE);

/** Throws an ImportFailure if it cannot be parsed. */
export function importTraefik(main: NamedText): GatewayOutline {
  const outline = new GatewayOutline();
  const file = isTraefikToml(main.name, main.text) ? readToml(main) : readSourced(main);
  for (const [, each] of entriesOf(file)) KNOWN.report(each.origin, outline.findings);
  const http = fieldOf(file, 'http');
  for (const [name, each] of entriesOf(http))
    if (!['routers', 'services', 'middlewares', 'serversTransports'].includes(name))
      outline.findings.refuse(each.origin, 'unknown: it may decide who is let through');
  const named = (key: string): ReadonlyMap<string, Sourced> => fieldOf(http, key)?.fields ?? new Map<string, Sourced>();
  const reader: ServiceReader = { services: named('services'), transports: named('serversTransports'), outline };
  const isTls = readTls(file, outline);
  const points = entryPointsOf(file);
  const routers = entriesOf(fieldOf(http, 'routers'))
    .map(([name, of]) => ({
      name,
      of,
      priority: priorityOf(of),
      used: chainOf(
        textsOf(fieldOf(of, 'middlewares')),
        fieldOf(of, 'middlewares') ?? of,
        named('middlewares'),
        outline,
        0,
      ),
    }))
    .filter(({ of }) => isPublic(of, points, outline));
  const isSecure = ({ of }: { readonly of: Sourced }): boolean => isOnlyTls(of, points);
  const isRedirected = isTls && routers.some(({ of, used }) => leadsToTls(of, used));
  const isAllTls = isTls && routers.length > 0 && routers.every(isSecure);
  if (isAllTls) outline.root.set(['tls', 'redirect'], 308, undefined, 'as Traefik: no router is for the plain port');
  const secured = isRedirected || isAllTls ? routers.find(isSecure) : undefined;
  if (secured !== undefined)
    outline.findings.note(
      { ...secured.of.origin, name: secured.name },
      'is for TLS only there; here the plain port redirects names that have a certificate, and serves others',
    );
  for (const each of routers.toSorted((one, other) => other.priority - one.priority)) {
    if (isSecure(each) && !isRedirected && !isAllTls) {
      refuseResolver(each.of, outline);
      outline.findings.refuse(
        { ...each.of.origin, name: each.name },
        'is for TLS only, and here routes are the same on both ports: add tls.certificates, tls.redirect and this route',
      );
    } else addRouter(each.name, each.of, each.used, reader, isTls);
  }
  readEntryPoints(file, isTls, outline);
  readClientAuth(file, outline);
  const hasLimits = outline.rules.some(({ action }) =>
    ['rate_limit', 'max_in_flight_per_client'].some((key) => action.get(key) !== undefined),
  );
  if (hasLimits) onlyRouteLimits(outline.root, undefined);
  keepAsBefore(outline.root, { limits: hasLimits });
  outline.root
    .set(['timeouts', 'connect'], '30s', undefined, "Traefik's default")
    .set(['timeouts', 'response'], '24h', undefined, 'Traefik has no limit');
  outline.root
    .set(['retries', 'attempts'], 0, undefined, 'as Traefik without the middleware retry')
    .set(['retries', 'statuses'], [], undefined, 'as Traefik: answers are not retried');
  outline.root.set(['passive_health', 'enabled'], false, undefined, 'as before; remove it to eject backends that fail');
  outline.root.set(['route_defaults', 'timeout'], '0s', undefined, 'as Traefik: no limit');
  return outline;
}

function priorityOf(of: Sourced): number {
  const given = Number(textOf(fieldOf(of, 'priority')) ?? '0');
  return given === 0 ? (textOf(fieldOf(of, 'rule')) ?? '').length : given;
}

function addRouter(name: string, of: Sourced, used: Used, reader: ServiceReader, isTls: boolean): void {
  const { outline } = reader;
  const { findings } = outline;
  for (const [key, each] of entriesOf(of))
    if (
      !['rule', 'service', 'priority', 'middlewares', 'entryPoints', 'tls', 'observability', 'ruleSyntax'].includes(key)
    )
      findings.refuse(each.origin, 'has no counterpart');
  const rule = ruleOf(of, outline);
  if (rule === undefined) return;
  if (isTls && leadsToTls(of, used)) {
    const scheme = used.find(([kind]) => kind === 'redirectScheme')![1];
    outline.root.set(['tls', 'redirect'], isTrue(fieldOf(scheme, 'permanent')) ? 301 : 308, scheme.origin);
    return;
  }
  refuseResolver(of, outline);
  for (const match of rule.matches) {
    const draft = { match, action: new Part(), pool: new Part() };
    if (rule.addresses.length > 0) draft.action.set('allow', rule.addresses, fieldOf(of, 'rule')!.origin);
    for (const [kind, each] of used) applyMiddleware(draft, kind, each, outline);
    const service = fieldOf(of, 'service');
    const leads =
      draft.action.get('redirect') !== undefined ||
      leadTo(textOf(service) ?? '', draft.action, draft.pool, service ?? of, reader);
    if (draft.action.get('redirect') !== undefined)
      for (const key of ['rewrite', 'strip_prefix', 'compression']) draft.action.delete(key);
    if (leads)
      outline.addRule({
        match,
        action: draft.action,
        origin: { ...of.origin, name: `router ${name}` },
        name: rule.matches.length === 1 ? name : undefined,
      });
  }
}

function refuseResolver(of: Sourced, { findings }: GatewayOutline): void {
  const resolver = fieldOf(of, 'tls', 'certResolver');
  if (textOf(resolver) !== undefined)
    findings.refuse(
      resolver!.origin,
      'order the certificate here: tls.certificates with hosts and acme: letsencrypt, and tls.acme_email',
    );
}

interface EntryPoints {
  readonly names: readonly string[];
  readonly secure: readonly string[];
}

/** Those that become the two ports; without a static file, those with the usual names. */
function entryPointsOf(file: Sourced): EntryPoints {
  const own = entriesOf(fieldOf(file, 'entryPoints'));
  const usual = ['websecure', 'https'];
  if (own.length === 0) return { names: ['web', 'http', ...usual], secure: usual };
  const secure = own.filter(([name, each]) => usual.includes(name) || fieldOf(each, 'http', 'tls') !== undefined);
  return { names: own.map(([name]) => name), secure: secure.map(([name]) => name) };
}

/** A router of other entry points, such as an internal one, would be open to all. */
function isPublic(of: Sourced, { names }: EntryPoints, { findings }: GatewayOutline): boolean {
  const given = fieldOf(of, 'entryPoints');
  const other = textsOf(given).find((name) => !names.includes(name));
  if (other === undefined) return true;
  findings.refuse(given!.origin, `"${other}": routes are for all ports here, and it is none of ${names.join(', ')}`);
  return false;
}

function isOnlyTls(of: Sourced, { secure }: EntryPoints): boolean {
  const given = textsOf(fieldOf(of, 'entryPoints'));
  return fieldOf(of, 'tls') !== undefined || (given.length > 0 && given.every((name) => secure.includes(name)));
}

function ruleOf(of: Sourced, { findings }: GatewayOutline): TraefikRule | undefined {
  const rule = fieldOf(of, 'rule');
  try {
    return parseTraefikRule(textOf(rule) ?? '');
  } catch (error) {
    if (!(error instanceof InexpressibleMatch)) throw error;
    findings.refuse(rule?.origin ?? of.origin, error.message);
    return undefined;
  }
}

type Used = readonly (readonly [kind: string, of: Sourced])[];

/** Middlewares of a router, those of chains among them. */
function chainOf(
  names: readonly string[],
  at: Sourced,
  middlewares: ReadonlyMap<string, Sourced>,
  outline: GatewayOutline,
  depth: number,
): Used {
  return names.flatMap((name) => {
    const found = middlewares.get(name.replace(/@file$/, ''));
    if (found === undefined || depth > 8) {
      outline.findings.refuse(at.origin, `there is no middleware "${name}" in the file`);
      return [];
    }
    return entriesOf(found).flatMap(([kind, of]) => {
      return kind === 'chain'
        ? chainOf(textsOf(fieldOf(of, 'middlewares')), of, middlewares, outline, depth + 1)
        : [[kind, of] as const];
    });
  });
}

/** A router of the plain port that only leads to https. */
function leadsToTls(of: Sourced, used: Used): boolean {
  const scheme = used.find(([kind]) => kind === 'redirectScheme')?.[1];
  return fieldOf(of, 'tls') === undefined && scheme !== undefined && textOf(fieldOf(scheme, 'scheme')) === 'https';
}

/** @returns whether there are certificates */
function readTls(file: Sourced, { root, findings }: GatewayOutline): boolean {
  const certificates = (fieldOf(file, 'tls', 'certificates')?.items ?? []).map((each) =>
    new Part()
      .set('cert_file', textOf(fieldOf(each, 'certFile')) ?? '', each.origin)
      .set('key_file', textOf(fieldOf(each, 'keyFile')) ?? '', each.origin),
  );
  const stores = fieldOf(file, 'tls', 'stores');
  if (stores !== undefined)
    findings.lose(stores.origin, 'the first certificate is for unknown names: tls.unknown_name');
  if (certificates.length === 0) return false;
  root.set(['tls', 'certificates'], certificates, fieldOf(file, 'tls', 'certificates')!.origin);
  root.set(['tls', 'unknown_name'], 'default', undefined, 'as Traefik: a default certificate');
  const version = fieldOf(file, 'tls', 'options', 'default', 'minVersion');
  if (textOf(version) === 'VersionTLS13') root.set(['tls', 'min_version'], 'TLSv1.3', version!.origin);
  return true;
}

function readEntryPoints(file: Sourced, isTls: boolean, { root, findings }: GatewayOutline): void {
  const points = entriesOf(fieldOf(file, 'entryPoints')).map(([name, each]) => ({
    name,
    each,
    port: Number(/:(\d+)/.exec(textOf(fieldOf(each, 'address')) ?? '')?.[1]),
  }));
  const isSecure = ({ name, each }: { readonly name: string; readonly each: Sourced }): boolean =>
    name === 'websecure' || name === 'https' || fieldOf(each, 'http', 'tls') !== undefined;
  const plain = points.filter((each) => !isSecure(each));
  const secure = points.filter(isSecure);
  root.set(
    ['server', 'port'],
    plain[0]?.port ?? 80,
    plain[0]?.each.origin,
    plain[0] === undefined ? "of Traefik's entry point web, which is in its static file" : undefined,
  );
  if (isTls) {
    root.set(
      ['tls', 'port'],
      secure[0]?.port ?? 443,
      secure[0]?.each.origin,
      secure[0] === undefined ? "of Traefik's entry point websecure, which is in its static file" : undefined,
    );
    if (root.get('tls', 'redirect') === undefined)
      root.set(['tls', 'redirect'], 'off', undefined, 'no router leads to https');
  }
  for (const { each, port } of [...plain.slice(1), ...secure.slice(1)])
    findings.refuse(each.origin, `port ${port}: there is one plain port and one for TLS, with the same routes`);
  for (const { each } of points) {
    const trusted = textsOf(fieldOf(each, 'forwardedHeaders', 'trustedIPs'));
    if (trusted.length > 0) root.set(['server', 'trust_proxy'], trusted, each.origin);
    if (fieldOf(each, 'proxyProtocol') !== undefined)
      findings.refuse(each.origin, 'set server.proxy_protocol and proxy_protocol_from');
  }
}

/** `tls.options.default.clientAuth`, for all hosts of routes. */
function readClientAuth(file: Sourced, outline: GatewayOutline): void {
  for (const [name, options] of entriesOf(fieldOf(file, 'tls', 'options'))) {
    const auth = fieldOf(options, 'clientAuth');
    if (auth === undefined) continue;
    const hosts = [...new Set(outline.rules.map(({ match }) => match.host))];
    const mode = textOf(fieldOf(auth, 'clientAuthType'));
    const [authority] = textsOf(fieldOf(auth, 'caFiles'));
    if (
      name !== 'default' ||
      hosts.includes(undefined) ||
      authority === undefined ||
      !['RequireAndVerifyClientCert', 'VerifyClientCertIfGiven'].includes(mode ?? '')
    ) {
      outline.findings.refuse(
        auth.origin,
        'certificates of clients are demanded by host here, with a file of authorities: tls.client_auth',
      );
      continue;
    }
    const part = new Part().set(
      'hosts',
      hosts.filter((host) => host !== undefined),
      auth.origin,
    );
    part
      .set('mode', mode === 'RequireAndVerifyClientCert' ? 'require' : 'optional', auth.origin)
      .set('ca_file', authority, auth.origin);
    outline.root.set(['tls', 'client_auth'], [part], auth.origin);
  }
}
