import { Type, type Static } from '@sinclair/typebox';

import { CAPACITY, IN_FLIGHT_PER_CLIENT, LIMIT_ALGORITHMS, RATE } from '../../limits/core/limits-vocabulary.ts';
import { PROXY_VERSIONS } from '../../net/core/net-vocabulary.ts';
import { MAX_CLIENTS } from '../../runtime/table-sizes.ts';
import { ROLES, type Role } from '../../admin-access/core/admin-access-vocabulary.ts';
import { DiscoverySchema } from './discover/discovery-schema.ts';
import { GeoSchema } from './route/geo-schema.ts';
import { PluginSchema } from './route/plugin-schema.ts';
import { GatewayLocalitySchema } from './locality-schema.ts';
import { GatewayScaleSchema } from './pool/scale-schema.ts';
import { PoolSchema, SharedAtTop } from './pool-schema.ts';
import { limit } from './route/limit-schema.ts';
import { quota } from './route/quota-schema.ts';
import { RedisSchema } from './redis-schema.ts';
import { RouteDefaultsSchema } from './route/route-defaults-schema.ts';
import { RouteSchema } from './route/route-schema.ts';
import { TelemetrySchema } from '../telemetry/telemetry-schema.ts';
import { TlsSchema } from './tls-schema.ts';
import { duration, durationOrZero, flag, integer, listOf, oneOf, ratio, section, text } from './schema-kinds.ts';

/**
 * The configuration file. This is the one place for its keys, ranges and defaults: the checks, the error messages, the
 * JSON Schema for editors and docs/configuration.md are all derived from it. Values: src/config/settings.ts.
 */

const PORT = [0, 65_535] as const;

const ServerSchema = section(
  {
    host: text('listen-host', 'Address the public port listens on.', { default: '0.0.0.0' }),
    port: integer(PORT, 8080, 'Public port; 0: any free one.'),
    threads: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 64 })], {
      default: 'auto',
      description:
        'Traffic threads; `auto`: one for each processor that affinity and the CPU limit of the container allow, rounded down.',
    }),
    locality: GatewayLocalitySchema,
    trust_proxy: listOf(
      text('cidr', 'An address or block.'),
      [],
      'Proxies whose `X-Forwarded-*`, `Forwarded`, `X-Real-IP` and similar headers are trusted and forwarded; from others they are dropped.',
    ),
    proxy_protocol: oneOf(
      ['off', ...PROXY_VERSIONS],
      'off',
      'PROXY protocol header required at the start of every connection; its address becomes the peer.',
    ),
    proxy_protocol_from: listOf(
      text('cidr', 'An address or block.'),
      [],
      'Peers that may send a PROXY protocol header; connections of others are closed. Empty: those of `trust_proxy`.',
    ),
    max_connections: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 0, maximum: 10_000_000 })], {
      default: 'auto',
      description:
        'Most client connections at a time, across all threads of this gateway; further ones are closed. `auto`: half of the open-files limit, minus 128; 0: all of it, minus 128.',
    }),
    max_connections_per_ip: integer(
      [0, 10_000_000],
      1024,
      'The same per address (IPv6: per /64), except for `trust_proxy` and the `allowlist`; 0: no limit.',
    ),
    max_requests_per_connection: integer(
      [0, 1_000_000_000],
      0,
      'The answer to the last one has `Connection: close`; 0: no limit.',
    ),
    max_pipelined_requests: integer(
      [1, 1000],
      8,
      'Requests of one connection processed at a time; further ones are read once answers are sent. 1: one after the other.',
    ),
    max_head_bytes: integer([1024, 1_048_576], 16_384, 'Largest request head. Bytes.'),
    max_headers: integer([1, 10_000], 200, 'Most header fields of a request; with more, the answer is 431.'),
    head_timeout: duration('10s', 'Time limit for receiving the request head.'),
    request_timeout: duration(
      '120s',
      'Time limit for receiving the whole request, including its body; it does not run while a backend takes no more of it.',
    ),
    min_body_rate: integer(
      [0, 1_000_000_000],
      1024,
      'Slower request bodies are answered 408. Bytes per second; 0: no limit.',
    ),
    min_response_rate: integer(
      [0, 1_000_000_000],
      1024,
      'Clients that read an answer or a tunnel more slowly are disconnected. Only time with data to read counts. Bytes per second; 0: no limit.',
    ),
    body_rate_window: duration('10s', 'Window over which `min_body_rate` and `min_response_rate` are measured.'),
    write_timeout: duration('60s', 'A client that reads nothing of its answer for this long is disconnected.'),
    shedding: section(
      {
        enabled: flag(
          false,
          'Refuse requests of lower `priority` while a traffic thread or a pool is overloaded (503).',
        ),
        target_delay: duration('50ms', 'Delay of the event loop above which a busy thread is overloaded.'),
        interval: duration('500ms', 'How long it must last.'),
        pool_fill: ratio(
          0.8,
          'Part of `max_in_flight` and `queue.size` of a pool in use above which it sheds requests; full: all but those of priority 9.',
        ),
      },
      'Load shedding by priority.',
    ),
    http2: section(
      {
        enabled: flag(true, 'Offer HTTP/2 on the TLS port.'),
        h2c: flag(false, 'Also accept it without TLS, with prior knowledge, on `server.port`.'),
        max_streams: integer([1, 10_000], 128, 'Requests of one connection processed at a time.'),
        reset_burst: integer(
          [1, 1_000_000],
          100,
          'Most requests that a client may reset at a time; then its connection is closed (rapid reset).',
        ),
        reset_rate: integer([1, 1_000_000], 10, 'Resets that `reset_burst` regains. Per second.'),
        stream_window_bytes: integer(
          [65_535, 16_777_216],
          262_144,
          'Most of a request body that is received before the backend takes it. Bytes.',
        ),
        connection_window_bytes: integer(
          [65_535, 67_108_864],
          1_048_576,
          'The same for all requests of a connection, until the gateway has read it. Bytes.',
        ),
      },
      'HTTP/2 from clients.',
    ),
    keep_alive: duration('72s', "An idle client's connection is closed after this."),
    drain_delay: durationOrZero(
      '5s',
      'When stopping: keep accepting requests for this long while readiness already reports 503 and answers say `Connection: close`; `0s`: not at all. Allow for several health checks of the load balancer in front.',
    ),
    drain_timeout: durationOrZero('10s', 'When stopping: then wait this long for running requests.'),
    stream_drain_timeout: durationOrZero(
      '30s',
      'When stopping: the same for WebSockets and other upgraded connections.',
    ),
    stop_timeout: duration('45s', 'When stopping: the process exits after this time in any case.'),
  },
  'The public port.',
);

