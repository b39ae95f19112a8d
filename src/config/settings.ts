/**
 * The configuration at run time: what `load` makes of a file, the environment and flags. Frozen, camelCase,
 * durations in milliseconds, every default filled in. The file's own shape (snake_case, `5s`) is in schema.ts.
 */
import type { CookieScope } from '../net/session-cookie.ts';
import type { StrategyName } from '../balancing/core/strategy-names.ts';
import type { AdaptiveWeightSettings } from '../balancing/core/adaptive-weight.ts';
import type { CircuitBreakerSettings as CircuitSettings } from '../breaker/core/circuit-breaker-settings.ts';
import type { SlowStartSettings as RampSettings } from '../balancing/core/slow-start.ts';
import type { BucketSettings } from '../limits/core/token-bucket.ts';
import type { Role } from '../access/core/role.ts';

export type { BucketSettings };

export type Algorithm = StrategyName;

/** What consistent hashing hashes. `name` is the header's or cookie's name (lower case for headers). */
export type HashKey =
  | { readonly by: 'ip' }
  | { readonly by: 'path' }
  | { readonly by: 'header'; readonly name: string }
  | { readonly by: 'cookie'; readonly name: string };

/** A token bucket (capacity, ratePerSecond) or a sliding window (limit, sizeMs); what belongs to the other is null. */
export interface LimitSettings {
  readonly capacity: number | null;
  readonly ratePerSecond: number | null;
  readonly limit: number | null;
  readonly sizeMs: number | null;
}

export interface RateLimitSettings {
  /** The denylist holds in any case. */
  readonly enabled: boolean;
  /** Nothing is refused, but counted and reported as if; the denylist holds. Default false. */
  readonly dryRun: boolean;
  /** Whether `default` or `window` is in force for clients without settings of their own. Default token-bucket. */
  readonly algorithm: 'token-bucket' | 'sliding-window';
  /** Default 100 / 10. */
  readonly default: BucketSettings;
  /** Default 100 in 60 s. */
  readonly window: { readonly limit: number; readonly sizeMs: number };
  /** One limit for the whole gateway; null: none. */
  readonly global: LimitSettings | null;
  /** IPs and CIDRs that are never limited. */
  readonly allowlist: readonly string[];
  /** IPs and CIDRs that are answered 403. */
  readonly denylist: readonly string[];
  /** Size of the client table. Default 65536. */
  readonly maxClients: number;
  /** IPv6 addresses that share so many bits are one client. Default 64. */
  readonly ipv6Prefix: number;
  /** Also send X-RateLimit-Limit, -Remaining and -Reset. Default false. */
  readonly legacyHeaders: boolean;
  /** Header that carries an API key; lower case. Default x-api-key. */
  readonly apiKeyHeader: string;
  /** Header that carries a client id; lower case. Default x-client-id. */
  readonly clientIdHeader: string;
}

export interface CircuitBreakerSettings extends CircuitSettings {
  readonly enabled: boolean;
  /** Also count a 500 as a failure (502, 503, 504 always are). Default false. */
  readonly count500: boolean;
}

export interface HealthCheckSettings {
  readonly enabled: boolean;
  /** http: a request; tcp: a connection that can be made. Default http. */
  readonly type: 'http' | 'tcp';
  /** Default GET. */
  readonly method: 'GET' | 'HEAD' | 'OPTIONS';
  /** Default /health. */
  readonly path: string;
  /** Of the same host; null: the backend's own. */
  readonly port: number | null;
  /** To send, by name in lower case. Default none. */
  readonly headers: Readonly<Record<string, string>>;
  /** Default 5 s. */
  readonly intervalMs: number;
  /** While down or changing. Default 2 s. */
  readonly fastIntervalMs: number;
  /** Below the (fast) interval. Default 2 s; */
  readonly timeoutMs: number;
  /** Default 2. */
  readonly rise: number;
  /** Default 3. */
  readonly fall: number;
  /** Inclusive range of statuses that count as healthy. Default [200, 399]. */
  readonly expectedStatus: readonly [from: number, to: number];
  /** Text that must be in the first 64 KiB of the body; null: any body. */
  readonly expectedBody: string | null;
  /** By name in lower case, the text that each must contain; empty: it must be there. Default none. */
  readonly expectedHeaders: Readonly<Record<string, string>>;
}

