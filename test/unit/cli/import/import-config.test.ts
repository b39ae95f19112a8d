import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadText } from '../../../../src/config/load.ts';
import { parsePostgresUrl } from '../../../../src/net/postgres-url.ts';
import { guessGateway } from '../../../../src/cli/import/gateway-formats.ts';
import { importConfig, type ImportOptions } from '../../../../src/cli/import/import-config.ts';
import { ImportFailure } from '../../../../src/cli/import/old-file.ts';

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');

function imported(text: string, options: ImportOptions = {}) {
  const result = importConfig(text, options);
  // Our own reader takes it, as written.
  const settings = loadText(result.yaml, 'sluice.yaml', {}, {});
  const reported = new Map(
    Map.groupBy(result.warnings, ({ key }) => key)
      .entries()
      .map(([key, all]) => [key, all.map(({ message }) => message).join('; ')]),
  );
  return { ...result, settings, reported };
}

describe('the JSON with proxy and units in its names', () => {
  const { format, settings, reported } = imported(fixture('proxy.json'));
  const pool = settings.pools[0]!;

  test('is known as such', () => assert.equal(format, 'proxy'));

  test('keeps backends, weights, and which are disabled', () => {
    assert.equal(pool.algorithm, 'weighted-round-robin');
    assert.deepEqual(
      pool.backends.map(({ url, weight, enabled }) => [url, weight, enabled]),
      [
        ['http://10.0.0.1:8081', 3, true],
        ['http://10.0.0.2:8081', 1, false],
        ['http://10.0.0.3:8081/base', 1, true],
      ],
    );
  });

  test('means the units in its names, and reports that they were wrong', () => {
    assert.equal(pool.timeouts.responseMs, 5000);
    assert.equal(pool.circuitBreaker.openMs, 30_000);
    assert.deepEqual([pool.retries.attempts, pool.retries.backoffBaseMs], [3, 100]);
    for (const key of [
      'proxy.timeout_ms',
      'proxy.retry_delay_ms',
      'circuit_breaker.open_timeout_s',
      'health_check.interval_s',
    ])
      assert.match(reported.get(key)!, /the unit was wrong there: \d+ meant nanoseconds/, key);
  });

  test('keeps the circuit breaker', () => {
    const { enabled, consecutiveFailures, minimumRequests, errorRatio, halfOpenTrials, halfOpenSuccesses } =
      pool.circuitBreaker;
    assert.deepEqual(
      [enabled, consecutiveFailures, minimumRequests, errorRatio, halfOpenTrials, halfOpenSuccesses],
      [true, 5, 10, 0.5, 3, 3],
    );
  });

  test('makes buckets of limits by window, and says so', () => {
    const { rateLimit } = settings;
    assert.deepEqual([rateLimit.default.capacity, rateLimit.default.ratePerSecond], [100, 1.66667]);
    assert.equal(rateLimit.allowlist.length, 2);
    assert.match(reported.get('rate_limit.per_ip_limit')!, /burst 100, refill 1\.66667 a second/);
  });

  test('keeps adaptive weights, and says that they are shares here', () => {
    const { enabled, intervalMs, latencyShare, targetLatencyMs, minShare, maxShare } = pool.adaptive;
    assert.deepEqual(
      [enabled, intervalMs, latencyShare, targetLatencyMs, minShare, maxShare],
      [true, 10_000, 0.6, 100, 0.1, 5],
    );
    assert.match(reported.get('adaptive_weights.max_weight')!, /multiple of the configured weight/);
  });

  test('keeps sliding windows', () => {
    const text = fixture('proxy.json').replace('token_bucket', 'sliding_window');
    const { algorithm, window, global } = imported(text).settings.rateLimit;
    assert.deepEqual([algorithm, window], ['sliding-window', { limit: 100, sizeMs: 60_000 }]);
    assert.deepEqual([global?.limit, global?.sizeMs], [1000, 60_000]);
  });

  test('keeps h2c:// in URLs', () => {
    const [pool] = imported(fixture('proxy.json').replaceAll('http://', 'h2c://')).settings.pools;
    assert.deepEqual([pool!.protocol, pool!.backends[0]!.url], ['h2c', 'http://10.0.0.1:8081']);
  });

  test('reports every key that has no meaning', () => {
    for (const key of ['dashboard_theme', 'health_check.alpha', 'health_check.workers_count'])
      assert.match(reported.get(key)!, /^omitted/, key);
  });
});

