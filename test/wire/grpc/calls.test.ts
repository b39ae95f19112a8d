/** Calls of gRPC through the whole gateway: grpc-js as client and as server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Metadata, type ServiceError, status, type StatusObject } from '@grpc/grpc-js';
import { test, type TestContext } from 'node:test';
import { startFrameBackend } from '../../support/frame-backend.ts';
import { END_STREAM, FRAME } from '../../support/http2-frames.ts';
import { eventually } from '../../support/eventually.ts';
import { EchoClient, startGrpcBackend } from '../../support/grpc.ts';
import { startHttp2Backend } from '../../support/http2-backend.ts';
import { poolOf, startTraffic, type Traffic } from '../../support/traffic.ts';

const H2C = '    protocol: h2c\n';
const SERVER = 'server: { http2: { h2c: true } }\n';

async function gateway(
  t: TestContext,
  urls: readonly string[],
  pool = '',
  more = '',
): Promise<Traffic & { client: EchoClient }> {
  const traffic = await startTraffic(poolOf(urls, H2C + pool + SERVER + more));
  t.after(() => traffic.close());
  return { ...traffic, client: new EchoClient(t, traffic.port) };
}

async function textsOf(call: AsyncIterable<unknown>): Promise<string[]> {
  const texts: string[] = [];
  for await (const text of call) texts.push(text as string);
  return texts;
}

test('a unary call: message, metadata both ways, text and binary, in head and trailers', async (t) => {
  const seen: unknown[] = [];
  const backend = await startGrpcBackend(t, {
    unary: (call, done) => {
      const { metadata } = call;
      seen.push([metadata.get('x-text'), metadata.get('x-data-bin'), call.getPath()]);
      const head = new Metadata();
      head.set('x-head', 'one');
      head.set('x-head-bin', Buffer.from([0, 255]));
      call.sendMetadata(head);
      const trailers = new Metadata();
      trailers.set('x-trailer', 'two');
      trailers.set('x-trailer-bin', Buffer.from([1, 254]));
      done(null, call.request.toUpperCase(), trailers);
    },
  });
  const { client, logged } = await gateway(t, [backend.url]);
  const metadata = new Metadata();
  metadata.set('x-text', 'caller');
  metadata.set('x-data-bin', Buffer.from([7, 8, 9]));
  const answer = await client.unary('hello', { metadata });
  assert.equal(answer.error, null);
  assert.equal(answer.text, 'HELLO');
  assert.deepEqual(seen, [[['caller'], [Buffer.from([7, 8, 9])], '/test.Echo/Unary']]);
  assert.deepEqual(answer.metadata.get('x-head'), ['one']);
  assert.deepEqual(answer.metadata.get('x-head-bin'), [Buffer.from([0, 255])]);
  assert.deepEqual(answer.status.metadata.get('x-trailer'), ['two']);
  assert.deepEqual(answer.status.metadata.get('x-trailer-bin'), [Buffer.from([1, 254])]);
  const line = await logged(({ msg }) => msg === 'request');
  assert.deepEqual([line['status'], line['grpc_status'], line['backend']], [200, 0, 'b0']);
});

test('client, server and bidirectional streams', async (t) => {
  const backend = await startGrpcBackend(t);
  const { client } = await gateway(t, [backend.url]);
  const uploaded = await new Promise((resolve, reject) => {
    const call = client.upload((error, text) => (error === null ? resolve(text) : reject(error)));
    for (const text of ['a', 'b', 'c']) call.write(text);
    call.end();
  });
  assert.equal(uploaded, 'abc');
  assert.deepEqual(await textsOf(client.download('xyz')), ['x', 'y', 'z']);
  const chat = client.chat();
  for (const text of ['one', 'two']) {
    chat.write(text);
    assert.deepEqual(await once(chat, 'data'), [text]);
  }
  chat.end();
  assert.deepEqual(await textsOf(chat), []);
});

test('a large message comes through', async (t) => {
  const backend = await startGrpcBackend(t);
  const { client } = await gateway(t, [backend.url]);
  const large = 'x'.repeat(3_000_000);
  assert.equal((await client.unary(large)).text, large);
});

test('an error of the backend, which is trailers only, comes through', async (t) => {
  const backend = await startGrpcBackend(t, {
    unary: (_call, done) => done({ code: status.NOT_FOUND, details: 'no such thing: ü' }),
  });
  const { client, logged } = await gateway(t, [backend.url]);
  const { error } = await client.unary('x');
  assert.deepEqual([error!.code, error!.details], [status.NOT_FOUND, 'no such thing: ü']);
  assert.equal((await logged(({ msg }) => msg === 'request'))['grpc_status'], 5);
});

test('a call that the client cancels is cancelled at the backend', async (t) => {
  let cancelled = false;
  let arrived = false;
  const backend = await startGrpcBackend(t, {
    chat: (call) => {
      arrived = true;
      call.on('cancelled', () => (cancelled = true));
      call.on('error', () => undefined);
    },
  });
  const { client } = await gateway(t, [backend.url]);
  const call = client.chat();
  call.on('error', () => undefined);
  call.write('x');
  await eventually('the call arrives', () => arrived);
  call.cancel();
  await eventually('the backend learns of it', () => cancelled);
});

test('the deadline is forwarded, less the time already spent', async (t) => {
  const left: number[] = [];
  const backend = await startGrpcBackend(t, {
    unary: (call, done) => {
      left.push((call.getDeadline() as Date).valueOf() - Date.now());
      done(null, 'x');
    },
  });
  const { client } = await gateway(t, [backend.url]);
  await client.unary('x', { deadlineMs: 10_000 });
  assert.ok(left[0]! > 5000 && left[0]! <= 10_000, `${left[0]} ms`);
});

test('a deadline beyond the timeout of the route is cut to that', async (t) => {
  const left: number[] = [];
  const backend = await startGrpcBackend(t, {
    unary: (call, done) => {
      left.push((call.getDeadline() as Date).valueOf() - Date.now());
      done(null, 'x');
    },
  });
  const { client } = await gateway(t, [backend.url], '', 'routes: [{ pool: default, timeout: 5s }]');
  await client.unary('x', { deadlineMs: 60_000 });
  assert.ok(left[0]! > 1000 && left[0]! <= 5000, `${left[0]} ms`);
});

test('a backend that misses the timeout of the route: DEADLINE_EXCEEDED', async (t) => {
  // Not grpc-js, which knows the deadline, too.
  const backend = await startHttp2Backend(t, () => undefined);
  const { client, logged } = await gateway(t, [backend.url], '', 'routes: [{ pool: default, timeout: 50ms }]');
  const { error } = await client.unary('x');
  assert.equal(error!.code, status.DEADLINE_EXCEEDED);
  assert.match(error!.details, /GW_RESPONSE_TIMEOUT/);
  const line = await logged(({ msg }) => msg === 'request');
  assert.deepEqual([line['grpc_status'], line['error']], [4, 'GW_RESPONSE_TIMEOUT']);
});

test('no backend: UNAVAILABLE, with the message of the error', async (t) => {
  const { client } = await gateway(t, ['http://127.0.0.1:1']);
  const { error } = await client.unary('x');
  assert.deepEqual(
    [error!.code, error!.details],
    [status.UNAVAILABLE, 'GW_BACKEND_UNREACHABLE: The backend could not be reached'],
  );
});

test('a limit: RESOURCE_EXHAUSTED, and when to come back', async (t) => {
  const backend = await startGrpcBackend(t);
  const { client } = await gateway(
    t,
    [backend.url],
    '',
    'rate_limit: { default: { capacity: 1, rate_per_second: 0.1 } }\n',
  );
  assert.equal((await client.unary('x')).error, null);
  const { error } = await client.unary('x');
  assert.equal(error!.code, status.RESOURCE_EXHAUSTED);
  assert.match(error!.details, /GW_RATE_LIMITED/);
  assert.ok(Number(error!.metadata.get('grpc-retry-pushback-ms')[0]) > 1000);
});

test('no route: UNIMPLEMENTED', async (t) => {
  const backend = await startGrpcBackend(t);
  const { client } = await gateway(t, [backend.url], '', 'routes: [{ pool: default, path_prefix: /other }]');
  assert.equal((await client.unary('x')).error!.code, status.UNIMPLEMENTED);
});

test('a call without messages for a while lives on, in both directions', async (t) => {
  const backend = await startGrpcBackend(t);
  const { client } = await gateway(
    t,
    [backend.url],
    '    timeouts: { idle: 50ms }\n',
    'routes: [{ pool: default, timeout: 0s }]',
  );
  const call = client.chat();
  call.write('one');
  await once(call, 'data');
  // Time is the subject: longer than `idle`, whose timer would be due before this one, on this thread.
  await new Promise((resolve) => setTimeout(resolve, 200));
  call.write('two');
  assert.deepEqual(await once(call, 'data'), ['two']);
  call.end();
  await textsOf(call);
});

test('a stream whose first message takes longer than the timeout of answers lives on, if the route has none', async (t) => {
  const backend = await startGrpcBackend(t, {
    download: (call) => {
      setTimeout(() => {
        call.write('late');
        call.end();
      }, 200);
    },
  });
  const pool = '    timeouts: { response: 50ms }\n';
  const patient = await gateway(t, [backend.url], pool, 'routes: [{ pool: default, timeout: 0s }]');
  assert.deepEqual(await textsOf(patient.client.download('x')), ['late']);
  const strict = await gateway(t, [backend.url], pool);
  await assert.rejects(textsOf(strict.client.download('x')), { code: status.DEADLINE_EXCEEDED });
});

test('running calls survive a backend that shuts down gracefully, and new ones go elsewhere', async (t) => {
  const old = await startGrpcBackend(t);
  const { client } = await gateway(t, [old.url]);
  const calls = Array.from({ length: 8 }, () => client.chat());
  for (const call of calls) {
    call.write('before');
    assert.deepEqual(await once(call, 'data'), ['before']);
  }
  const port = Number(new URL(old.url).port);
  const down = new Promise((resolve) => old.server.tryShutdown(resolve));
  for (const call of calls) {
    call.write('after');
    assert.deepEqual(await once(call, 'data'), ['after']);
  }
  const statuses: StatusObject[] = [];
  for (const call of calls) {
    call.on('status', (each) => statuses.push(each));
    call.end();
    await textsOf(call);
  }
  await down;
  await eventually('all calls have a status', () => statuses.length === 8);
  assert.ok(statuses.every(({ code }) => code === status.OK));
  await startGrpcBackend(t, {}, port);
  assert.equal((await client.unary('again')).text, 'again');
});

test('a unary call that a GOAWAY left unprocessed is sent again, with its message', async (t) => {
  let message = Buffer.alloc(0);
  const backend = await startFrameBackend(({ count, head, send }, { type, stream, flags, payload }) => {
    if (type !== FRAME.data) return;
    message = Buffer.concat([message, payload]);
    if (flags % 2 !== END_STREAM) return;
    const received = message;
    message = Buffer.alloc(0);
    if (count === 1) return send(FRAME.goaway, 0, 0, Buffer.alloc(8));
    head(stream, [
      [':status', '200'],
      ['content-type', 'application/grpc'],
    ]);
    send(FRAME.data, 0, stream, received);
    head(stream, [['grpc-status', '0']], true);
  });
  t.after(() => backend.close());
  const { client } = await gateway(t, [backend.url]);
  const { error, text } = await client.unary('hello');
  assert.equal(error, null);
  assert.equal(text, 'hello');
  assert.equal(backend.sockets.length, 2);
});

test('UNAVAILABLE is retried where the policy allows it, before any message', async (t) => {
  let calls = 0;
  const down = await startGrpcBackend(t, {
    unary: (_call, done) => {
      calls += 1;
      done({ code: status.UNAVAILABLE });
    },
  });
  const up = await startGrpcBackend(t);
  const { client } = await gateway(
    t,
    [down.url, up.url],
    '    algorithm: round-robin\n    retries: { methods: [POST] }\n',
  );
  for (let count = 0; count < 2; count += 1) assert.equal((await client.unary('x')).error, null);
  assert.equal(calls, 1);
  const strict = await gateway(t, [down.url, up.url], '    algorithm: round-robin\n');
  const codes = [await strict.client.unary('x'), await strict.client.unary('x')].map(({ error }) => error?.code ?? 0);
  assert.deepEqual(
    codes.toSorted((a, b) => a - b),
    [0, status.UNAVAILABLE],
  );
});

for (const [code, opens] of [
  [status.UNAVAILABLE, true],
  [status.INTERNAL, true],
  [status.UNKNOWN, true],
  [status.NOT_FOUND, false],
  [status.INVALID_ARGUMENT, false],
  [status.RESOURCE_EXHAUSTED, false],
] as const) {
  test(`the circuit ${opens ? 'opens' : 'stays closed'} after repeated ${status[code]}`, async (t) => {
    const backend = await startGrpcBackend(t, { unary: (_call, done) => done({ code }) });
    const { client } = await gateway(t, [backend.url], '    circuit_breaker: { consecutive_failures: 3 }\n');
    const details: string[] = [];
    for (let count = 0; count < 4; count += 1) details.push((await client.unary('x')).error!.details);
    assert.equal(details[3]!.includes('GW_NO_BACKEND'), opens);
  });
}

test('deadlines that only the client’s impatience explains do not open the circuit', async (t) => {
  const backend = await startGrpcBackend(t, {
    unary: (call, done) => (call.request === 'slow' ? undefined : done(null, 'fine')),
  });
  const { client } = await gateway(t, [backend.url], '    circuit_breaker: { consecutive_failures: 3 }\n');
  for (let count = 0; count < 4; count += 1) {
    assert.equal((await client.unary('slow', { deadlineMs: 20 })).error!.code, status.DEADLINE_EXCEEDED);
  }
  assert.equal((await client.unary('x')).text, 'fine');
});

test('a backend that breaks off within its answer: an error, never a call that looks complete', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.write(Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), Buffer.from('x')]), () => stream.close(0));
  });
  const { client } = await gateway(t, [backend.url]);
  const { error } = await client.unary('x');
  assert.equal((error as ServiceError).code, status.INTERNAL);
});
