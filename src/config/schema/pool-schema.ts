import { Type, type TObject, type TProperties } from '@sinclair/typebox';

import { MAX_IN_FLIGHT, WEIGHT } from '../../backends/core/backends-vocabulary.ts';
import { STRATEGY_NAMES } from '../../balancing/core/balancing-vocabulary.ts';
import { MAX_TRIALS } from '../../breaker/core/circuit-breaker-settings.ts';
import { SAFE_METHODS } from '../../http/safe-methods.ts';
import { SAME_SITES, TLS_VERSIONS, UPSTREAM_PROTOCOLS } from '../../net/core/net-vocabulary.ts';
import { DiscoverSchema } from './discover/discover-schema.ts';
import { HealthCheckSchema } from './pool/health-check-schema.ts';
import { FallbackSchema, LocalitySchema, localityKeys } from './locality-schema.ts';
import { duration, durationOrZero, flag, integer, listOf, oneOf, ratio, section, text } from './schema-kinds.ts';
import { AdaptiveSchema, SlowStartSchema } from './pool/weight-schema.ts';
import { PoolScaleSchema } from './pool/scale-schema.ts';

const HashSchema = section(
  {
    by: oneOf(['ip', 'path', 'header', 'cookie'], 'ip', 'Part of the request that is hashed.'),
    name: Type.Optional(text('header-or-cookie-name', 'Name of the header or cookie; required for these two.')),
  },
  'Input of `consistent-hash`; other algorithms ignore it.',
);

const BackendSchema = Type.Object(
  {
    url: text(
      'backend-url',
      'URL: `http://`, `https://` or `h2c://`, host, port, and optionally a base path. `h2c://` is `http://` in a pool with ' +
        '`protocol: h2c`.',
    ),
    weight: integer(
      [WEIGHT.minimum, WEIGHT.maximum],
      1,
      'Share of the traffic relative to the other weights of the pool.',
    ),
    id: Type.Optional(
      text(
        'backend-id',
        'Stable name in logs, metrics and the admin API. Default: derived from pool, host, port and path.',
      ),
    ),
    enabled: flag(true, 'False: gets no traffic and no health checks.'),
    backup: flag(false, 'Gets requests only while no other backend of the pool is available.'),
    ...localityKeys('it runs in'),
    max_in_flight: maxInFlight(
      'Limit of requests in flight, across all threads of this gateway. Default: the `max_in_flight` of the pool.',
    ),
  },
  { additionalProperties: false, description: 'One server of a pool.' },
);

const PassiveHealthSchema = section(
  {
    enabled: flag(true, 'Eject a backend whose real requests keep failing.'),
    consecutive_errors: integer(
      [1, 10_000],
      5,
      'Consecutive gateway errors that eject a backend; response timeouts count only while no active check succeeds.',
    ),
    eject: duration('30s', 'Duration of the first ejection; the second is twice as long, and so on.'),
    max_eject: duration('5m', 'Longest ejection.'),
    max_ejected_ratio: ratio(0.5, 'Largest share of a pool that may be ejected; the last backend never is.'),
  },
  'Passive health checks (outlier ejection).',
);

const CircuitBreakerSchema = section(
  {
    enabled: flag(true, 'Stop sending requests to a failing backend, then probe it with trial requests.'),
    window: duration('10s', 'Length of the sliding window for counting failures.'),
    minimum_requests: integer([1, 1_000_000], 20, 'With fewer requests in the window, `error_ratio` is ignored.'),
    error_ratio: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Share of failures in the window that trips the circuit.',
    }),
    consecutive_failures: integer(
      [1, 1_000_000],
      5,
      'Consecutive failures that trip it regardless of the ratio; response timeouts count only while no active check succeeds.',
    ),
    open: duration('10s', 'How long it stays open at first; doubled with every trip.'),
    max_open: duration('5m', 'Longest time it stays open.'),
    half_open_trials: integer([1, MAX_TRIALS], 3, 'Concurrent trial requests while half-open.'),
    half_open_successes: integer([1, MAX_TRIALS], 2, 'Successful trials that close it.'),
    forget: duration('1m', 'After being closed this long, earlier trips are forgotten.'),
    count_500: flag(false, 'Also count a 500 as a failure; 502, 503 and 504 always are.'),
  },
  'Circuit breaker, one per backend.',
);

