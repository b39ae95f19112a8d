/** traceparent and tracestate on their way through a traffic thread: with tracing off, on, and for strangers. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { httpRequest } from '../../support/http-request.ts';
import { RawClient, rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { startTraced } from '../../support/traced.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${PARENT}-01`;
const TRUSTED = 'server: { trust_proxy: [127.0.0.1] }\n';

async function backendOf(t: TestContext) {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  return backend;
}

/** Lines of the head whose names begin so, in any case. */
function lines(head: string, name: string): string[] {
  return head.split('\r\n').filter((line) => line.toLowerCase().startsWith(name));
}

test('off: what the client sends is passed on byte by byte, right or wrong, and a valid trace id is in the log', async (t) => {
  const backend = await backendOf(t);
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port);
  t.after(() => client.destroy());
  const given = [
    [`TraceParent: ${SAMPLED}`, 'TraceState:  a=1 ,b=2', 'tracestate: c=3', 'baggage: k=v;p=1', 'b3: 0'],
    ['traceparent: garbage', 'traceparent: more', 'tracestate: ,,='],
    [`traceparent: ff-${TRACE}-${PARENT}-01`],
  ];
  for (const fields of given) {
    client.send(`GET / HTTP/1.1\r\nHost: x\r\n${fields.join('\r\n')}\r\n\r\n`);
    await client.until('ok');
    client.received = '';
  }
  const seen = backend.requests.map((head) => lines(head, 'trace'));
  assert.deepEqual(
    seen,
    given.map((fields) =>
      fields.filter((line) => line.toLowerCase().startsWith('trace')).map((line) => line.replace(/: +/, ': ')),
    ),
  );
  await eventually('all are logged', () => traffic.log.filter(({ msg }) => msg === 'request').length === 3);
  const logged = traffic.log.filter(({ msg }) => msg === 'request');
  assert.deepEqual(
    logged.map(({ trace_id: trace, span_id: span }) => [trace, span]),
    [
      [TRACE, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
  assert.equal(
    traffic.messages.some(({ type }) => type === 'telemetry'),
    false,
  );
});

test('on, and not recorded: the backend gets a new parent id and flag 00, and the log both ids', async (t) => {
  const backend = await backendOf(t);
  const traffic = await startTraced(t, poolOf([backend.url], TRUSTED), 'sample: 0');
  await httpRequest(traffic.url, {
    headers: { traceparent: `00-${TRACE}-${PARENT}-00`, tracestate: ['a=1', 'b=2'], baggage: 'k=v' },
  });
  await httpRequest(traffic.url);
  const [known, fresh] = backend.requests as [string, string];
  const [parent] = lines(known, 'traceparent');
  assert.match(parent!, new RegExp(`^traceparent: 00-${TRACE}-[0-9a-f]{16}-00$`));
  assert.doesNotMatch(parent!, new RegExp(PARENT));
  assert.equal(lines(known, 'traceparent').length, 1);
  assert.deepEqual(lines(known, 'tracestate'), ['tracestate: a=1,b=2']);
  assert.deepEqual(lines(known, 'baggage'), ['baggage: k=v']);
  const [made] = lines(fresh, 'traceparent');
  assert.match(made!, /^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  assert.deepEqual(lines(fresh, 'tracestate'), []);
  const logged = await traffic.lines(2);
  assert.deepEqual(
    logged.map(({ trace_id: trace, span_id: span }) => `traceparent: 00-${String(trace)}-${String(span)}-00`),
    [parent, made],
  );
  assert.equal(
    traffic.messages.some(({ type }) => type === 'telemetry'),
    false,
  );
});

test('a malformed traceparent begins a new trace, without its tracestate', async (t) => {
  const backend = await backendOf(t);
  const traffic = await startTraced(t, poolOf([backend.url], TRUSTED), 'sample: 0');
  for (const traceparent of [
    `ff-${TRACE}-${PARENT}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    [SAMPLED, SAMPLED],
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `${SAMPLED}-x`,
    '',
  ]) {
    await httpRequest(traffic.url, { headers: { traceparent, tracestate: 'a=1' } });
    const head = backend.requests.at(-1)!;
    assert.match(lines(head, 'traceparent').join('|'), /^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    assert.doesNotMatch(head, new RegExp(TRACE, 'i'));
    assert.deepEqual(lines(head, 'tracestate'), []);
  }
});

test('a later version is understood as far as it is known, and sent on as version 00; a bad tracestate is dropped alone', async (t) => {
  const backend = await backendOf(t);
  const traffic = await startTraced(t, poolOf([backend.url], TRUSTED), 'sample: 0');
  await httpRequest(traffic.url, {
    headers: { TRACEPARENT: `cc-${TRACE}-${PARENT}-01-future`, tracestate: 'a=1,A=2' },
  });
  const [head] = backend.requests;
  assert.match(lines(head!, 'traceparent').join('|'), new RegExp(`^traceparent: 00-${TRACE}-[0-9a-f]{16}-01$`));
  assert.deepEqual(lines(head!, 'tracestate'), []);
  const { server } = await traffic.spans(2);
  assert.equal(server[0]!.parentSpanId, PARENT);
});

test('a stranger that asks for recording is recorded at the rate of sample only, and a trusted proxy always', async (t) => {
  const backend = await backendOf(t);
  const headers = { traceparent: SAMPLED };
  const flag = (): string => lines(backend.requests.at(-1)!, 'traceparent')[0]!.slice(-2);
  const stranger = await startTraced(t, poolOf([backend.url]), 'sample: 0');
  await httpRequest(stranger.url, { headers });
  assert.equal(flag(), '00');
  const trusted = await startTraced(t, poolOf([backend.url], TRUSTED), 'sample: 0');
  await httpRequest(trusted.url, { headers });
  assert.equal(flag(), '01');
  // A kept connection's peer is known from its first request.
  const client = new RawClient(trusted.port);
  t.after(() => client.destroy());
  for (let turn = 0; turn < 2; turn += 1) {
    client.send(`GET / HTTP/1.1\r\nHost: x\r\ntraceparent: ${SAMPLED}\r\n\r\n`);
    await client.until('ok');
    client.received = '';
    assert.equal(flag(), '01');
  }
  const ignoring = await startTraced(t, poolOf([backend.url], TRUSTED), 'sample: 0, parent: ignore');
  await httpRequest(ignoring.url, { headers });
  assert.equal(flag(), '00');
  const all = await startTraced(t, poolOf([backend.url]));
  await httpRequest(all.url, { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
  assert.equal(flag(), '00');
});

test('a field of the trace that Connection names stays ours, and a policy of the route may remove or replace it', async (t) => {
  const backend = await backendOf(t);
  const routes = `routes:
  - { path_prefix: /removed, pool: default, request_headers: { remove: [traceparent] } }
  - { path_prefix: /set, pool: default, request_headers: { set: { traceparent: mine } } }
  - { path_prefix: /, pool: default }
`;
  const traffic = await startTraced(t, poolOf([backend.url], routes));
  await httpRequest(`${traffic.url}/`, { headers: { connection: 'close, traceparent', traceparent: SAMPLED } });
  assert.equal(lines(backend.requests[0]!, 'traceparent').length, 1);
  await httpRequest(`${traffic.url}/removed`);
  await httpRequest(`${traffic.url}/set`);
  assert.deepEqual(lines(backend.requests[1]!, 'traceparent'), []);
  assert.deepEqual(lines(backend.requests[2]!, 'traceparent'), ['traceparent: mine']);
});
