import { Type, type TObject, type TProperties } from '@sinclair/typebox';

import { MAX_IN_FLIGHT, WEIGHT } from '../../backends/core/backends-vocabulary.ts';
import { STRATEGY_NAMES } from '../../balancing/core/strategy-names.ts';
import { MOST_TRIALS } from '../../breaker/core/circuit-breaker-settings.ts';
import { SAFE_METHODS } from '../../http/safe-methods.ts';
import { SAME_SITES } from '../../net/session-cookie.ts';
import { TLS_VERSIONS } from '../../net/tls-versions.ts';
import { HealthCheckSchema } from './health-check-schema.ts';
import { duration, durationOrZero, flag, integer, listOf, oneOf, ratio, section, text } from './schema-kinds.ts';
import { AdaptiveSchema, SlowStartSchema } from './weight-schema.ts';

const HashSchema = section(
  {
    by: oneOf(['ip', 'path', 'header', 'cookie'], 'ip', 'What is hashed.'),
    name: Type.Optional(text('header-or-cookie-name', "The header's or cookie's name; required for these two.")),
  },
  'What `consistent-hash` hashes; other algorithms ignore it.',
);

const BackendSchema = Type.Object(
  {
    url: text('backend-url', 'Where requests go: `http://` or `https://`, host, port, and a base path if need be.'),
    weight: integer(
      [WEIGHT.minimum, WEIGHT.maximum],
      1,
      'Share of the traffic, relative to the other weights of the pool.',
    ),
    id: Type.Optional(
      text(
        'backend-id',
        'Stable name in logs, metrics and the admin API. Left out, made of pool, host, port and path.',
      ),
    ),
    enabled: flag(true, 'False: gets no traffic and no health checks.'),
    backup: flag(false, 'Gets traffic only while no other backend of the pool is available.'),
    max_in_flight: maxInFlight(
      'Requests it works on at a time, all threads together. Left out: the `max_in_flight` of the pool.',
    ),
  },
  { additionalProperties: false, description: 'One server of a pool.' },
);

const PassiveHealthSchema = section(
  {
    enabled: flag(true, 'Watch how real requests end, and take a backend out that keeps failing.'),
    consecutive_errors: integer(
      [1, 10_000],
      5,
      'Gateway errors in a row that eject a backend; time-outs of answers only while no active check succeeds.',
    ),
    eject: duration('30s', 'The first ejection lasts this long, the second twice as long, and so on.'),
    max_eject: duration('5m', 'No ejection is longer.'),
    max_ejected_ratio: ratio(0.5, 'Largest share of a pool that may be ejected; never the last backend.'),
  },
  'Passive health checks (outlier ejection).',
);

const CircuitBreakerSchema = section(
  {
    enabled: flag(true, 'Stop sending to a backend that fails, and try it again carefully.'),
    window: duration('10s', 'Length of the sliding window failures are counted in.'),
    minimum_requests: integer([1, 1_000_000], 20, 'With fewer requests in the window, `error_ratio` does not trip.'),
    error_ratio: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Share of failures in the window that trips the circuit.',
    }),
    consecutive_failures: integer(
      [1, 1_000_000],
      5,
      'Failures in a row that trip it, whatever the ratio; time-outs of answers only while no active check succeeds.',
    ),
    open: duration('10s', 'How long it stays open the first time; doubles with every trip.'),
    max_open: duration('5m', 'It is never open longer.'),
    half_open_trials: integer([1, MOST_TRIALS], 3, 'Trial requests at a time while half-open.'),
    half_open_successes: integer([1, MOST_TRIALS], 2, 'Good trials that close it.'),
    forget: duration('1m', 'Closed this long, earlier trips are forgotten.'),
    count_500: flag(false, 'Also count a 500 as a failure; 502, 503 and 504 always are.'),
  },
  'Circuit breaker, one for each backend.',
);

const RetriesSchema = section(
  {
    attempts: integer([0, 10], 1, 'Further tries after the first, each on another backend; 0: none.'),
    methods: listOf(
      text('method', 'A method in capitals.'),
      SAFE_METHODS,
      'Methods that are tried again though the request may have reached a backend.',
    ),
    statuses: listOf(
      Type.Integer({ minimum: 400, maximum: 599 }),
      [502, 503, 504],
      'Answers of a backend that are tried again.',
    ),
    backoff_base: duration('25ms', 'Wait before try n: at random from zero to this × 2ⁿ.'),
    backoff_max: duration('250ms', 'No wait is longer.'),
    budget_ratio: ratio(0.2, 'Retries as a share of the requests of the last ten seconds.'),
    budget_minimum: integer([0, 10_000], 3, 'Retries always allowed at a time.'),
    max_replay_bytes: integer([0, 16_777_216], 65_536, 'Larger request bodies are not kept, so not sent again. Bytes.'),
  },
  'Retries.',
);

const TimeoutsSchema = section(
  {
    connect: duration('3s', 'Until the connection to a backend stands.'),
    response: duration('15s', 'Until the head of its response is there.'),
    idle: duration('60s', 'Between two pieces of a response body; never applied to `text/event-stream`.'),
  },
  'Time a backend has.',
);