describe('the JSON with server, database, balancer and rate_limitter', () => {
  const { format, settings, reported, yaml } = imported(fixture('balancer.json'));

  test('is known as such, its addresses and limits are kept', () => {
    assert.equal(format, 'balancer');
    assert.deepEqual(
      [settings.server.host, settings.server.port, settings.server.maxConnections],
      ['127.0.0.1', 8080, 1000],
    );
    assert.equal(settings.pools[0]!.algorithm, 'least-connections');
    assert.equal(settings.rateLimit.maxClients, 5000);
  });

  test('bare numbers are milliseconds, texts have their units, and there is nothing to say about either', () => {
    assert.equal(settings.server.requestTimeoutMs, 5000);
    assert.equal(settings.server.writeTimeoutMs, 10_000);
    assert.equal(settings.server.keepAliveMs, 60_000);
    assert.equal(reported.has('server.read_timeout'), false);
    assert.equal(reported.has('rate_limitter.refill_interval'), false);
  });

  for (const [key, path, ms] of [
    ['server.idle_timeout', 'server.keepAliveMs', 1500],
    ['server.read_header_timeout', 'server.headTimeoutMs', 1500],
    ['server.shutdown_timeout', 'server.drainTimeoutMs', 1500],
    ['server.ReadTimeout', 'server.requestTimeoutMs', 1500],
    ['balancer.timeout', 'pools.0.timeouts.responseMs', 1500],
    ['balancer.dial_timeout', 'pools.0.timeouts.connectMs', 1500],
    ['balancer.retry_delay', 'pools.0.retries.backoffBaseMs', 1500],
    ['balancer.healthcheck.interval', 'pools.0.healthCheck.intervalMs', 1500],
    ['circuit_breaker.timeout', 'pools.0.circuitBreaker.openMs', 1500],
    ['adaptive.update_interval', 'pools.0.adaptive.intervalMs', 1500],
    ['metrics.interval', 'metrics.intervalMs', 1500],
  ] as const) {
    for (const value of [1500, '1500']) {
      test(`${key}: ${JSON.stringify(value)} is ${ms} ms`, () => {
        const root: Record<string, unknown> = { balancer: { backends: ['http://a:1'] } };
        const names = key.split('.');
        let at = root;
        for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>;
        at[names.at(-1)!] = value;
        const { settings: made } = imported(JSON.stringify(root));
        const found = path.split('.').reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], made);
        assert.equal(found, ms);
      });
    }
  }

  test('a unit in the name wins, whatever the case', () => {
    for (const key of ['circuit_breaker: { open_timeout_s', 'circuitBreaker: { openTimeoutS'])
      assert.equal(
        imported(`balancer: { backends: [http://a:1] }\n${key}: 90 }\n`).settings.pools[0]!.circuitBreaker.openMs,
        90_000,
      );
  });

  test('a rate each refill_interval becomes one a second', () => {
    assert.deepEqual([settings.rateLimit.default.capacity, settings.rateLimit.default.ratePerSecond], [100, 20]);
  });

  test('health checks use /ping, as before', () => assert.equal(settings.pools[0]!.healthCheck.path, '/ping'));

  test('its database becomes one URL, and no secret is in a warning', () => {
    assert.equal(settings.database.url, 'postgres://balancer:p%40ss%3Aword%2F1@db:5432/limits?sslmode=disable');
    assert.ok(![...reported.values()].some((text) => /p@ss|p%40|hidden/.test(text)));
    assert.doesNotMatch(yaml, /hidden/);
    assert.match(reported.get('rate_limitter.redis.address')!, /the limits do not use it/);
    assert.equal(settings.redis, null);
  });
});

test('the YAML with durations keeps them', () => {
  const { format, settings, reported } = imported(fixture('durations.yaml'));
  assert.equal(format, 'durations');
  assert.deepEqual([settings.server.host, settings.server.port], ['0.0.0.0', 8080]);
  assert.deepEqual(
    [settings.server.requestTimeoutMs, settings.server.writeTimeoutMs, settings.server.keepAliveMs],
    [30_000, 90_000, 60_000],
  );
  const { backends, healthCheck } = settings.pools[0]!;
  assert.deepEqual(
    backends.map(({ url }) => url),
    ['http://localhost:8081', 'http://localhost:8082'],
  );
  assert.deepEqual([healthCheck.intervalMs, healthCheck.timeoutMs], [30_000, 5000]);
  assert.deepEqual([settings.rateLimit.default.capacity, settings.rateLimit.default.ratePerSecond], [50, 2.5]);
  assert.ok(![...reported.values()].some((text) => text.includes('nanoseconds')));
  // postgresql.db is the name of the database there.
  assert.equal(settings.database.url, 'postgres://lb%40here:0123%25%2Fx@localhost:5433/limits%201?sslmode=disable');
});