const TokenSchema = Type.Object(
  {
    name: text('token-name', 'Name in the audit log and in `/v1/api/session`. Unique.'),
    role: Type.Unsafe<Role>(
      Type.Union(
        ROLES.map((role) => Type.Literal(role)),
        {
          description:
            'A viewer can read, an operator can also change clients and backends, an admin can do everything.',
        },
      ),
    ),
    hash: text('token-hash', 'Hash of the token, as printed by `sluice token create`.', { secret: true }),
  },
  { additionalProperties: false, description: 'A bearer token, stored as a hash.' },
);

const AdminSchema = section(
  {
    host: text('listen-host', 'Address the admin port listens on; any address except loopback requires a token.', {
      default: '127.0.0.1',
    }),
    port: integer(PORT, 9000, 'Admin port; 0: any free one.'),
    tls: flag(false, 'Require TLS on the admin port, with the certificates and settings of the section `tls`.'),
    token: Type.Optional(
      text(
        'bearer-token',
        'Bearer token required for admin requests; beyond loopback at least 20 characters. Default: `SLUICE_ADMIN_TOKEN`, otherwise none.',
        {
          secret: true,
        },
      ),
    ),
    allowed_hosts: listOf(
      text('host-name', 'A host name.'),
      [],
      '`Host` names, without port, that the admin port accepts in addition to loopback names and its address.',
    ),
    compat: flag(true, 'Also serve the API paths of balancers that Sluice can replace: docs/migrating.md.'),
    tokens: listOf(TokenSchema, [], 'Further tokens, each with a role; `token` has the role admin.'),
    cors_origins: listOf(
      text('origin', 'An origin.'),
      [],
      'Further origins whose pages may use the admin API, such as `https://ops.example.com`.',
    ),
    audit_keep_days: integer([0, 3650], 90, 'Older entries of the audit log are removed once a day; 0: never. Days.'),
  },
  'The admin port: API, dashboard, metrics.',
);