const RetriesSchema = section(
  {
    attempts: integer([0, 10], 1, 'Retries after the first attempt, each on another backend; 0: none.'),
    methods: listOf(
      text('method', 'A method; case-sensitive.'),
      SAFE_METHODS,
      'Methods that are retried even if the request may have reached a backend.',
    ),
    statuses: listOf(
      Type.Integer({ minimum: 400, maximum: 599 }),
      [502, 503, 504],
      'Statuses of a backend that are retried.',
    ),
    backoff_base: duration('25ms', 'Wait before retry n: random, from zero to this × 2ⁿ.'),
    backoff_max: duration('250ms', 'Longest wait.'),
    budget_ratio: ratio(0.2, 'Retries as a share of the requests of the last ten seconds, of this gateway.'),
    budget_minimum: integer([0, 10_000], 3, 'Concurrent retries that are always allowed on each gateway.'),
    max_replay_bytes: integer([0, 16_777_216], 65_536, 'Requests with larger bodies are not retried once sent. Bytes.'),
  },
  'Retries.',
);

const TimeoutsSchema = section(
  {
    connect: duration('3s', 'Until the connection to a backend is established.'),
    response: duration('15s', 'Until the head of its response arrives.'),
    idle: duration('60s', 'Between two chunks of a response body; does not apply to `text/event-stream`.'),
  },
  'Timeouts of backends.',
);

const QueueSchema = section(
  {
    size: integer([0, 100_000], 0, 'Most requests waiting per traffic thread; 0: none, the answer is 503 at once.'),
    timeout: duration('1s', 'Longest wait; then the answer is 503.'),
  },
  'Queue for requests while all backends are at `max_in_flight`. Each gateway has its own.',
);

const StickyKeySchema = Type.Object(
  {
    id: text('key-id', 'Id of the key, part of the cookie.'),
    secret: text('sticky-secret', 'Secret that signs cookies; the same on every gateway.', { secret: true }),
  },
  { additionalProperties: false, description: 'A key that cookies are signed with.' },
);

const StickySchema = section(
  {
    enabled: flag(false, 'Bind each client to the backend that answered it first, by a cookie.'),
    cookie: text('header-or-cookie-name', 'Name of the cookie; each pool needs its own.', {
      default: 'sluice_sticky',
    }),
    idle: duration('30m', 'A session ends after this time without a request.'),
    max_age: duration('8h', 'A session ends this long after its first answer.'),
    same_site: oneOf(
      SAME_SITES,
      'lax',
      'SameSite attribute: whether pages of other sites send the cookie. `none` requires `secure: always`.',
    ),
    secure: oneOf(
      ['auto', 'always', 'never'],
      'auto',
      'Secure attribute. `auto`: if the client uses TLS according to a proxy in `server.trust_proxy`.',
    ),
    path: text('cookie-path', 'Path attribute.', { default: '/' }),
    domain: Type.Optional(
      text('cookie-domain', 'Domain attribute: the cookie is also sent to its subdomains. Default: this host only.'),
    ),
    partitioned: flag(
      false,
      'Partitioned attribute: a separate cookie per embedding site (CHIPS). Requires `secure: always`.',
    ),
    keys: listOf(
      StickyKeySchema,
      [],
      'Keys that sign the cookie: the first signs, all verify. To rotate, put a new one first and remove the old one after `max_age`. Empty: a secret in the database.',
    ),
  },
  'Sticky sessions.',
);

const TlsSchema = section(
  {
    ca_file: Type.Optional(
      text(
        'file',
        'Trusted authorities for backend certificates, in PEM. Default: those that Node trusts. Watched, as are the next two.',
      ),
    ),
    cert_file: Type.Optional(text('file', 'Client certificate, in PEM. Requires `key_file`.')),
    key_file: Type.Optional(text('file', 'Private key of the client certificate, in PEM, without a passphrase.')),
    server_name: Type.Optional(
      text(
        'server-name',
        "Server name (SNI) that backend certificates must be valid for. Default: the one in the backend's URL.",
      ),
    ),
    min_version: oneOf(TLS_VERSIONS, 'TLSv1.2', 'Lowest TLS version.'),
  },
  'TLS to `https` backends, for requests, upgrades and health checks. Every reload reads the files again.',
);

const Http2Schema = section(
  {
    connections: integer(
      [1, 100],
      2,
      'Most connections from one traffic thread to one backend; another one is opened when they are half full.',
    ),
    max_streams: integer(
      [1, 10_000],
      100,
      'Most requests on one connection at a time, unless the backend allows fewer.',
    ),
    ping_interval: durationOrZero(
      '30s',
      'A backend that is silent for this long while requests are open must answer a PING; `0s`: it need not. ' +
        'After two PINGs in one silence, the next come every five minutes, which servers of gRPC allow.',
    ),
    ping_timeout: duration('10s', 'Time for that answer; then the connection and its requests have failed.'),
  },
  'HTTP/2 to backends; in effect with `protocol: h2` and `h2c`, where `max_connections` is not.',
);

