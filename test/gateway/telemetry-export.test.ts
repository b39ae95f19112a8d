/** A gateway and its collector: metrics, logs, an export that fails, and settings that change. */
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { LogTarget } from '../../src/runtime/log-sink.ts';
import { accept, attributesOf, startCollector } from '../support/collector.ts';
import { startEchoBackend } from '../support/echo-backend.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { officially } from '../support/official-otlp.ts';
import type { OtlpBody } from '../support/collector.ts';

const ACCESS_LOG = 'log: { level: info, access: { enabled: true } }\n';

async function backendUrl(t: TestContext): Promise<string> {
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  return backend.url;
}

function tracesTo(url: string, more = ''): string {
  return `telemetry: { traces: { endpoint: "${url}", sample: 1 } ${more} }\n`;
}

/** Threads log, and nobody sees it. */
function unseen(t: TestContext): LogTarget {
  const fd = openSync('/dev/null', 'w');
  t.after(() => closeSync(fd));
  return { kind: 'file', fd, turn: new SharedArrayBuffer(4) };
}

/** A value of /metrics. */
async function metric(
  gateway: { admin: (path: string) => Promise<{ body: string }> },
  series: string,
): Promise<number> {
  const { body } = await gateway.admin('/metrics');
  const line = body.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? NaN : Number(line.slice(series.length + 1));
}

test('metrics are exported as /metrics has them, since the start of the process', async (t) => {
  const collector = await startCollector(t);
  const gateway = await startTestGateway(
    t,
    gatewayYaml(
      [await backendUrl(t)],
      `telemetry:
  service_name: edge
  resource: { deployment.environment.name: test }
  metrics: { endpoint: "${collector.url}/otlp/metrics", interval: 50ms }
fleet: { name: gw-1 }
`,
    ),
  );
  for (let turn = 0; turn < 3; turn += 1) await httpRequest(gateway.trafficUrl);
  const requests = () =>
    collector
      .metrics()
      .filter(({ name }) => name === 'sluice_requests_total')
      .at(-1)
      ?.sum!.dataPoints.find((point) => attributesOf(point)['status_class'] === '2xx');
  await eventually('the requests are exported', () => requests()?.asDouble === 3);
  const point = requests()!;
  assert.deepEqual(attributesOf(point), { route: attributesOf(point)['route'], pool: 'default', status_class: '2xx' });
  const startMs = Number(point.startTimeUnixNano) / 1e6;
  assert.ok(Math.abs(startMs - performance.timeOrigin) < 5);
  assert.ok(Number(point.timeUnixNano) / 1e6 <= Date.now());
  const [{ path, body }] = collector.requests as [(typeof collector.requests)[0]];
  assert.equal(path, '/otlp/metrics');
  const { 'service.version': version, ...resource } = attributesOf(body.resourceMetrics![0]!.resource);
  assert.deepEqual(resource, {
    'service.name': 'edge',
    'service.instance.id': 'gw-1',
    'telemetry.sdk.name': 'sluice',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': version,
    'deployment.environment.name': 'test',
  });
  const { body: text } = await gateway.admin('/metrics');
  const scraped = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
  for (const { name } of collector.metrics()) assert.ok(scraped.has(name), name);
  const judged = withoutSummaries(body);
  assert.deepEqual(officially(judged), judged);
});

/** The SDK has none. */
function withoutSummaries({ resourceMetrics }: OtlpBody): OtlpBody {
  return {
    resourceMetrics: resourceMetrics!.map((resource) => ({
      ...resource,
      scopeMetrics: resource.scopeMetrics.map((scope) => ({
        ...scope,
        metrics: scope.metrics!.filter(({ summary }) => summary === undefined),
      })),
    })),
  };
}

test('lines of the log are exported with the ids of their span, the access log of the threads included', async (t) => {
  const collector = await startCollector(t);
  const gateway = await startTestGateway(
    t,
    ACCESS_LOG +
      gatewayYaml(
        [await backendUrl(t)],
        `telemetry: { traces: { endpoint: "${collector.url}", sample: 1 }, logs: { endpoint: "${collector.url}", headers: { x-scope: a } } }\n`,
      ),
    { threads: 1, logTarget: unseen(t) },
  );
  await httpRequest(`${gateway.trafficUrl}/a?secret=1`);
  await eventually('both have arrived', () => collector.spans().length === 2 && collector.logs().length >= 1);
  const record = collector.logs().find(({ body }) => body.stringValue === 'request')!;
  const request = collector.spans().find(({ kind }) => kind === 2)!;
  assert.deepEqual([record.traceId, record.spanId], [request.traceId, request.spanId]);
  assert.deepEqual([record.severityNumber, record.severityText], [9, 'INFO']);
  const { name, path, status, thread } = attributesOf(record);
  assert.deepEqual({ name, path, status, thread }, { name: 'traffic', path: '/a', status: 200, thread: 0 });
  const logs = collector.requests.find(({ path: to }) => to === '/v1/logs')!;
  assert.equal(logs.headers['x-scope'], 'a');
  assert.deepEqual(officially(logs.body), logs.body);
});

