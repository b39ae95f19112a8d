import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadText } from '../../../../src/config/load.ts';
import { parsePostgresUrl } from '../../../../src/core/postgres-url.ts';
import { importConfig } from '../../../../src/tools/import/import-config.ts';

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');

function imported(text: string) {
  const result = importConfig(text);
  // Our own reader takes it, as written.
  const settings = loadText(result.yaml, 'sluice.yaml', {}, {});
  const told = new Map(
    Map.groupBy(result.warnings, ({ key }) => key)
      .entries()
      .map(([key, all]) => [key, all.map(({ message }) => message).join('; ')]),
  );
  return { ...result, settings, told };
}

describe('the JSON with proxy and units in its names', () => {
  const { format, settings, told } = imported(fixture('proxy.json'));
  const pool = settings.pools[0]!;

  test('is known as such', () => assert.equal(format, 'proxy'));

  test('keeps backends, weights, and who is switched off', () => {
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

  test('means the units that its names say, and tells that they were wrong', () => {
    assert.equal(pool.timeouts.responseMs, 5000);
    assert.equal(pool.circuitBreaker.openMs, 30_000);
    assert.deepEqual([pool.retries.attempts, pool.retries.backoffBaseMs], [3, 100]);
    for (const key of [
      'proxy.timeout_ms',
      'proxy.retry_delay_ms',
      'circuit_breaker.open_timeout_s',
      'health_check.interval_s',
    ])
      assert.match(told.get(key)!, /the unit was wrong there, \d+ was taken for nanoseconds/, key);
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
    assert.match(told.get('rate_limit.per_ip_limit')!, /burst 100, refill 1\.66667 a second/);
  });

  test('keeps adaptive weights, and says that they are shares here', () => {
    const { enabled, intervalMs, latencyShare, targetLatencyMs, minShare, maxShare } = pool.adaptive;
    assert.deepEqual(
      [enabled, intervalMs, latencyShare, targetLatencyMs, minShare, maxShare],
      [true, 10_000, 0.6, 100, 0.1, 5],
    );
    assert.match(told.get('adaptive_weights.max_weight')!, /multiple of the configured weight/);
  });

  test('keeps sliding windows', () => {
    const text = fixture('proxy.json').replace('token_bucket', 'sliding_window');
    const { algorithm, window, global } = imported(text).settings.rateLimit;
    assert.deepEqual([algorithm, window], ['sliding-window', { limit: 100, sizeMs: 60_000 }]);
    assert.deepEqual([global?.limit, global?.sizeMs], [1000, 60_000]);
  });

  test('tells every key that has no meaning', () => {
    for (const key of ['dashboard_theme', 'health_check.alpha', 'health_check.workers_count'])
      assert.match(told.get(key)!, /^left out/, key);
  });
});

describe('the JSON with server, database, balancer and rate_limitter', () => {
  const { format, settings, told, yaml } = imported(fixture('balancer.json'));

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
    assert.equal(told.has('server.read_timeout'), false);
    assert.equal(told.has('rate_limitter.refill_interval'), false);
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

  test('health is asked for at /ping, as it was there', () =>
    assert.equal(settings.pools[0]!.healthCheck.path, '/ping'));

  test('its database becomes one URL, and no secret is in a warning', () => {
    assert.equal(settings.database.url, 'postgres://balancer:p%40ss%3Aword%2F1@db:5432/limits?sslmode=disable');
    assert.ok(![...told.values()].some((text) => /p@ss|p%40|hidden/.test(text)));
    assert.doesNotMatch(yaml, /hidden/);
    assert.match(told.get('rate_limitter.redis.address')!, /Redis is not supported yet/);
  });
});

test('the YAML with durations keeps them', () => {
  const { format, settings, told } = imported(fixture('durations.yaml'));
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
  assert.ok(![...told.values()].some((text) => text.includes('nanoseconds')));
  // postgresql.db is the name of the database there.
  assert.equal(settings.database.url, 'postgres://lb%40here:0123%25%2Fx@localhost:5433/limits%201?sslmode=disable');
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

  test('one that cannot be a URL is left out and told, and does not end the import', () => {
    for (const parts of ['host: "not a host", db: x', 'host: h, port: 70000, db: x', 'host: h, port: five, db: x'])
      assert.equal(url(parts), null, parts);
  });
});

test('the YAML with a list of servers keeps them, whatever their shape', () => {
  const { format, settings, told } = imported(fixture('servers.yaml'));
  assert.equal(format, 'servers');
  assert.deepEqual(
    settings.pools[0]!.backends.map(({ url, weight }) => [url, weight]),
    [
      ['http://localhost:5001', 100],
      ['http://localhost:5002', 100],
      ['http://localhost:5003', 50],
    ],
  );
  assert.match(told.get('health_check_interval')!, /taken as 10s/);
});

describe('whatever stands in an old file', () => {
  const servers = 'servers: [http://a:1]\n';

  test('what our reader refuses is left out and told', () => {
    const { settings, told } = imported(`${servers}port: 70000\nretry_attempts: 50\n`);
    assert.equal(settings.server.port, 8080);
    assert.match(told.get('port')!, /^left out: found 70000; allowed/);
    assert.match(told.get('retry_attempts')!, /^left out: found 50/);
  });

  test('one backend that cannot be used does not spoil the others', () => {
    const { settings, told } = imported('servers: ["ftp://a", "http://b:1", "", {weight: 2}]\n');
    assert.deepEqual(
      settings.pools[0]!.backends.map(({ url }) => url),
      ['http://b:1'],
    );
    assert.match(told.get('servers.2')!, /no URL/);
    assert.equal(importConfig('servers: ["http://a:1", "http://a:1/?q"]').warnings.length, 1);
  });

  test('an unknown algorithm is told with the nearest', () => {
    assert.match(
      imported(`${servers}algorithm: rond_robin\n`).told.get('algorithm')!,
      /is no algorithm here; round-robin is near/,
    );
  });

  test('nothing in it is taken for a variable of ours', () => {
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
    ['', /holds no keys/],
    ['- a\n', /holds no keys/],
    ['a: [', /neither YAML nor JSON/],
    ['port: 1\n', /no backends found/],
    ['pools: { default: { backends: [{ url: "http://127.0.0.1:1" }] } }\n', /a configuration of Sluice already/],
    ['servers: ["ftp://x"]\n', /no backend of it can be used/],
  ] as const) {
    test(`${JSON.stringify(text)} is refused with why`, () => assert.throws(() => importConfig(text), why));
  }
});