/** Sections that a pool inherits from the top of the file, key by key, unless it sets them itself. */
const SHARED = {
  health_check: HealthCheckSchema,
  passive_health: PassiveHealthSchema,
  circuit_breaker: CircuitBreakerSchema,
  retries: RetriesSchema,
  timeouts: TimeoutsSchema,
  slow_start: SlowStartSchema,
  adaptive: AdaptiveSchema,
};
export const SHARED_KEYS = Object.keys(SHARED) as readonly (keyof typeof SHARED)[];

/** The same sections for the top of the file: without defaults, so that missing keys stay missing. */
export const SharedAtTop = {
  health_check: atTop(HealthCheckSchema),
  passive_health: atTop(PassiveHealthSchema),
  circuit_breaker: atTop(CircuitBreakerSchema),
  retries: atTop(RetriesSchema),
  timeouts: atTop(TimeoutsSchema),
  slow_start: atTop(SlowStartSchema),
  adaptive: atTop(AdaptiveSchema),
};

export const PoolSchema = Type.Object(
  {
    algorithm: oneOf(STRATEGY_NAMES, 'two-choices', 'Algorithm that picks a backend.'),
    hash: HashSchema,
    backends: listOf(BackendSchema, [], 'The servers: at least one, unless the pool has `discover`.'),
    discover: Type.Optional(DiscoverSchema),
    preserve_host: flag(true, "Forward the client's Host header; false: send the backend's own."),
    origin_host: flag(false, "Send `X-Origin-Host` with the backend's own host and port, replacing a client's."),
    max_connections: integer(
      [1, 65_535],
      1024,
      'Most connections from one traffic thread to one backend; if its host name resolves to several addresses, to each of them.',
    ),
    connection_wait: durationOrZero(
      '1s',
      'Longest wait for a free connection while all `max_connections` of all backends are in use; then the answer is 503. `0s`: no wait.',
    ),
    max_response_head_bytes: integer(
      [1024, 1_048_576],
      16_384,
      "Largest head of a backend's answer; for a larger one, the answer is 502. Bytes.",
    ),
    keep_alive: duration(
      '4s',
      'An idle connection to a backend is closed after this; a keep-alive hint of the backend overrides it.',
    ),
    protocol: Type.Optional(
      oneOf(
        UPSTREAM_PROTOCOLS,
        undefined,
        'Protocol of requests and health checks. `h2`: HTTP/2 over TLS, for `https` backends. `h2c`: HTTP/2 without TLS, ' +
          'for `http` backends that expect it (prior knowledge). Upgrades such as WebSockets need `http1`. ' +
          'Default: `http1`, or `h2c` if all URLs of the pool are `h2c://`.',
      ),
    ),
    http2: Http2Schema,
    insecure_skip_tls_verify: flag(false, 'Accept any certificate of an https backend. **Unsafe.**'),
    tls: TlsSchema,
    panic: flag(false, 'If no backend is available, try them all instead of answering 503.'),
    max_in_flight: maxInFlight(
      'Limit of requests in flight per backend, across all threads. Each gateway counts its own. Default: no limit.',
    ),
    locality: LocalitySchema,
    fallback: FallbackSchema,
    queue: QueueSchema,
    sticky: StickySchema,
    expose_backend: flag(false, 'Send `X-Sluice-Backend` with an opaque id of the backend that answered.'),
    scale: Type.Optional(PoolScaleSchema),
    ...SHARED,
  },
  {
    additionalProperties: false,
    description: 'A named group of backends with one algorithm.',
    // For editors; check-discover.ts says it in words.
    anyOf: [
      { type: 'object', required: ['backends'], properties: { backends: { type: 'array', minItems: 1 } } },
      { type: 'object', required: ['discover'], properties: { discover: {} } },
    ],
  },
);

function maxInFlight(description: string) {
  return Type.Optional(Type.Integer({ ...MAX_IN_FLIGHT, description }));
}

function atTop<Keys extends TProperties>(shared: TObject<Keys>) {
  const description = `${shared.description} Applies to every pool that does not override it.`;
  return Type.Optional(Type.Object(shared.properties, { additionalProperties: false, description }));
}