const DatabaseSchema = section(
  {
    url: Type.Optional(
      text('database-url', 'URL of a PostgreSQL server. Default: `DATABASE_URL`, otherwise the embedded database.', {
        secret: true,
      }),
    ),
    schema: Type.Optional(
      text(
        'database-schema',
        "PostgreSQL schema of the tables; created if missing. Default: the first of the user's `search_path`, " +
          'usually `public`.',
      ),
    ),
    gateway: Type.Optional(text('gateway-name', 'The older name of `fleet.name`.')),
    required: flag(true, 'With a URL: refuse to start if the server is unreachable.'),
    data_dir: text('folder', 'Folder of the embedded database, relative to the working directory.', {
      default: './data',
    }),
    save_levels: duration('5s', 'Interval for saving the bucket levels of registered clients.'),
  },
  'Storage of registered clients.',
);

const FleetSchema = section(
  {
    name: Type.Optional(
      text(
        'gateway-name',
        'Name of this gateway among those that share a PostgreSQL database, in the audit log, events, logs and metrics. ' +
          'Unique, and the same after a restart. Default: host name and port, such as `gw-1:8080`.',
      ),
    ),
    beat: duration('5s', 'Interval at which this gateway reports to the database that it is alive.'),
    expire: duration('15s', 'Without a beat for this long, a gateway is lost. At least twice `beat`, the same on all.'),
    scale: Type.Optional(GatewayScaleSchema),
  },
  'Gateways that share a PostgreSQL database know each other: docs/operations.md.',
);

const LogSchema = section(
  {
    level: oneOf(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'info',
      'Lowest level that is logged.',
    ),
    format: oneOf(['auto', 'json', 'pretty'], 'auto', '`auto`: pretty on a terminal, JSON elsewhere.'),
    gateway: flag(true, 'Add the name of this gateway to each line, if `fleet.name` or `database.url` is set.'),
    access: section(
      {
        enabled: flag(true, 'One line for each request.'),
        sample: ratio(1, 'Share of requests that is logged; answers of 500 and above always are.'),
      },
      'The access log.',
    ),
  },
  'Logs.',
);

const MetricsSchema = section(
  {
    interval: duration('1s', 'Default interval between frames of `/ws/metrics`.'),
    store_history: flag(
      true,
      'Keep the metrics of the last 24 hours in a file of `database.data_dir`, so that charts continue after a restart; 92 KB.',
    ),
  },
  'Live metrics, and those of the last 24 hours.',
);

const RecordingSchema = section(
  {
    mask: listOf(
      text('masked-name', 'A name, in any case.'),
      [],
      'Header fields, parameters and JSON fields whose values no recording contains, in addition to those that look secret (`authorization`, `cookie`, `…-key`, `…_token`, `password` …).',
    ),
  },
  'Recordings of traffic: docs/operations/recording.md.',
);

const ReloadSchema = section(
  {
    watch: flag(
      true,
      'Apply changes to this file as soon as it is saved; false: only on SIGHUP and `POST /v1/api/config/reload`.',
    ),
  },
  'Changes to this file while the gateway runs.',
);

const DnsSchema = section(
  {
    servers: listOf(
      text('dns-server', 'An address, optionally with a port.'),
      [],
      'DNS servers for backend host names and `discover.dns`, used after `/etc/hosts`. Empty: those of the system.',
    ),
    min_ttl: duration('1s', 'An answer is valid for at least this long, whatever its TTL.'),
    max_ttl: duration('60s', 'An answer is valid for at most this long, whatever its TTL.'),
  },
  'Resolution of backend host names, and of names in `discover`.',
);

