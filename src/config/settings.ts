/**
 * The configuration at run time: the result of `load` from a file, the environment and flags. Frozen, every default
 * filled in.
 *
 * Its shape is the file's, and follows from the schema: `src/config/schema/schema.ts` has a key's meaning, range and
 * default. `fast_interval: 2s` there is `fastIntervalMs: 2000` here, and optional keys without a value are null. Only
 * the fields that to-settings.ts converts are written out below.
 */
import type { OnDemandLimits } from '../acme/on-demand.ts';
import type { GeoTableContent } from '../geo/geo-table.ts';
import type { UpstreamProtocol } from '../net/core/net-vocabulary.ts';
import type { FoundDefaults } from './found/found-defaults.ts';
import type { Camelized } from './camelize.ts';
import type {
  CertificateFile,
  ClientAuthFile,
  ConfigFile,
  IssuerFile,
  PluginFile,
  PoolFile,
  RedisFile,
  RouteFile,
  TlsFile,
} from './schema/schema.ts';

type FileSettings = Camelized<Omit<ConfigFile, 'pools' | 'routes' | 'tls' | 'redis'>>;
type FilePool = Camelized<PoolFile>;
type FileTls = FilePool['tls'];
type FileRoute = Camelized<RouteFile>;
type FilePlugin = Camelized<PluginFile>;

export type Algorithm = FilePool['algorithm'];
export type HealthCheckSettings = FilePool['healthCheck'];
export type PassiveHealthSettings = FilePool['passiveHealth'];
export type CircuitBreakerSettings = FilePool['circuitBreaker'];
export type RetrySettings = FilePool['retries'];
export type SlowStartSettings = FilePool['slowStart'];
export type AdaptiveSettings = FilePool['adaptive'];
export type StickySettings = FilePool['sticky'];
export type StickyKey = StickySettings['keys'][number];

/** The input of consistent hashing. `name` is the header's or cookie's name (lower case for headers). */
export type HashKey =
  | { readonly by: 'ip' }
  | { readonly by: 'path' }
  | { readonly by: 'header'; readonly name: string }
  | { readonly by: 'cookie'; readonly name: string };

/** Where something runs; null: unknown. */
export type Locality = FileSettings['server']['locality'];

type FileDiscover = NonNullable<FilePool['discover']>;

export interface DiscoverSettings extends Omit<FileDiscover, 'http'> {
  readonly http: HttpDiscoverSettings | null;
}

export interface HttpDiscoverSettings extends NonNullable<FileDiscover['http']> {
  /** Contents of `caFile` when the configuration was read; null: none is configured. */
  readonly caPem: string | null;
}

export type DiscoverySettings = FileSettings['discovery'];

export interface BackendSettings extends Omit<FilePool['backends'][number], 'id'> {
  /** Stable: from the file, else derived from pool and URL. Unique in the whole configuration. */
  readonly id: string;
  /** Finishes its requests and gets no new ones. By the API or its source only: the file has no key for it. */
  readonly draining?: true;
  /** Of a member: identity of the process behind the URL. With another one, it is another backend. */
  readonly uid?: string;
  /** A member of which only an old list is known: it gets no requests before a health check has succeeded. */
  readonly unproven?: true;
}

/** TLS to the backends of a pool. */
export interface PoolTlsSettings extends FileTls {
  /** Contents of the files when the configuration was read; null: none is configured. */
  readonly caPem: string | null;
  readonly certPem: string | null;
  readonly keyPem: string | null;
  /** Server name of backends whose URL has an address instead of a name; null: none. */
  readonly addressName: string | null;
}

export interface PoolSettings extends Omit<FilePool, 'hash' | 'backends' | 'tls' | 'protocol' | 'discover'> {
  readonly name: string;
  readonly protocol: UpstreamProtocol;
  readonly hash: HashKey;
  readonly backends: readonly BackendSettings[];
  readonly tls: PoolTlsSettings;
  /** Null: the pool has only `backends`. */
  readonly discover: DiscoverSettings | null;
}

/** What a route answers by itself. */
export interface RespondSettings extends NonNullable<FileRoute['respond']> {
  /** Contents of the file when the configuration was read, a character a byte; null: none is configured. */
  readonly fileContent: string | null;
}

/** Pages for errors on a route. */
export interface ErrorPagesSettings extends NonNullable<FileRoute['errorPages']> {
  /** Contents of the files when the configuration was read, by the same keys, a character a byte. */
  readonly pagesContent: Readonly<Record<string, string>>;
}

