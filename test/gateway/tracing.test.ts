/** A gateway with a collector: spans of requests and tries, and what backends see of the trace. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { attributesOf, type OtlpSpan, startCollector } from '../support/collector.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

async function startBackend(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    void response.end('ok'),
) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function kinds(spans: readonly OtlpSpan[]) {
  return { server: spans.filter(({ kind }) => kind === 2), client: spans.filter(({ kind }) => kind === 3) };
}

test('a request that is retried has a span of its own and one for each try, and the backend sees the span of its try', async (t) => {
  const collector = await startCollector(t);
  const broken = await startBackend(t, (_request, response) => void response.writeHead(503).end());
  const good = await startBackend(t);
  const gateway = await startTestGateway(
    t,
    gatewayYaml(
      [broken.url, good.url],
      `    algorithm: round-robin
retries: { statuses: [503], backoff_base: 1ms, backoff_max: 1ms }
server: { trust_proxy: [127.0.0.1], drain_delay: 0s }
telemetry:
  traces: { endpoint: "${collector.url}", sample: 0, headers: { authorization: Bearer x } }
`,
    ),
    { threads: 1 },
  );
  const answers = [];
  // One of two begins at the broken one.
  for (let turn = 0; turn < 2; turn += 1) {
    answers.push(
      await httpRequest(`${gateway.trafficUrl}/orders/7?q=1&sig=abc`, {
        headers: { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=1', baggage: 'a=b' },
      }),
    );
  }
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
  );
  await eventually('all spans have arrived', () => collector.spans().length === 5);
  const { server, client } = kinds(collector.spans());
  assert.equal(server.length, 2);
  assert.equal(client.length, 3);
  const [retried] = server.filter((span) => attributesOf(span)['sluice.tries'] === 2);
  const tries = client.filter(({ parentSpanId }) => parentSpanId === retried!.spanId);
  assert.deepEqual(
    tries.map((span) => [
      attributesOf(span)['http.response.status_code'],
      attributesOf(span)['http.request.resend_count'],
    ]),
    [
      [503, undefined],
      [200, 1],
    ],
  );
  assert.equal(retried!.traceId, TRACE);
  assert.equal(retried!.parentSpanId, PARENT);
  assert.equal(retried!.traceState, 'vendor=1');
  const [first] = broken.seen;
  assert.equal(first!.headers['traceparent'], `00-${TRACE}-${tries[0]!.spanId}-01`);
  assert.equal(first!.headers['tracestate'], 'vendor=1');
  assert.equal(first!.headers['baggage'], 'a=b');
  const seen = good.seen.map(({ headers }) => headers['traceparent']);
  assert.ok(seen.includes(`00-${TRACE}-${tries[1]!.spanId}-01`));
  const [request] = collector.requests;
  assert.equal(request!.path, '/v1/traces');
  assert.equal(request!.headers['authorization'], 'Bearer x');
  assert.equal(attributesOf(retried!)['url.query'], 'q=1&sig=REDACTED');
});