const RateLimitSchema = section(
  {
    enabled: flag(true, 'Turn limits on. The `denylist` applies in any case.'),
    dry_run: flag(
      false,
      'Count, log and report requests that would be refused, but refuse none. The `denylist` still applies.',
    ),
    algorithm: oneOf(
      LIMIT_ALGORITHMS,
      'token-bucket',
      'Limit of unregistered clients: `default` (a token bucket) or `window`.',
    ),
    default: section(
      {
        capacity: Type.Number({ ...CAPACITY, default: 100, description: 'Largest burst. Tokens; a request costs 1.' }),
        rate_per_second: Type.Number({ ...RATE, default: 10, description: 'Refill rate. Tokens per second.' }),
      },
      'Token bucket of every unregistered client.',
    ),
    window: section(
      {
        limit: integer([CAPACITY.minimum, CAPACITY.maximum], 100, 'Most requests in any window. A request costs 1.'),
        size: duration('60s', 'Length of the window.'),
      },
      'With `algorithm: sliding-window`: window of every unregistered client.',
    ),
    global: limit(
      'One limit for the whole gateway: a token bucket or a sliding window. Without `redis`, each gateway counts its own. Default: none.',
    ),
    max_in_flight_per_client: Type.Optional(
      Type.Integer({
        ...IN_FLIGHT_PER_CLIENT,
        description:
          'Most requests of a client at a time, across all routes and threads of this gateway; further ones are answered 429. An upgraded connection counts until it closes. Default: no limit.',
      }),
    ),
    quota: quota('Requests of each client in a day or month, on all routes together.'),
    allowlist: listOf(text('cidr', 'An address or block.'), [], 'Addresses that are never limited.'),
    denylist: listOf(
      text('cidr', 'An address or block.'),
      [],
      'Addresses that are answered 403. If an address is in a block of each list, the smaller block wins; if they are equal, this list.',
    ),
    ipv6_prefix: integer(
      [32, 128],
      64,
      'Prefix length by which IPv6 addresses are one client, here and for `server.max_connections_per_ip`. Bits.',
    ),
    max_clients: integer([1, MAX_CLIENTS], 65_536, 'Clients tracked at a time, about 64 bytes each.'),
    shared: section(
      {
        enabled: flag(
          true,
          'With `redis`: all gateways on the same server and `redis.prefix` admit each limit once. False: each gateway admits it.',
        ),
        wait: duration(
          '10ms',
          'Longest wait of a request for Redis. Then this gateway decides, by its share of the limit.',
        ),
        lost_after: duration(
          '100ms',
          'Silence after which Redis counts as lost. Until it is back, each gateway admits its share of each limit.',
        ),
        max_lease: duration(
          '100ms',
          'Longest time for which a gateway keeps tokens that it was granted ahead. Longer: fewer commands to Redis, and up to that much of the rate more in some windows.',
        ),
        strict: flag(
          false,
          'Ask Redis before every request, also far from the limit: exact in every window, but each request waits for an answer unless tokens were granted ahead.',
        ),
        expected_gateways: integer(
          [1, 1000],
          1,
          'Gateways that share the limits, as long as neither Redis nor the database tells how many there are.',
        ),
      },
      'Limits of several gateways as one. docs/redis.md.',
    ),
    legacy_headers: flag(false, 'Also send `X-RateLimit-Limit`, `-Remaining` and `-Reset`.'),
    api_key_header: text('header-name', 'Header that carries an API key.', { default: 'x-api-key' }),
    client_id_header: text('header-name', "Header that carries a registered client's id.", { default: 'x-client-id' }),
  },
  'Rate limits: a token bucket or a sliding window per client. Without `redis`, each gateway counts its own.',
);

export const ConfigSchema = Type.Object(
  {
    server: ServerSchema,
    tls: Type.Optional(TlsSchema),
    admin: AdminSchema,
    database: DatabaseSchema,
    redis: Type.Optional(RedisSchema),
    fleet: FleetSchema,
    log: LogSchema,
    metrics: MetricsSchema,
    telemetry: TelemetrySchema,
    recording: RecordingSchema,
    reload: ReloadSchema,
    dns: DnsSchema,
    discovery: DiscoverySchema,
    geo: GeoSchema,
    rate_limit: RateLimitSchema,
    pools: Type.Record(Type.String(), PoolSchema, {
      minProperties: 1,
      description: 'Pools by name: lower-case letters, digits, dashes, underscores.',
    }),
    routes: Type.Array(RouteSchema, {
      default: [],
      description: 'Default: one route that sends everything to the only pool, or to the pool named `default`.',
    }),
    plugins: Type.Record(Type.String(), PluginSchema, {
      default: {},
      description:
        'Plugins of your own, by name: code that runs for requests of the routes that name them. docs/plugins.md.',
    }),
    route_defaults: RouteDefaultsSchema,
    ...SharedAtTop,
  },
  { additionalProperties: false, default: {} },
);

/** The file with every default filled in. */
export type ConfigFile = Static<typeof ConfigSchema>;
export type PluginFile = Static<typeof PluginSchema>;
export type PoolFile = Static<typeof PoolSchema>;
export type RouteFile = Static<typeof RouteSchema>;
export type TlsFile = Static<typeof TlsSchema>;
export type RedisFile = Static<typeof RedisSchema>;
export type IssuerFile = NonNullable<TlsFile['acme']>[string];
export type CertificateFile = TlsFile['certificates'][number];
export type ClientAuthFile = TlsFile['client_auth'][number];