export interface SlowStartSettings extends RampSettings {
  readonly enabled: boolean;
}

export interface AdaptiveSettings extends AdaptiveWeightSettings {
  readonly enabled: boolean;
  /** Default 10 s. */
  readonly intervalMs: number;
  /** Time to first byte to aim at; null: the median of the pool's healthy backends. */
  readonly targetLatencyMs: number | null;
  /** Requests in an interval below which nothing is concluded. Default 20. */
  readonly minSamples: number;
  /** A backend that has joined is not judged before, ms; 0: at once. Default 10 s. */
  readonly warmUpMs: number;
}

export interface PassiveHealthSettings {
  readonly enabled: boolean;
  /** Gateway errors in a row that eject. Default 5. */
  readonly consecutiveErrors: number;
  /** First ejection, ms; times the number of ejections. Default 30 s. */
  readonly ejectMs: number;
  /** Default 300 s. */
  readonly maxEjectMs: number;
  /** Largest share of a pool that may be ejected, 0..1. Default 0.5; never the last one. */
  readonly maxEjectedRatio: number;
}

export interface RetrySettings {
  /** Further tries after the first, 0..10. Default 1. */
  readonly attempts: number;
  /** Methods retried though the request may have reached a backend. Default GET, HEAD, OPTIONS. */
  readonly methods: readonly string[];
  /** Statuses of a backend that are retried. Default 502, 503, 504. */
  readonly statuses: readonly number[];
  /** Full jitter back-off: random in 0..base × 2ⁿ. Default 25. */
  readonly backoffBaseMs: number;
  /** Default 250. */
  readonly backoffMaxMs: number;
  /** Retries as a share of the requests of the last ten seconds. Default 0.2. */
  readonly budgetRatio: number;
  /** Retries always allowed at a time. Default 3. */
  readonly budgetMinimum: number;
  /** Bodies up to this size are kept for a replay. Default 65536. */
  readonly maxReplayBytes: number;
}

export interface UpstreamTimeouts {
  /** Default 3 s. */
  readonly connectMs: number;
  /** Until the response head. Default 15 s. */
  readonly responseMs: number;
  /** Between chunks of a response body (never for text/event-stream). Default 60 s. */
  readonly idleMs: number;
}

export interface BackendSettings {
  /** Stable: given in the file, else made of pool and URL. Unique in the whole configuration. */
  readonly id: string;
  /** Origin and optional base path, without a last slash: `http://10.0.0.1:8081/base`. */
  readonly url: string;
  /** Finishes what runs there and gets nothing new. By the API only: the file has no key for it. */
  readonly draining?: true;
  /** 1..1000. Default 1. */
  readonly weight: number;
  readonly enabled: boolean;
  /** Gets traffic only while no other backend of the pool is available. Default false. */
  readonly backup: boolean;
  /** Requests at a time, all threads; null (default): the pool's. */
  readonly maxInFlight: number | null;
}

export interface QueueSettings {
  /** Requests that may wait on one thread; 0 (default): none. */
  readonly size: number;
  /** Default 1 s. */
  readonly timeoutMs: number;
}

export interface StickyKey {
  /** Stands in the cookie. */
  readonly id: string;
  readonly secret: string;
}

export interface StickySettings extends CookieScope {
  readonly enabled: boolean;
  /** Default sluice_sticky. Unique among the pools that use it. */
  readonly cookie: string;
  /** Default 30 min. */
  readonly idleMs: number;
  /** Since the first answer; not below idleMs. Default 8 h. */
  readonly maxAgeMs: number;
  /** Sent over TLS only; `auto` (default): when the client came by TLS. */
  readonly secure: 'auto' | 'always' | 'never';
  /** The first signs, all verify; empty (default): one that is made at start. */
  readonly keys: readonly StickyKey[];
}

/** TLS to the backends of a pool. */
export interface PoolTlsSettings {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** Null (default): the host in the backend's URL. */
  readonly serverName: string | null;
  /** Default TLSv1.2. */
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** What the files held when the configuration was read; null: none is named. */
  readonly caPem: string | null;
  readonly certPem: string | null;
  readonly keyPem: string | null;
}

