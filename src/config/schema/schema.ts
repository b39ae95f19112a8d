import { Type, type Static } from '@sinclair/typebox';

import { CAPACITY, LIMIT_ALGORITHMS, RATE } from '../../limits/core/limits-vocabulary.ts';
import { PROXY_VERSIONS } from '../../net/proxy-protocol.ts';
import { MAX_CLIENTS } from '../../runtime/table-sizes.ts';
import { ROLES, type Role } from '../../access/core/role.ts';
import { PoolSchema, SharedAtTop } from './pool-schema.ts';
import {
  duration,
  durationOrZero,
  flag,
  integer,
  listOf,
  oneOf,
  ratio,
  section,
  text,
  type DurationText,
} from './schema-kinds.ts';

/**
 * The configuration file, the one place that knows its keys, ranges and defaults: the checks, the error texts, the
 * JSON Schema for editors and docs/configuration.md are all made from here. Values: src/config/settings.ts.
 */

const PORT = [0, 65_535] as const;

const ServerSchema = section(
  {
    host: text('listen-host', 'Address the public port listens on.', { default: '0.0.0.0' }),
    port: integer(PORT, 8080, 'Public port; 0: any free one.'),
    threads: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 64 })], {
      default: 'auto',
      description: 'Traffic threads; `auto`: as many as cores are available.',
    }),
    trust_proxy: listOf(
      text('cidr', 'An address or block.'),
      [],
      'Proxies whose `X-Forwarded-*`, `Forwarded`, `X-Real-IP` and similar fields are believed and passed on; from others they are dropped.',
    ),
    proxy_protocol: oneOf(
      ['off', ...PROXY_VERSIONS],
      'off',
      'PROXY protocol header that every connection must begin with; its address is then the peer.',
    ),
    proxy_protocol_from: listOf(
      text('cidr', 'An address or block.'),
      [],
      'Peers whose PROXY protocol header counts, others are closed. Empty: those of `trust_proxy`.',
    ),
    max_connections: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 0, maximum: 10_000_000 })], {
      default: 'auto',
      description:
        'Client connections at a time, all threads together; more are closed at once; `auto`: half of the open files the process may have, less 128; 0: as many as there are open files, less the last 128.',
    }),
    max_connections_per_ip: integer(
      [0, 10_000_000],
      1024,
      'The same from one address (IPv6: one /64), but for `trust_proxy` and the `allowlist`; 0: no limit.',
    ),
    max_requests_per_connection: integer(
      [0, 1_000_000_000],
      0,
      'The answer to the last one says `Connection: close`; 0: no limit.',
    ),
    max_pipelined_requests: integer(
      [1, 1000],
      8,
      'Requests of one connection in work at a time; then no more is read until answers have gone. 1: one after the other.',
    ),
    max_head_bytes: integer([1024, 1_048_576], 16_384, 'Largest request head. Bytes.'),
    max_headers: integer([1, 10_000], 200, 'Most header fields of a request; more are answered 431.'),
    head_timeout: duration('10s', "Time a client has for its request's head."),
    request_timeout: duration('120s', 'Time a client has for its whole request, body included.'),
    min_body_rate: integer(
      [0, 1_000_000_000],
      1024,
      'A request body that comes more slowly is answered 408. Bytes a second; 0: as slowly as it likes.',
    ),
    min_response_rate: integer(
      [0, 1_000_000_000],
      1024,
      'A client that takes its answer, or what a tunnel has for it, more slowly is cut off. Only time in which something waits for it counts. Bytes a second; 0: as slowly as it likes.',
    ),
    body_rate_window: duration(
      '10s',
      '`min_body_rate` and `min_response_rate` are measured over this long, again and again.',
    ),
    write_timeout: duration('60s', 'A client that takes nothing of its answer for this long is cut off.'),
    keep_alive: duration('72s', "An idle client's connection is closed after this."),
    drain_delay: durationOrZero(
      '5s',
      'Stopping: go on accepting this long while readiness already says 503; `0s`: not at all.',
    ),
    drain_timeout: durationOrZero('10s', 'Stopping: then wait this long for running requests.'),
    stream_drain_timeout: durationOrZero('30s', 'Stopping: the same for WebSockets and other upgraded connections.'),
    stop_timeout: duration('45s', 'Stopping: after this the process ends, whatever runs.'),
  },
  'The public port.',
);

const TokenSchema = Type.Object(
  {
    name: text('token-name', 'Who it is, in the audit log and in `/v1/api/session`. Unique.'),
    role: Type.Unsafe<Role>(
      Type.Union(
        ROLES.map((role) => Type.Literal(role)),
        { description: 'A viewer reads; an operator also changes things; an admin may do everything.' },
      ),
    ),
    hash: text('token-hash', 'Of the token, as `sluice token create` prints it.', { secret: true }),
  },
  { additionalProperties: false, description: 'A bearer token, of which only the hash is kept.' },
);