describe('limits in Redis', () => {
  const servers = 'servers: [http://a:1]\n';

  test('become a link to it', () => {
    const { settings, reported } = imported(
      `${servers}rate_limit: { type: redis, address: "r:6380", password: "p@ss ${'$'}{x}", db: 2, pool_size: 10, capacity: 5 }\n`,
    );
    assert.equal(settings.redis?.url, 'redis://:p%40ss%20%24%7Bx%7D@r:6380/2');
    assert.match(reported.get('rate_limit.address')!, /better write/);
    assert.match(reported.get('rate_limit.pool_size')!, /one connection/);
    assert.ok(![...reported.values()].some((text) => text.includes('p@ss')));
  });

  test('in a section of their own, with host and port', () => {
    const { settings } = imported(
      `${servers}rate_limit: { type: redis }\nredis: { host: r, port: 7000, username: u, password: p, ttl: 5m }\n`,
    );
    assert.equal(settings.redis?.url, 'redis://u:p@r:7000');
  });

  for (const [text, url] of [
    ['rate_limit: { type: redis }\nredis: { url: "rediss://u:p@r" }', 'rediss://u:p@r'],
    ['rate_limit: { type: redis }\nredis: { address: "r" }', 'redis://r'],
    ['rate_limit: { type: redis }', undefined],
    ['rate_limit: { type: redis }\nredis: { address: "not a host" }', undefined],
  ] as const)
    test(`${text.split('\n').at(-1)!} is ${url}`, () =>
      assert.equal(imported(`${servers}${text}\n`).settings.redis?.url, url));
});

test('a backend keeps backup and max_in_flight', () => {
  const { settings, reported } = imported(
    'servers: [{ url: http://a:1, maxInFlight: 50 }, { url: http://b:1, backup: true }, { url: http://c:1, max_in_flight: 0 }]\n',
  );
  assert.deepEqual(
    settings.pools[0]!.backends.map(({ backup, maxInFlight }) => [backup, maxInFlight]),
    [
      [false, 50],
      [true, null],
      [false, null],
    ],
  );
  assert.match(reported.get('servers.2.max_in_flight')!, /omitted: 0 is no limit/);
});

describe('a database of another kind', () => {
  const parts = 'host: h, port: 3306, user: u, password: s3cret, name: n';
  for (const section of [
    `database: { driver: mysql, ${parts} }`,
    `database: { ${parts}, type: MariaDB }`,
    `storage: { database: { engine: mongodb, ${parts} } }`,
  ])
    test(`${section} is refused, and becomes no URL of PostgreSQL`, () => {
      const text = `servers: [http://a:1]\n${section}\n`;
      assert.throws(
        () => importConfig(text),
        (error: Error) => {
          assert.match(
            error.message,
            /line 2: \S+: "\w+" is not PostgreSQL, the only server that can store clients here$/m,
          );
          assert.doesNotMatch(error.message, /s3cret/);
          return error instanceof ImportFailure;
        },
      );
      assert.equal(imported(text, { dropsUnsupported: true }).settings.database.url, null);
    });

  test('one without a server is left out with a warning', () => {
    const { settings, reported } = imported('servers: [http://a:1]\nstorage: { type: sqlite, path: ./x.db }\n');
    assert.equal(settings.database.url, null);
    assert.match(reported.get('storage.type')!, /^omitted: /);
  });

  for (const driver of ['postgres', 'PostgreSQL', 'pgx', 'pq', 'pgsql'])
    test(`${driver} is PostgreSQL`, () => {
      const { settings } = imported(`servers: [http://a:1]\ndatabase: { driver: ${driver}, ${parts} }\n`);
      assert.equal(settings.database.url, 'postgres://u:s3cret@h:3306/n');
    });
});