export interface PoolSettings {
  readonly name: string;
  readonly algorithm: Algorithm;
  /** Used by consistent-hash only. Default { by: 'ip' }. */
  readonly hash: HashKey;
  readonly backends: readonly BackendSettings[];
  /** Keep the client's Host header (true, default) or send the backend's own (false). */
  readonly preserveHost: boolean;
  /** Tell the backend its own host and port in X-Origin-Host. Default false. */
  readonly originHost: boolean;
  /** Connections to one backend from one thread. Default 1024. */
  readonly maxConnections: number;
  /** Longest wait for one of them, ms; 0: none. Default 1 s. */
  readonly connectionWaitMs: number;
  /** Largest head of a backend's answer, bytes. Default 16384. */
  readonly maxResponseHeadBytes: number;
  /** Idle upstream connections are closed after this, ms; a backend's own hint wins. Default 4 s. */
  readonly keepAliveMs: number;
  /** Accept any TLS certificate of an https backend. Unsafe. Default false. */
  readonly insecureSkipTlsVerify: boolean;
  readonly tls: PoolTlsSettings;
  /** When no backend is available, try them all instead of answering 503. Default false. */
  readonly panic: boolean;
  /** Requests one backend works on at a time, all threads; null (default): any number. */
  readonly maxInFlight: number | null;
  readonly queue: QueueSettings;
  readonly sticky: StickySettings;
  /** Tell clients in X-Sluice-Backend which backend answered. Default false. */
  readonly exposeBackend: boolean;
  readonly healthCheck: HealthCheckSettings;
  readonly passiveHealth: PassiveHealthSettings;
  readonly circuitBreaker: CircuitBreakerSettings;
  readonly retries: RetrySettings;
  readonly timeouts: UpstreamTimeouts;
  readonly slowStart: SlowStartSettings;
  readonly adaptive: AdaptiveSettings;
}

export interface RouteLimitSettings {
  /** Each client's on this route, besides its limit anywhere; null: none. */
  readonly client: LimitSettings | null;
  /** All clients' together on this route; null: none. */
  readonly total: LimitSettings | null;
  /** Only report what these two would refuse. Default false. */
  readonly dryRun: boolean;
  /** CORS preflights take nothing from the limits of client and route. Default false. */
  readonly freePreflight: boolean;
}

export interface RouteSettings {
  /** Shown in logs and metrics. Given, else made of what it matches. Unique. */
  readonly name: string;
  /** Host without port, lower case, or `*.example.com`; null: any. */
  readonly host: string | null;
  /** Begins with a slash. Matches whole segments: `/api` matches /api and /api/x, not /apix. */
  readonly pathPrefix: string;
  /** Upper case; empty: any. */
  readonly methods: readonly string[];
  readonly pool: string;
  /** Tokens that a request takes from every limit that it falls under, 1..100. Default 1. */
  readonly cost: number;
  readonly rateLimit: RouteLimitSettings | null;
  /** Take pathPrefix off before forwarding. Default false. */
  readonly stripPrefix: boolean;
  /** The whole request, tries and all, ms; 0: no limit. Default 120 s. */
  readonly timeoutMs: number;
  /** A tunnel (WebSocket and the like) that is silent this long both ways is closed, ms; 0: never. Default 1 h. */
  readonly upgradeIdleTimeoutMs: number;
  /** Largest request body, bytes; null: any. */
  readonly maxBodyBytes: number | null;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Traffic threads, 1..64; `auto` is resolved when read. */
  readonly threads: number;
  /** CIDRs of proxies whose X-Forwarded-* headers count. Default none. */
  readonly trustProxy: readonly string[];
  /** Header that every connection must begin with. Default off. */
  readonly proxyProtocol: 'off' | 'v1' | 'v2' | 'any';
  /** CIDRs of peers that may send it; empty: trustProxy. */
  readonly proxyProtocolFrom: readonly string[];
  /** Client connections at a time, all threads together; 0: no limit. `auto` (default) is resolved when read. */
  readonly maxConnections: number;
  /** The same from one address (IPv6: one /64); 0: no limit. Default 1024. */
  readonly maxConnectionsPerIp: number;
  /** Requests on one connection; 0: no limit. Default 0. */
  readonly maxRequestsPerConnection: number;
  /** Requests of one connection in work at a time. Default 8. */
  readonly maxPipelinedRequests: number;
  /** Most header fields of a request. Default 200. */
  readonly maxHeaders: number;
  /** Request head: bytes (default 16384) and time (default 10 s). */
  readonly maxHeadBytes: number;
  readonly headTimeoutMs: number;
  /** Whole request including its body. Default 120 s. */
  readonly requestTimeoutMs: number;
  /** Slowest request body, bytes a second, in each window (default 10 s); 0: any. Default 1024. */
  readonly minBodyRate: number;
  /** Slowest taking of an answer, bytes a second, in each such window; 0: any. Default 1024. */
  readonly minResponseRate: number;
  readonly bodyRateWindowMs: number;
  /** Longest time that a client takes nothing of its answer. Default 60 s. */
  readonly writeTimeoutMs: number;
  /** Idle keep-alive connection of a client. Default 72 s. */
  readonly keepAliveMs: number;
  /** Stop: keep accepting this long while readiness says 503. Default 5 s. */
  readonly drainDelayMs: number;
  /** Stop: then wait this long for running requests. Default 10 s. */
  readonly drainTimeoutMs: number;
  /** Stop: the same for tunnels. Default 30 s. */
  readonly streamDrainTimeoutMs: number;
  /** Stop: hard end. Default 45 s. */
  readonly stopTimeoutMs: number;
}