const AdminSchema = section(
  {
    host: text('listen-host', 'Address the admin port listens on; anything but loopback needs a token.', {
      default: '127.0.0.1',
    }),
    port: integer(PORT, 9000, 'Admin port; 0: any free one.'),
    token: Type.Optional(
      text(
        'bearer-token',
        'Bearer token every admin request must carry; beyond loopback at least 20 characters. Left out: `SLUICE_ADMIN_TOKEN`, else none.',
        {
          secret: true,
        },
      ),
    ),
    allowed_hosts: listOf(
      text('host-name', 'A host name.'),
      [],
      'Further `Host` names, without port, the admin port answers to, besides loopback names and its address.',
    ),
    compat: flag(true, 'Also answer at the paths of the balancers that Sluice can replace: docs/migrating.md.'),
    tokens: listOf(TokenSchema, [], 'Further tokens, each with a role; `token` has the role admin.'),
    cors_origins: listOf(
      text('origin', 'An origin.'),
      [],
      'Origins besides its own whose pages may use the admin API, such as `https://ops.example.com`.',
    ),
    audit_keep_days: integer(
      [0, 3650],
      90,
      'Entries of the audit log older than this are removed once a day; 0: none are. Days.',
    ),
  },
  'The admin port: API, dashboard, metrics.',
);

const DatabaseSchema = section(
  {
    url: Type.Optional(
      text('database-url', 'A PostgreSQL server. Left out: `DATABASE_URL`, else the embedded database.', {
        secret: true,
      }),
    ),
    schema: Type.Optional(
      text(
        'database-schema',
        "Schema of the tables, in PostgreSQL; made when it is not there. Left out: the first of the user's `search_path`, " +
          'usually `public`.',
      ),
    ),
    gateway: Type.Optional(
      text(
        'gateway-name',
        'Name of this gateway among those that share a PostgreSQL server: under it the levels of its buckets are saved. ' +
          'It must be the same after a restart. Left out: host name and port, such as `gw-1:8080`.',
      ),
    ),
    required: flag(true, 'With a URL: refuse to start when the server cannot be reached.'),
    data_dir: text('folder', 'Folder of the embedded database, from the working directory.', { default: './data' }),
    save_levels: duration('5s', "Registered clients' bucket levels are saved this often."),
  },
  'Where registered clients are kept.',
);

const LogSchema = section(
  {
    level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info', 'Least severe level written.'),
    format: oneOf(['auto', 'json', 'pretty'], 'auto', '`auto`: pretty on a terminal, JSON elsewhere.'),
    access: section(
      {
        enabled: flag(true, 'One line for each request.'),
        sample: ratio(1, 'Share of requests written; answers of 500 and above always are.'),
      },
      'The access log.',
    ),
  },
  'Logs.',
);

const MetricsSchema = section(
  { interval: duration('1s', 'Time between two frames of `/ws/metrics` when the client names none.') },
  'Live metrics.',
);

const ReloadSchema = section(
  { watch: flag(true, 'Take a change of this file at once; false: only on SIGHUP and `POST /v1/api/config/reload`.') },
  'Changes of this file while the gateway runs.',
);

const DnsSchema = section(
  {
    servers: listOf(
      text('dns-server', 'An address, if need be with a port.'),
      [],
      'DNS servers for the host names of backends, asked after `/etc/hosts`. Empty: as the system does.',
    ),
  },
  'How host names of backends are looked up.',
);

/** Which keys go together is checked in check-limits.ts. */
function limit(description: string) {
  return Type.Optional(
    Type.Object(
      {
        capacity: Type.Optional(
          Type.Number({ ...CAPACITY, description: 'Token bucket: largest burst. Tokens; with `rate_per_second`.' }),
        ),
        rate_per_second: Type.Optional(
          Type.Number({ ...RATE, description: 'Token bucket: refill. Tokens a second; with `capacity`.' }),
        ),
        limit: Type.Optional(
          Type.Integer({ ...CAPACITY, description: 'Sliding window: most requests in it; with `size`.' }),
        ),
        size: Type.Optional(Type.Unsafe<DurationText>(text('duration', 'Sliding window: its length; with `limit`.'))),
      },
      { additionalProperties: false, minProperties: 1, description },
    ),
  );
}