const QueueSchema = section(
  {
    size: integer(
      [0, 100_000],
      0,
      'Requests that may wait on one traffic thread; 0: none, they are answered 503 at once.',
    ),
    timeout: duration('1s', 'Longest wait; then the answer is 503.'),
  },
  'Where requests wait while every backend works on `max_in_flight` requests.',
);

const StickyKeySchema = Type.Object(
  {
    id: text('key-id', 'Stands in the cookie and tells which key signed it.'),
    secret: text('sticky-secret', 'What cookies are signed with. The same on every gateway.', { secret: true }),
  },
  { additionalProperties: false, description: 'A key that cookies are signed with.' },
);

const StickySchema = section(
  {
    enabled: flag(false, 'Send a client to the backend that answered it first, by a cookie.'),
    cookie: text('header-or-cookie-name', "The cookie's name; no two pools may use the same.", {
      default: 'sluice_sticky',
    }),
    idle: duration('30m', 'A client that sends nothing for this long is anybody again.'),
    max_age: duration('8h', 'So long after its first answer, a client is anybody again.'),
    same_site: oneOf(
      SAME_SITES,
      'lax',
      'Whether pages of other sites send the cookie; `none`: they do, which needs `secure: always`.',
    ),
    secure: oneOf(
      ['auto', 'always', 'never'],
      'auto',
      'Whether it is sent over TLS only; `auto`: when the client came by TLS, as a proxy in `server.trust_proxy` says.',
    ),
    path: text('cookie-path', 'Path below which it is sent.', { default: '/' }),
    domain: Type.Optional(
      text('cookie-domain', 'Domain to which, and to the hosts below which, it is sent. Left out: the very host only.'),
    ),
    partitioned: flag(
      false,
      'Keep it apart for each site that the page is embedded in (CHIPS); needs `secure: always`.',
    ),
    keys: listOf(
      StickyKeySchema,
      [],
      'The first signs, all verify: a new one is put in front, the old one is taken out after `max_age`. Empty: one is made at every start.',
    ),
  },
  'Sticky sessions.',
);

const TlsSchema = section(
  {
    ca_file: Type.Optional(
      text('file', 'Certificates, in PEM, that those of backends must be signed by. Left out: the ones Node trusts.'),
    ),
    cert_file: Type.Optional(text('file', 'The certificate, in PEM, that is shown to backends. Needs `key_file`.')),
    key_file: Type.Optional(text('file', 'Its private key, in PEM, without a passphrase.')),
    server_name: Type.Optional(
      text('server-name', "The name backends are asked for and must prove. Left out: the one in the backend's URL."),
    ),
    min_version: oneOf(TLS_VERSIONS, 'TLSv1.2', 'Oldest version of TLS.'),
  },
  'TLS to `https` backends, for requests, upgrades and health checks. Files are read anew with each reload.',
);

/** Sections a pool takes from the top of the file, key by key, where it does not give them itself. */
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

/** The same sections for the top of the file: without a default, so that what is left out there stays out. */
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
    algorithm: oneOf(STRATEGY_NAMES, 'two-choices', 'How a backend is picked.'),
    hash: HashSchema,
    backends: Type.Array(BackendSchema, { minItems: 1, description: 'The servers, at least one.' }),
    preserve_host: flag(true, "Keep the client's Host header; false: send the backend's own."),
    origin_host: flag(false, "Send `X-Origin-Host` with the backend's own host and port, in place of a client's."),
    max_connections: integer(
      [1, 65_535],
      1024,
      'Connections to one backend from one traffic thread; where its host name leads to several addresses, to each of them.',
    ),
    connection_wait: durationOrZero(
      '1s',
      'Longest wait for a free connection while all `max_connections` of every backend are in use; then the answer is 503. `0s`: at once.',
    ),
    max_response_head_bytes: integer(
      [1024, 1_048_576],
      16_384,
      "Largest head of a backend's answer; a larger one is answered 502. Bytes.",
    ),
    keep_alive: duration('4s', "An idle connection to a backend is closed after this; the backend's own hint wins."),
    insecure_skip_tls_verify: flag(false, 'Accept any certificate of an https backend. **Unsafe.**'),
    tls: TlsSchema,
    panic: flag(false, 'When no backend is available, try them all instead of answering 503.'),
    max_in_flight: maxInFlight('Requests one backend works on at a time, all threads together. Left out: any number.'),
    queue: QueueSchema,
    sticky: StickySchema,
    expose_backend: flag(false, 'Tell clients in `X-Sluice-Backend` which backend answered, as an opaque id.'),
    ...SHARED,
  },
  { additionalProperties: false, description: 'A named group of backends with one algorithm.' },
);

function maxInFlight(description: string) {
  return Type.Optional(Type.Integer({ ...MAX_IN_FLIGHT, description }));
}

function atTop<Keys extends TProperties>(shared: TObject<Keys>) {
  const description = `${shared.description} For every pool that does not say otherwise.`;
  return Type.Optional(Type.Object(shared.properties, { additionalProperties: false, description }));
}
