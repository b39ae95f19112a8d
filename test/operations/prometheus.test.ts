/** A real Prometheus scrapes a gateway under traffic, and every shipped query returns something. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { missing } from '../support/installed.ts';
import { startLoad } from '../support/load.ts';
import { startPrometheus, type Prometheus } from '../support/prometheus.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';

const TOKEN = 'a-token-for-prometheus-0123456789';
const prometheusMissing = missing('prometheus', 'promtool', 'prometheus');
const skip = prometheusMissing === false ? redisMissing : prometheusMissing;

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../docker/grafana/dashboards/sluice.json'), 'utf8'),
) as { panels: readonly Panel[] };

/** A Docker daemon without containers. */
async function startIdleDocker(): Promise<Server> {
  const server = createServer(({ url = '' }, response) => {
    if (url.startsWith('/events')) response.flushHeaders();
    else response.end('[]');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe('a gateway under load, scraped by Prometheus', { skip }, () => {
  const closing: (() => unknown)[] = [];
  // What starts here serves all tests below.
  const whole = { after: (close: () => unknown) => void closing.push(close) } as Pick<TestContext, 'after'>;
  let gateway: TestGateway;
  let prometheus: Prometheus;

  before(async () => {
    const { backends, close } = await startSampleBackends({
      count: 3,
      behaviour: { delayMs: 2 },
      each: new Map([
        [2, { errorRate: 0.5 }],
        [3, { down: true }],
      ]),
    });
    whole.after(close);
    const urls = backends.map(({ url }, at) => `{ url: "${url}", id: b${at + 1} }`).join(', ');
    const redis = await startRedis(whole);
    const docker = await startIdleDocker();
    whole.after(() => docker.closeAllConnections());
    whole.after(() => docker.close());
    gateway = await startTestGateway(
      whole,
      `admin: { token: ${TOKEN} }
rate_limit: { default: { capacity: 50, rate_per_second: 50 }, allowlist: [] }
health_check: { enabled: true, interval: 1s, timeout: 500ms }
redis: { url: "${redis.url}" }
pools: { web: { backends: [${urls}] }, found: { discover: { push: {} } } }
discovery: { docker: { routes: true, endpoint: "http://127.0.0.1:${(docker.address() as AddressInfo).port}" } }
telemetry: { traces: { endpoint: 'http://127.0.0.1:1/v1/traces' } }
routes: [{ name: all, path_prefix: /api, pool: web }, { name: kept, path_prefix: /api/kept, pool: web, cache: {} }]
tls:
  port: 0
  redirect: off
  acme: { none: { directory: 'https://127.0.0.1:1/', agree: true } }
  certificates:
    - { hosts: [localhost], internal: true }
    - { hosts: ['*.example.com'], acme: none, on_demand: { ask: 'http://127.0.0.1:1/' } }
`,
    );
    prometheus = await startPrometheus(whole, gateway.adminUrl, TOKEN);
    const load = startLoad(`${gateway.trafficUrl}/api/hello`, { connections: 4, pauseMs: 10 });
    whole.after(() => load.stop());
    // Rates need a few scrapes with traffic in them.
    await eventually(
      'ten scrapes',
      async () => {
        const [scrapes] = await prometheus.query('count_over_time(up{job="sluice"}[1m])');
        return Number(scrapes?.value[1] ?? 0) >= 10;
      },
      30_000,
    );
  });
  after(async () => {
    for (const close of closing.reverse()) await close();
  });

  it('is up, by the token of its file', async () => {
    const [up] = await prometheus.query('up{job="sluice"}');
    assert.equal(up?.value[1], '1');
  });

  it('exposes what promtool finds no fault with', async () => {
    const { body } = await gateway.admin('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } });
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
  });

  it('counts the same requests as the API', async () => {
    const [scraped] = await prometheus.query('sum(sluice_limiter_decisions_total{decision=~"refused.*"})');
    assert.ok(Number(scraped!.value[1]) > 0);
    const down = await prometheus.query('sluice_backend_up == 0');
    assert.deepEqual(
      down.map(({ metric }) => metric['backend']),
      ['b3'],
    );
    const failing = await prometheus.query('sluice_backend_responses_total{status_class="5xx"} > 0');
    assert.deepEqual(
      failing.map(({ metric }) => metric['backend']),
      ['b2'],
    );
  });

  for (const { title, targets = [] } of dashboard.panels) {
    for (const [at, { expr }] of targets.entries()) {
      it(`answers the dashboard's “${title}” (${at + 1})`, async () => {
        const expression = expr.replaceAll('$__rate_interval', '10s').replaceAll('$instance', '.*');
        const found = await prometheus.query(expression);
        assert.ok(found.length > 0, `no data: ${expression}`);
        assert.ok(
          found.some(({ value }) => value[1] !== 'NaN'),
          `nothing but NaN: ${expression}`,
        );
      });
    }
  }

  it('answers what every alert compares', async () => {
    const { groups } = await prometheus.api<{
      groups: { rules: { name: string; query: string; health: string; lastError?: string }[] }[];
    }>('/api/v1/rules');
    const rules = groups.flatMap((group) => group.rules);
    assert.ok(rules.length > 0);
    for (const { name, query, health, lastError } of rules) {
      assert.equal(health, 'ok', `${name}: ${lastError}`);
      for (const part of query.split(/ and /)) {
        const compared = part.replace(/\s(==|>=|>|<)\s[\d.]+\s*$/, '');
        assert.notEqual(compared, part, `${name} compares nothing: ${part}`);
        assert.ok((await prometheus.query(compared)).length > 0, `${name}, no data: ${compared}`);
      }
    }
  });
});