const RateLimitSchema = section(
  {
    enabled: flag(true, 'Limit requests at all. The `denylist` holds in any case.'),
    dry_run: flag(false, 'Count, log and report what would be refused, and refuse nothing. The `denylist` holds.'),
    algorithm: oneOf(
      LIMIT_ALGORITHMS,
      'token-bucket',
      'How clients without settings of their own are limited: by `default` or by `window`.',
    ),
    default: section(
      {
        capacity: Type.Number({ ...CAPACITY, default: 100, description: 'Largest burst. Tokens; a request costs 1.' }),
        rate_per_second: Type.Number({ ...RATE, default: 10, description: 'Refill. Tokens a second.' }),
      },
      'Token bucket of every client without settings of its own.',
    ),
    window: section(
      {
        limit: integer([CAPACITY.minimum, CAPACITY.maximum], 100, 'Most requests in any window. A request costs 1.'),
        size: duration('60s', 'Length of the window.'),
      },
      'With `algorithm: sliding-window`: what every client without settings of its own has instead.',
    ),
    global: limit('One limit for the whole gateway: a token bucket or a sliding window. Left out: none.'),
    allowlist: listOf(text('cidr', 'An address or block.'), [], 'Addresses that are never limited.'),
    denylist: listOf(
      text('cidr', 'An address or block.'),
      [],
      'Addresses that are answered 403. Of two blocks with one address, the smaller wins; of two the same, this one.',
    ),
    ipv6_prefix: integer(
      [32, 128],
      64,
      'IPv6 addresses whose first so many bits are the same are one client, here and for `server.max_connections_per_ip`. Bits.',
    ),
    max_clients: integer([1, MAX_CLIENTS], 65_536, 'Clients remembered at a time, about 64 bytes each.'),
    legacy_headers: flag(false, 'Also send `X-RateLimit-Limit`, `-Remaining` and `-Reset`.'),
    api_key_header: text('header-name', 'Header that carries an API key.', { default: 'x-api-key' }),
    client_id_header: text('header-name', "Header that carries a registered client's id.", { default: 'x-client-id' }),
  },
  'Rate limits: a token bucket or a sliding window for each client.',
);

export const RouteSchema = Type.Object(
  {
    name: Type.Optional(text('route-name', 'Shown in logs and metrics. Left out, made of what the route matches.')),
    host: Type.Optional(text('route-host', 'Host without port, or `*.example.com`. Left out: any.')),
    path_prefix: text('path', 'Whole segments: `/api` matches `/api` and `/api/x`, not `/apix`.', { default: '/' }),
    methods: listOf(text('method', 'A method in capitals.'), [], 'Empty: any.'),
    pool: Type.String({ description: 'Name of the pool that answers.' }),
    strip_prefix: flag(
      false,
      'Take `path_prefix` off before forwarding: `/api/x` becomes `/x`. `/api` alone becomes the base path of the backend, or `/` where it has none.',
    ),
    timeout: durationOrZero('120s', 'For the whole request, all tries together; `0s`: no limit.'),
    upgrade_idle_timeout: durationOrZero(
      '1h',
      'A WebSocket or other upgraded connection is closed when nothing passes it this long; `0s`: never.',
    ),
    max_body_bytes: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Largest request body. Bytes. Left out: any.',
      }),
    ),
    cost: integer([1, 100], 1, 'What a request takes from every limit that it falls under. Tokens.'),
    rate_limit: Type.Optional(
      Type.Object(
        {
          client: limit("Each client's limit on this route, besides the one that it has anywhere. Left out: none."),
          total: limit('All clients together on this route. Left out: none.'),
          dry_run: flag(false, 'Only report what these two would refuse.'),
          free_preflight: flag(
            false,
            'A CORS preflight takes nothing from the limits of its client and of this route. So that they are bounded all the same, each client may send as many as the default limit allows, and the global one counts them.',
          ),
        },
        { additionalProperties: false, description: 'Limits of this route, besides those at `rate_limit`.' },
      ),
    ),
  },
  { additionalProperties: false, description: 'Which requests go to which pool.' },
);

export const ConfigSchema = Type.Object(
  {
    server: ServerSchema,
    admin: AdminSchema,
    database: DatabaseSchema,
    log: LogSchema,
    metrics: MetricsSchema,
    reload: ReloadSchema,
    dns: DnsSchema,
    rate_limit: RateLimitSchema,
    pools: Type.Record(Type.String(), PoolSchema, {
      minProperties: 1,
      description: 'Pools by name: lower-case letters, digits, dashes, underscores.',
    }),
    routes: Type.Array(RouteSchema, {
      default: [],
      description: 'Left out: one route that sends everything to the only pool, or to the pool named `default`.',
    }),
    ...SharedAtTop,
  },
  { additionalProperties: false, default: {} },
);

/** The file with every default filled in. */
export type ConfigFile = Static<typeof ConfigSchema>;
export type PoolFile = Static<typeof PoolSchema>;
export type RouteFile = Static<typeof RouteSchema>;