describe('a database in parts', () => {
  const url = (parts: string): string | null =>
    imported(`servers: [http://a:1]\npostgresql: { ${parts} }\n`).settings.database.url;

  for (const [parts, made] of [
    ['host: h, db: limits', 'postgres://h:5432/limits'],
    ['Host: h, DB: limits, SSLMode: require', 'postgres://h:5432/limits?sslmode=require'],
    ['host: h, db-name: limits, ssl-mode: disable', 'postgres://h:5432/limits?sslmode=disable'],
    ['hostname: h, database_name: limits', 'postgres://h:5432/limits'],
    ['host: "h:6000", db: limits', 'postgres://h:6000/limits'],
    ['host: "::1", db: limits', 'postgres://[::1]:5432/limits'],
    ['host: /var/run/postgresql, user: u, db: limits', 'postgres://u@/limits?host=%2Fvar%2Frun%2Fpostgresql&port=5432'],
    // A number to YAML, a text to its owner.
    ['host: h, user: u, passwd: 0123, db: limits', 'postgres://u:0123@h:5432/limits'],
    [
      `host: h, user: "a:b/c?d#e", password: "p@s s%:/?#[]", db: "x/y?z"`,
      'postgres://a%3Ab%2Fc%3Fd%23e:p%40s%20s%25%3A%2F%3F%23%5B%5D@h:5432/x%2Fy%3Fz',
    ],
  ] as const)
    test(parts, () => assert.equal(url(parts), made));

  test('goes back to its parts in our own reader', () => {
    const server = parsePostgresUrl(url('host: h, user: "a:b@c", password: "p@s s%:/?#", db: "x/y?z"')!);
    assert.ok(!('why' in server) && 'hosts' in server);
    assert.deepEqual([server.user, server.password, server.database], ['a:b@c', 'p@s s%:/?#', 'x/y?z']);
  });

  test('one that cannot be a URL is left out and reported, and does not end the import', () => {
    for (const parts of ['host: "not a host", db: x', 'host: h, port: 70000, db: x', 'host: h, port: five, db: x'])
      assert.equal(url(parts), null, parts);
  });
});

test('the YAML with a list of servers keeps them, whatever their shape', () => {
  const { format, settings, reported } = imported(fixture('servers.yaml'));
  assert.equal(format, 'servers');
  assert.deepEqual(
    settings.pools[0]!.backends.map(({ url, weight }) => [url, weight]),
    [
      ['http://localhost:5001', 100],
      ['http://localhost:5002', 100],
      ['http://localhost:5003', 50],
    ],
  );
  assert.match(reported.get('health_check_interval')!, /taken as 10s/);
});

describe('whatever an old file contains', () => {
  const servers = 'servers: [http://a:1]\n';

  test('values that our reader refuses are left out and reported', () => {
    const { settings, reported } = imported(`${servers}port: 70000\nretry_attempts: 50\n`);
    assert.equal(settings.server.port, 8080);
    assert.match(reported.get('port')!, /^omitted: found 70000; allowed/);
    assert.match(reported.get('retry_attempts')!, /^omitted: found 50/);
  });

  test('with dropsUnsupported, one backend that cannot be used does not spoil the others', () => {
    const { settings, reported } = imported('servers: ["ftp://a", "http://b:1", "", {weight: 2}]\n', {
      dropsUnsupported: true,
    });
    assert.deepEqual(
      settings.pools[0]!.backends.map(({ url }) => url),
      ['http://b:1'],
    );
    assert.match(reported.get('servers.2')!, /no URL/);
    const { warnings } = importConfig('servers: ["http://a:1", "http://a:1/?q"]', { dropsUnsupported: true });
    assert.deepEqual(
      warnings.map(({ key }) => key),
      ['servers.1'],
    );
  });

  test('an unknown algorithm is reported with the nearest', () => {
    assert.match(
      imported(`${servers}algorithm: rond_robin\n`, { dropsUnsupported: true }).reported.get('algorithm')!,
      /is not an algorithm here; round-robin is near/,
    );
  });

  test('nothing in it is read as a variable of ours', () => {
    const { settings } = imported(`${servers}health_check: { path: "/a\${SECRET}b" }\n`);
    assert.equal(settings.pools[0]!.healthCheck.path, '/a${SECRET}b');
  });

  test('health checks that take longer than their interval are shortened', () => {
    const { settings } = imported(`${servers}health_check: { interval: 1s, timeout: 3s }\n`);
    assert.deepEqual(
      [settings.pools[0]!.healthCheck.intervalMs, settings.pools[0]!.healthCheck.timeoutMs],
      [1000, 500],
    );
  });

  for (const [text, why] of [
    ['', /contains no keys/],
    ['- a\n', /contains no keys/],
    ['a: [', /neither YAML nor JSON/],
    ['port: 1\n', /no backends found/],
    ['pools: { default: { backends: [{ url: "http://127.0.0.1:1" }] } }\n', /a configuration of Sluice already/],
    ['servers: ["ftp://x"]\n', /no backend of it can be used/],
  ] as const) {
    test(`${JSON.stringify(text)} is refused with why`, () => assert.throws(() => importConfig(text), why));
  }
});

