import type { TableFiles } from '../geo/table-files.ts';
import { makeBackendIds } from './backend-id.ts';
import { canonicalBackendUrl } from '../net/backend-url.ts';
import { canonicalHosts } from '../net/host-name.ts';
import { fillDefaults } from './schema/fill-defaults.ts';
import { camelize, type Camelized } from './camelize.ts';
import type { FoundDefaults } from './found/found-defaults.ts';
import { deepFreeze } from './deep-freeze.ts';
import { HealthCheckSchema } from './schema/pool/health-check-schema.ts';
import { autoConnections, openFileLimit } from './open-files.ts';
import type { PemFiles } from '../certificates/pem-files.ts';
import { priorityNumber } from '../policies/core/policies-vocabulary.ts';
import { poolProtocol } from './pool-protocol.ts';
import { PluginSchema } from './schema/route/plugin-schema.ts';
import { DiscoverSchema } from './schema/discover/discover-schema.ts';
import { PoolSchema } from './schema/pool-schema.ts';
import { canonicalHost, canonicalPrefix, defaultPool, routeName } from './route-name.ts';
import { RespondSchema } from './schema/route/respond-schema.ts';
import { AuthSchema } from './schema/route/auth-schema.ts';
import { RouteSchema } from './schema/route/route-schema.ts';
import {
  ConfigSchema,
  type ConfigFile,
  type IssuerFile,
  type PoolFile,
  type RedisFile,
  type RouteFile,
  type TlsFile,
} from './schema/schema.ts';
import { ClientAuthSchema } from './schema/client-auth-schema.ts';
import { KNOWN_ISSUERS } from '../acme/core/acme-vocabulary.ts';
import { IssuerSchema } from './schema/acme-schema.ts';
import { RedisSchema, RedisTlsSchema } from './schema/redis-schema.ts';
import { CertificateSchema, TlsSchema } from './schema/tls-schema.ts';
import { usableCpus } from './usable-cpus.ts';
import type {
  BackendSettings,
  HashKey,
  HealthCheckSettings,
  Locality,
  PoolSettings,
  PoolTlsSettings,
  RedisSettings,
  RouteSettings,
  Settings,
  TlsSettings,
} from './settings.ts';

/** Turns a file without mistakes, every default filled in, into what the program works with. */
export function toSettings(
  file: ConfigFile,
  files: PemFiles,
  tables: TableFiles,
  found: FoundDefaults | null,
): Settings {
  const keys = ConfigSchema.properties;
  const server = camelize(keys.server, file.server);
  const admin = camelize(keys.admin, file.admin);
  const database = camelize(keys.database, file.database);
  const fleet = camelize(keys.fleet, file.fleet);
  const rateLimit = camelize(keys.rate_limit, file.rate_limit);
  return deepFreeze({
    server: {
      ...server,
      locality: toLocality(file.server.locality),
      threads: server.threads === 'auto' ? Math.min(64, usableCpus()) : server.threads,
      maxConnections: server.maxConnections === 'auto' ? autoConnections(openFileLimit()) : server.maxConnections,
    },
    tls: file.tls === undefined ? null : toTls(file.tls, files),
    // An empty text is "none", as an empty variable leaves it.
    admin: {
      ...admin,
      token: admin.token || null,
      corsOrigins: admin.corsOrigins.map((origin) => origin.toLowerCase()),
    },
    database: {
      ...database,
      url: database.url || null,
      schema: database.schema || null,
      gateway: database.gateway || null,
    },
    redis: file.redis === undefined ? null : toRedis(file.redis, files),
    fleet: { ...fleet, name: fleet.name || null },
    log: camelize(keys.log, file.log),
    metrics: camelize(keys.metrics, file.metrics),
    telemetry: camelize(keys.telemetry, file.telemetry),
    recording: camelize(keys.recording, file.recording),
    reload: camelize(keys.reload, file.reload),
    dns: camelize(keys.dns, file.dns),
    discovery: camelize(keys.discovery, file.discovery),
    geo: toGeo(file.geo, tables),
    foundDefaults: found,
    rateLimit: {
      ...rateLimit,
      apiKeyHeader: rateLimit.apiKeyHeader.toLowerCase(),
      clientIdHeader: rateLimit.clientIdHeader.toLowerCase(),
    },
    plugins: Object.fromEntries(
      Object.entries(file.plugins).map(([name, plugin]) => [name, { ...camelize(PluginSchema, plugin), revision: '' }]),
    ),
    pools: toPools(file.pools, files),
    routes: toRoutes(file, files),
  });
}