test('a collector that hangs costs requests nothing: they are answered, spans are dropped and counted, and the gateway stops', async (t) => {
  const sockets: Socket[] = [];
  const hung = createServer((socket) => sockets.push(socket.pause())).listen(0, '127.0.0.1');
  await once(hung, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    hung.close();
  });
  const { port } = hung.address() as AddressInfo;
  const gateway = await startTestGateway(
    t,
    gatewayYaml([await backendUrl(t)], `rate_limit: { enabled: false }\n${tracesTo(`http://127.0.0.1:${port}`)}`),
    {
      threads: 1,
    },
  );
  // Two spans each: more than a queue holds.
  const total = 2600;
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (answered < total) {
      answered += 1;
      assert.equal((await httpRequest(gateway.trafficUrl)).status, 200);
    }
  };
  await Promise.all(Array.from({ length: 20 }, ask));
  await eventually('some are dropped', async () => {
    return (await metric(gateway, 'sluice_telemetry_dropped_total{signal="traces",reason="full"}')) > 0;
  });
  const queued = await metric(gateway, 'sluice_telemetry_queued{signal="traces"}');
  assert.ok(queued <= 4096 + 512, String(queued));
  await gateway.stop();
});

test('a collector that comes back: what it refused is sent again, and the outage is one event', async (t) => {
  let isBack = false;
  const collector = await startCollector(t, (response, request) => {
    if (isBack) accept(response);
    else response.writeHead(request.path === '/v1/traces' ? 503 : 200, { 'retry-after': '0' }).end();
  });
  const gateway = await startTestGateway(t, gatewayYaml([await backendUrl(t)], tracesTo(collector.url)), {
    threads: 1,
  });
  await httpRequest(gateway.trafficUrl);
  await eventually('it has failed several times', () => collector.requests.length >= 3);
  assert.equal(await metric(gateway, 'sluice_telemetry_failing{signal="traces"}'), 1);
  isBack = true;
  await eventually('the spans have arrived', () => collector.spans().length === 2);
  await eventually(
    'it is back',
    async () => (await metric(gateway, 'sluice_telemetry_failing{signal="traces"}')) === 0,
  );
  const { items } = (await gateway.admin('/v1/api/events?kind=telemetry')).json<{
    items: { severity: string; subject: string; message: string }[];
  }>();
  assert.deepEqual(items.map(({ severity, subject, message }) => [severity, subject, message]).reverse(), [
    ['warn', 'traces', 'traces cannot be exported: it answered 503'],
    ['info', 'traces', 'traces are exported again'],
  ]);
  assert.equal(await metric(gateway, 'sluice_telemetry_exported_total{signal="traces"}'), 2);
});

test('a reload turns tracing on, changes it and turns it off, while requests go on', async (t) => {
  const [one, two] = [await startCollector(t), await startCollector(t)];
  const url = await backendUrl(t);
  const gateway = await startTestGateway(t, gatewayYaml([url]), { threads: 1 });
  const apply = async (telemetry: string): Promise<void> => {
    gateway.write(gatewayYaml([url], telemetry));
    const report = await gateway.reload('test');
    assert.deepEqual(report.restartRequired, []);
  };
  await httpRequest(`${gateway.trafficUrl}/off`);
  await apply(tracesTo(one.url));
  await httpRequest(`${gateway.trafficUrl}/one`);
  await eventually('one has the spans', () => one.spans().length === 2);
  await apply(tracesTo(two.url, ', logs: {}'));
  await httpRequest(`${gateway.trafficUrl}/two`);
  await eventually('two has the spans', () => two.spans().length === 2);
  await apply('');
  await httpRequest(`${gateway.trafficUrl}/off`);
  const paths = [one, two].map((collector) =>
    collector
      .spans()
      .filter(({ kind }) => kind === 2)
      .map((span) => attributesOf(span)['url.path']),
  );
  assert.deepEqual(paths, [['/one'], ['/two']]);
  assert.ok(Number.isNaN(await metric(gateway, 'sluice_telemetry_exported_total{signal="traces"}')));
});

test('what is left is exported when the gateway stops', async (t) => {
  const collector = await startCollector(t);
  const gateway = await startTestGateway(
    t,
    ACCESS_LOG +
      gatewayYaml(
        [await backendUrl(t)],
        `telemetry:
  traces: { endpoint: "${collector.url}", sample: 1 }
  logs: { endpoint: "${collector.url}" }
  metrics: { endpoint: "${collector.url}", interval: 1h }
`,
      ),
    { logTarget: unseen(t) },
  );
  for (let turn = 0; turn < 5; turn += 1) await httpRequest(gateway.trafficUrl);
  await gateway.stop();
  assert.equal(collector.spans().length, 10);
  assert.equal(collector.logs().filter(({ body }) => body.stringValue === 'request').length, 5);
  const requests = collector.metrics().find(({ name }) => name === 'sluice_requests_total')!;
  assert.equal(requests.sum!.dataPoints.find((point) => attributesOf(point)['status_class'] === '2xx')!.asDouble, 5);
});

test('headers for the collector are not shown', async (t) => {
  const collector = await startCollector(t);
  const telemetry = `telemetry: { traces: { endpoint: "${collector.url}", headers: { authorization: Bearer hunter2 } } }\n`;
  const gateway = await startTestGateway(t, gatewayYaml([await backendUrl(t)], telemetry), { threads: 1 });
  const { body } = await gateway.admin('/v1/api/config');
  assert.match(body, /"authorization":"\*\*\*"/);
  assert.doesNotMatch(body, /hunter2/);
});