export interface AdminSettings {
  readonly host: string;
  readonly port: number;
  /** Bearer token with the role admin; null: only those of `tokens` count, and on a loopback address need not exist. */
  readonly token: string | null;
  /** Further tokens. Default none. */
  readonly tokens: readonly TokenSettings[];
  /** More Host header values (without port) that are accepted besides loopback names and the listening address. */
  readonly allowedHosts: readonly string[];
  /** Serve the paths of older balancers, too. Default true. */
  readonly compat: boolean;
  /** Origins besides its own whose pages may use the API: `https://ops.example.com`, lower case. Default none. */
  readonly corsOrigins: readonly string[];
  /** Older entries of the audit log are removed, days; 0: never. Default 90. */
  readonly auditKeepDays: number;
}

/** A bearer token of which only the hash is known. */
export interface TokenSettings {
  /** Unique; in the audit log. */
  readonly name: string;
  readonly role: Role;
  /** `sha256:` and 64 hex digits. */
  readonly hash: string;
}

export interface DatabaseSettings {
  /** postgres:// URL, or null: the embedded database in dataDir. */
  readonly url: string | null;
  /** Of the tables in PostgreSQL; null: the first of the search path. */
  readonly schema: string | null;
  /** Under which bucket levels are saved in PostgreSQL; null: host name and port. */
  readonly gateway: string | null;
  /** With a URL: refuse to start when it cannot be reached. Default true. */
  readonly required: boolean;
  /** Folder of the embedded database. Default ./data. */
  readonly dataDir: string;
  /** Bucket levels of registered clients are saved this often, ms. Default 5 s. */
  readonly saveLevelsMs: number;
}

export interface LogSettings {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** auto: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty';
  readonly access: {
    readonly enabled: boolean;
    /** Share of requests logged, 0..1; errors (status ≥ 500) always are. Default 1. */
    readonly sample: number;
  };
}

export interface MetricsSettings {
  /** Time between frames of /ws/metrics when the client names none, ms. Default 1 s. */
  readonly intervalMs: number;
}

export interface ReloadSettings {
  /** Take a change of the file as soon as it is seen. Default true. */
  readonly watch: boolean;
}

export interface DnsSettings {
  /** Where host names of backends are looked up; empty (default): as the system does. */
  readonly servers: readonly string[];
}

export interface Settings {
  readonly server: ServerSettings;
  readonly admin: AdminSettings;
  readonly database: DatabaseSettings;
  readonly log: LogSettings;
  readonly metrics: MetricsSettings;
  readonly reload: ReloadSettings;
  readonly dns: DnsSettings;
  readonly rateLimit: RateLimitSettings;
  readonly pools: readonly PoolSettings[];
  /** In the order of the file. */
  readonly routes: readonly RouteSettings[];
}