function toTls(file: TlsFile, files: PemFiles): TlsSettings {
  const { hstsMs, redirect, acme: _acme, ...tls } = camelize(TlsSchema, file);
  return {
    ...tls,
    redirect: redirect === 'off' ? 0 : redirect,
    hstsSeconds: hstsMs / 1000,
    clientAuth: file.client_auth.map((each) => {
      const auth = camelize(ClientAuthSchema, each);
      const hosts = canonicalHosts(auth.hosts);
      return { ...auth, hosts, caPem: readIf(files, auth.caFile), crlPem: readIf(files, auth.crlFile) };
    }),
    storageKey: tls.storageKey || null,
    acme: toIssuers(file, files),
    certificates: file.certificates.map((each) => {
      const certificate = camelize(CertificateSchema, each);
      return { ...certificate, hosts: certificate.hosts && canonicalHosts(certificate.hosts) };
    }),
  };
}

/** An authority that a certificate or another authority refers to needs no settings if it is known. */
function toIssuers({ acme = {}, acme_email: email, certificates }: TlsFile, files: PemFiles): TlsSettings['acme'] {
  const names = new Set([
    ...certificates.flatMap((each) => each.acme ?? []),
    ...Object.values(acme).flatMap(({ fallback }) => fallback ?? []),
  ]);
  const known: readonly (readonly [string, IssuerFile])[] = Object.entries(KNOWN_ISSUERS)
    .filter(([name]) => names.has(name))
    .map(([name, directory]) => [name, fillDefaults(IssuerSchema, { directory, agree: true }) as IssuerFile]);
  const all: NonNullable<TlsFile['acme']> = { ...Object.fromEntries(known), ...acme };
  return Object.fromEntries(
    Object.entries(all).map(([name, issuer]) => {
      const settings = camelize(IssuerSchema, issuer);
      const { caFile } = settings;
      const caPem = caFile === null || !files.mayRead(caFile) ? null : files.read(caFile);
      return [name, { ...settings, email: settings.email ?? email ?? null, caPem }];
    }),
  );
}

function toPools(pools: ConfigFile['pools'], files: PemFiles): readonly PoolSettings[] {
  const all = Object.entries(pools).flatMap(([pool, { backends }]) =>
    backends.map((backend) => ({ pool, ...backend, url: canonicalBackendUrl(backend.url), id: backend.id })),
  );
  const ids = makeBackendIds(all);
  const byPool = Map.groupBy(
    all.map(({ pool, url, weight, enabled, backup, max_in_flight: maxInFlight = null, ...place }, at) => ({
      pool,
      backend: { id: ids[at]!, url, weight, enabled, backup, maxInFlight, ...toLocality(place) },
    })),
    ({ pool }) => pool,
  );
  return Object.entries(pools).map(([name, pool]) => ({
    name,
    ...camelize(PoolSchema, pool),
    protocol: poolProtocol(pool),
    hash: toHashKey(pool.hash),
    tls: toPoolTls(pool, files),
    discover: toDiscover(pool.discover, files),
    healthCheck: toHealthCheck(pool.health_check),
    backends: (byPool.get(name) ?? []).map(({ backend }): BackendSettings => backend),
  }));
}

function toGeo({ header, table }: ConfigFile['geo'], tables: TableFiles): Settings['geo'] {
  const isRead = table !== undefined && tables.mayRead(table);
  return {
    header: header?.toLowerCase() ?? null,
    table: table ?? null,
    tableContent: isRead ? tables.read(table) : null,
  };
}