export interface RouteSettings extends Omit<FileRoute, 'name' | 'pathPrefix' | 'priority' | 'respond' | 'errorPages'> {
  /** 0 to 9. */
  readonly priority: number;
  /** From the file, else derived from what it matches. Unique. */
  readonly name: string;
  /** `/` if the route matches by path or expression. */
  readonly pathPrefix: string;
  readonly respond: RespondSettings | null;
  readonly errorPages: ErrorPagesSettings | null;
}

/** What a route demands of its callers. */
export type AuthSettings = NonNullable<RouteSettings['auth']>;

/** A token bucket (capacity, ratePerSecond) or a sliding window (limit, sizeMs); fields of the other kind are null. */
export type LimitSettings = NonNullable<RateLimitSettings['global']>;
export type RateLimitSettings = FileSettings['rateLimit'];

export interface ServerSettings extends Omit<FileSettings['server'], 'threads' | 'maxConnections'> {
  /** `auto` is resolved when the file is read. */
  readonly threads: number;
  readonly maxConnections: number;
}

/** Where the locations of clients come from. */
export interface GeoSettings extends Readonly<FileSettings['geo']> {
  /** Contents of the table when the configuration was read; null: none is configured. */
  readonly tableContent: GeoTableContent | null;
}

export type AdminSettings = FileSettings['admin'];
export type TokenSettings = AdminSettings['tokens'][number];
export type DatabaseSettings = FileSettings['database'];
export type LogSettings = FileSettings['log'];
export type MetricsSettings = FileSettings['metrics'];
export type TelemetrySettings = FileSettings['telemetry'];

/** TLS to Redis. */
export interface RedisTlsSettings extends Camelized<NonNullable<RedisFile['tls']>> {
  /** Contents of the files when the configuration was read; null: none is configured. */
  readonly caPem: string | null;
  readonly certPem: string | null;
  readonly keyPem: string | null;
}

/** Redis or Valkey: exactly one of `url`, `nodes` and `sentinel` is not null. */
export interface RedisSettings extends Omit<Camelized<RedisFile>, 'tls'> {
  /** Null, and a URL without `rediss://`: no TLS. */
  readonly tls: RedisTlsSettings | null;
}

/** A certificate of files. Their contents are never part of the settings: src/certificates has them. */
export type CertificateSettings = Camelized<CertificateFile>;

/** Certificates of clients. */
export interface ClientAuthSettings extends Camelized<ClientAuthFile> {
  /** Contents of the files when the configuration was read; null: none is configured. */
  readonly caPem: string | null;
  readonly crlPem: string | null;
}

/** An authority that issues certificates by ACME. */
export interface IssuerSettings extends Camelized<IssuerFile> {
  /** Contents of `caFile`; null: none is configured. */
  readonly caPem: string | null;
}

/** TLS for clients. */
export interface TlsSettings extends Omit<
  Camelized<TlsFile>,
  'hstsMs' | 'redirect' | 'acme' | 'certificates' | 'clientAuth'
> {
  /** 0: off. */
  readonly redirect: 0 | 301 | 308;
  /** 0: off. */
  readonly hstsSeconds: number;
  /** By name; with those that need no settings of their own, if a certificate refers to them. */
  readonly acme: Readonly<Record<string, IssuerSettings>>;
  readonly certificates: readonly CertificateSettings[];
  readonly clientAuth: readonly ClientAuthSettings[];
}

/** What a running gateway can change of it. */
export interface LiveTlsSettings extends Omit<
  TlsSettings,
  'port' | 'certificates' | 'acme' | 'acmeEmail' | 'storageKey'
> {
  /** Null: no certificate is ordered because a client asks for a name. */
  readonly onDemand: OnDemandLimits | null;
  /** Some certificate is from an authority: tokens of challenges may be looked up. */
  readonly isAutomatic: boolean;
}

/** The user's own code. */
export interface PluginSettings extends FilePlugin {
  /** Changes with the contents of the file and of the modules that it imports. Empty: they were not read yet. */
  readonly revision: string;
}

export interface Settings extends Omit<FileSettings, 'server' | 'geo' | 'plugins' | 'routeDefaults' | SharedKey> {
  readonly server: ServerSettings;
  readonly geo: GeoSettings;
  /** Null: off. */
  readonly tls: TlsSettings | null;
  /** Null: none. */
  readonly redis: RedisSettings | null;
  readonly pools: readonly PoolSettings[];
  /** By name. */
  readonly plugins: Readonly<Record<string, PluginSettings>>;
  /** In the order of the file. */
  readonly routes: readonly RouteSettings[];
  /** What pools and routes that discovery finds inherit; null: it finds none. */
  readonly foundDefaults: FoundDefaults | null;
}

/** At the top of the file for every pool; here each pool has its own. */
type SharedKey = keyof FilePool & keyof FileSettings;