test('limits are read in any case of their names, and one that is dropped leaves none behind', () => {
  const limits = (text: string, options?: ImportOptions) =>
    imported(`servers: [http://a:1]\nrateLimit: { ${text} }\n`, options).settings.rateLimit;
  assert.deepEqual(
    limits('perIpLimit: 120, windowSizeS: 60').default,
    limits('per_ip_limit: 120, window_size_s: 60').default,
  );
  assert.equal(limits('perIpLimit: 120, windowSizeS: 60').default.ratePerSecond, 2);
  assert.equal(limits('rate: 5, refill-interval: 2s').default.ratePerSecond, 2.5);
  const dropped = limits('per_ip_limit: few, global_limit: many', { dropsUnsupported: true });
  assert.deepEqual([dropped.default, dropped.global], [limits('enabled: true').default, null]);
});

test('a key or value of several lines stays in its comment', () => {
  const { settings } = imported('servers: ["http://b:1", "a:1\\nadmin: { port: 1 }"]\n"x\\nadmin": { port: 2 }\n', {
    dropsUnsupported: true,
  });
  assert.notEqual(settings.admin.port, 1);
});

describe('a rule that cannot be translated', () => {
  const refusal = (text: string): string => {
    try {
      importConfig(text);
    } catch (error) {
      return error instanceof ImportFailure ? error.message : assert.fail(String(error));
    }
    return assert.fail(`nothing refused: ${text}`);
  };
  const servers = 'servers: [http://a:1]\n';

  test('refuses the file, reports every such rule with its line, and suggests how to continue', () => {
    const text = `${servers}colour: red
rate_limiter:
  rate: fast
  rules:
    - { path: /login, limit: 5 }
routes:
  - path: /api
    backend: a
`;
    assert.equal(
      refusal(text),
      `3 rules cannot be translated, nothing is written:
  line 4: rate_limiter.rate: "fast" is not a number
  line 5: rate_limiter.rules: unknown here
  line 7: routes: unknown here
--drop-unsupported leaves them out, with a warning for each`,
    );
    const { reported } = imported(text, { dropsUnsupported: true });
    assert.deepEqual([...reported.keys()], ['colour', 'rate_limiter.rate', 'rate_limiter.rules', 'routes']);
    assert.match(reported.get('routes')!, /^omitted: unknown here/);
  });

  test('is named in JSON as well, and counted as one', () => {
    const text = JSON.stringify({ servers: ['http://a:1'], blacklist: ['10.0.0.1'] }, null, 2);
    assert.match(refusal(text), /^1 rule cannot be translated, nothing is written:\n {2}line 5: blacklist: /);
  });

  for (const [text, key] of [
    // Where traffic goes
    [`${servers}routing: { "/api": b }\n`, 'routing./api'],
    [`${servers}services: { a: { port: 1 } }\n`, 'services.a.port'],
    [`${servers}balancer: { rules: [{ match: x }] }\n`, 'balancer.rules'],
    [`${servers}things: [{ match: x }]\n`, 'things'],
    [`${servers}algorithm: rond_robin\n`, 'algorithm'],
    [`${servers}sticky_sessions: true\n`, 'sticky_sessions'],
    [`${servers}backends: http://b:1\n`, 'backends'],
    [`a: { ${servers.trim()} }\nb: { ${servers.trim()} }\n`, 'b.servers'],
    ['servers: [http://a:1, ftp://b]\n', 'servers.1'],
    ['servers: ["", http://a:1, ftp://b]\n', 'servers.2'],
    ['servers: [http://a:1, { weight: 2 }]\n', 'servers.1'],
    ['servers: [{ url: http://a:1, weight: -1 }]\n', 'servers.0'],
    ['servers: [{ url: http://a:1, backup: maybe }]\n', 'servers.0.backup'],
    ['servers: [{ url: http://a:1, max_in_flight: few }]\n', 'servers.0.max_in_flight'],
    ['servers: [{ url: http://a:1, maxInFlight: 1.5 }]\n', 'servers.0.maxInFlight'],
    ['servers: [{ url: http://a:1, max_conns: 5 }]\n', 'servers.0.max_conns'],
    ['servers: [{ url: http://a:1, path_prefix: /x }]\n', 'servers.0.path_prefix'],
    // What traffic is allowed
    [`${servers}rate_limiter: { capacity: many, rate: 1 }\n`, 'rate_limiter.capacity'],
    [`${servers}rate_limiter: { capacity: -1, rate: 1 }\n`, 'rate_limiter.capacity'],
    [`${servers}rate_limiter: { rate: 1, refill_interval: soon }\n`, 'rate_limiter.refill_interval'],
    [`${servers}rate_limiter: { capacity: 1, refill_interval: 1s }\n`, 'rate_limiter.refill_interval'],
    [`${servers}rate_limiter: { type: fixed_window, rate: 1 }\n`, 'rate_limiter.type'],
    [`${servers}rate_limiter: { per_user: 5 }\n`, 'rate_limiter.per_user'],
    [`${servers}rate_limit: { per_ip_limit: few }\n`, 'rate_limit.per_ip_limit'],
    [`${servers}rate_limit: { per_ip_limit: { capacity: 5, window: 60 } }\n`, 'rate_limit.per_ip_limit.window'],
    [`${servers}rate_limit: { window_size: soon, per_ip_limit: 1 }\n`, 'rate_limit.window_size'],
    [`${servers}rate_limit: { whitelist: [10.0.0.0/8, office] }\n`, 'rate_limit.whitelist'],
    [`${servers}rate_limit: { enabled: maybe }\n`, 'rate_limit.enabled'],
    [`${servers}server: { max_connections: -5 }\n`, 'server.max_connections'],
    [`${servers}clients: [{ ip: 10.0.0.1, capacity: 5 }]\n`, 'clients'],
    [`${servers}basic_auth: { user: a }\n`, 'basic_auth.user'],
    [`${servers}server: { allowed_methods: [GET] }\n`, 'server.allowed_methods'],
  ] as const) {
    test(`${key} in ${JSON.stringify(text)}`, () => {
      assert.ok(refusal(text).includes(` ${key}: `), refusal(text));
      imported(text, { dropsUnsupported: true });
    });
  }

  for (const text of [
    'colour: red',
    'routes: []',
    'routes: {}',
    'routes:',
    'sticky_sessions: { enabled: false }',
    'metrics: { path: /metrics, endpoints: [a] }',
    'server: { name: x, pprof: true }',
    'consistent_hash: { replicas: 100 }',
    'transport: { max_idle_conns_per_host: 5 }',
    'rate_limit: { per_ip_limit: { enabled: true, capacity: 5 } }',
    'redis: { limits: [1] }',
    'port: 70000',
  ])
    test(`${text} is none`, () => assert.doesNotThrow(() => imported(`${servers}${text}\n`)));

  test('a backend may have keys without a meaning', () =>
    assert.doesNotThrow(() =>
      imported('servers: [{ url: http://a:1, Healthy: true, description: x, backup: false }]'),
    ));

  test('names no more than fifty, and no value that may be a secret', () => {
    const text = `servers: [http://a:1]\nroutes: { ${Array.from({ length: 60 }, (_, at) => `r${at}: hidden`).join(', ')} }`;
    assert.match(refusal(text), /^60 rules .*\n {2}and 10 more\n--drop/s);
    assert.doesNotMatch(refusal(text), /hidden/);
  });
});

test('the format of a text is recognized in linear time, whatever it contains', () => {
  const empty = '\n'.repeat(1_000_000);
  assert.equal(guessGateway('x', `${empty}%`), undefined);
  assert.equal(guessGateway('x', `${empty}\tserver {\n listen 80;\n}\n`)?.format, 'nginx');
  assert.equal(guessGateway('x', `\uFEFFa.example {\n  reverse_proxy b:80\n}\n`)?.format, 'caddy');
});