/** An empty text is "unknown", as an empty variable leaves it. */
function toLocality({ region, zone }: { region?: string; zone?: string }): Locality {
  return { region: region || null, zone: zone || null };
}

function toRedis(file: RedisFile, files: PemFiles): RedisSettings | null {
  // An empty text is "none", and so is a variable without a value, which leaves no server.
  if (file.url === '' || (file.url ?? file.nodes ?? file.sentinel) === undefined) return null;
  const redis = camelize(RedisSchema, file);
  if (file.tls === undefined) return { ...redis, tls: null };
  const tls = camelize(RedisTlsSchema, file.tls);
  return {
    ...redis,
    tls: {
      ...tls,
      caPem: readIf(files, tls.caFile),
      certPem: readIf(files, tls.certFile),
      keyPem: readIf(files, tls.keyFile),
    },
  };
}

function toDiscover(file: PoolFile['discover'], files: PemFiles): PoolSettings['discover'] {
  if (file === undefined) return null;
  const discover = camelize(DiscoverSchema, file);
  const { http } = discover;
  if (http === null) return { ...discover, http };
  return { ...discover, http: { ...http, headers: lowerKeys(http.headers), caPem: readIf(files, http.caFile) } };
}

function toPoolTls({ tls: file, discover }: PoolFile, files: PemFiles): PoolTlsSettings {
  const tls = camelize(PoolSchema.properties.tls, file);
  return {
    ...tls,
    caPem: readIf(files, tls.caFile),
    certPem: readIf(files, tls.certFile),
    keyPem: readIf(files, tls.keyFile),
    // The addresses of a name have to prove that they are its.
    addressName: discover?.dns?.type === 'address' ? discover.dns.name.replace(/\.$/, '').toLowerCase() : null,
  };
}

function readIf(files: PemFiles, name: string | null): string | null {
  return name === null || !files.mayRead(name) ? null : files.read(name);
}

function toHashKey({ by, name = '' }: PoolFile['hash']): HashKey {
  if (by === 'header') return { by, name: name.toLowerCase() };
  return by === 'cookie' ? { by, name } : { by };
}

function toHealthCheck(file: PoolFile['health_check']): HealthCheckSettings {
  const check = camelize(HealthCheckSchema, file);
  return { ...check, headers: lowerKeys(check.headers), expectedHeaders: lowerKeys(check.expectedHeaders) };
}

function lowerKeys(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function toRespond(file: RouteFile['respond'], files: PemFiles): RouteSettings['respond'] {
  if (file === undefined) return null;
  const respond = camelize(RespondSchema, file) as NonNullable<Camelized<typeof file>>;
  return { ...respond, fileContent: contentIf(files, respond.file) };
}

function toErrorPages(file: RouteFile['error_pages'], files: PemFiles): RouteSettings['errorPages'] {
  if (file === undefined) return null;
  const { pages, intercept } = file;
  const contents = Object.entries(pages).flatMap(([key, name]) => {
    const content = contentIf(files, name);
    return content === null ? [] : [[key, content] as const];
  });
  return { pages, intercept, pagesContent: Object.fromEntries(contents) };
}

function contentIf(files: PemFiles, name: string | null): string | null {
  return name === null || !files.mayRead(name) ? null : files.readContent(name);
}

function toRoutes({ routes, pools }: ConfigFile, files: PemFiles): readonly RouteSettings[] {
  const pool = defaultPool(Object.keys(pools));
  const catchAll = fillDefaults(RouteSchema, pool === undefined ? {} : { pool }) as RouteFile;
  return (routes.length === 0 ? [catchAll] : routes).map((route) => ({
    ...camelize(RouteSchema, route),
    name: routeName(route),
    host: canonicalHost(route.host),
    priority: priorityNumber(route.priority),
    pathPrefix: canonicalPrefix(route.path_prefix ?? '/'),
    methods: [...new Set(route.methods)],
    auth: route.auth === undefined || route.auth.anyone ? null : camelize(AuthSchema, route.auth),
    respond: toRespond(route.respond, files),
    errorPages: toErrorPages(route.error_pages, files),
  }));
}
