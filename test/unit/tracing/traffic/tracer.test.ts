import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientRequest } from '../../../../src/http/client-side.ts';
import type { TracedExchange } from '../../../../src/tracing/traffic/request-trace.ts';
import { Tracer, type TraceHolder } from '../../../../src/tracing/traffic/tracer.ts';

const END = { status: 200, isAborted: false, endMs: 1 };

function start(sample: number) {
  const spans = {
    isFull: false,
    texts: [] as string[],
    dropped: 0,
    add: (text: string) => void spans.texts.push(text),
    drop: (count: number) => void (spans.dropped += count),
  };
  const ports = { spans, isPeerTrusted: () => true, random: () => 0.5, nowMs: () => 0, wallMs: () => 1e12 };
  const tracer = new Tracer(ports);
  tracer.use({ sample, parent: 'follow', secretNames: [] });
  return { tracer, spans };
}

function exchange(traceparent?: string): TraceHolder & TracedExchange {
  const headers = traceparent === undefined ? {} : { traceparent };
  const req = { method: 'GET', scheme: 'http', httpVersion: '1.1', headers } as unknown as ClientRequest;
  return {
    requestId: 'r',
    startMs: 0,
    target: '/',
    clientAddress: '',
    peerAddress: '',
    client: '',
    verified: null,
    route: null,
    found: null,
    pool: null,
    backend: null,
    tried: [],
    cacheResult: null,
    grpcStatus: null,
    error: null,
    refusedBy: null,
    wouldRefuse: null,
    response: { req },
    traceparent: null,
    traceState: '',
    trace: null,
  };
}

test('a request that is not recorded gets a trace context, and no object', () => {
  const { tracer } = start(0.5);
  const seen = exchange();
  tracer.begin(seen);
  assert.match(seen.traceparent!, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  assert.equal(seen.trace, null);
});

test('every flag with the lowest bit is that of a recorded trace', () => {
  for (const [flags, isRecorded] of [
    ['01', true],
    ['0f', true],
    ['fb', true],
    ['00', false],
    ['10', false],
    ['fe', false],
  ] as const) {
    const seen = exchange(`00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`);
    start(0).tracer.begin(seen);
    assert.equal(seen.trace !== null, isRecorded, flags);
    assert.equal(seen.traceparent!.slice(-2), isRecorded ? '01' : '00');
  }
});

test('spans without room are counted, and not written', () => {
  const { tracer, spans } = start(1);
  for (const isFull of [false, true]) {
    const seen = exchange();
    tracer.begin(seen);
    const pool = { name: 'web', protocol: 'http1' };
    seen.trace!.openTry({ id: 'b1', url: new URL('http://127.0.0.1:1/') }, pool, '/');
    spans.isFull = isFull;
    seen.trace!.end(seen, END);
  }
  assert.equal(spans.texts.length, 2);
  assert.equal(spans.dropped, 2);
});
