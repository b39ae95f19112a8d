/** Floods and other attacks on HTTP/2: what they cost stays bounded, and other clients are served. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import {
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  headerBlock,
  RawHttp2Client,
  requestFields,
  settings,
  uint32,
} from '../../support/http2-frames.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

async function start(t: TestContext, server = '', answer: Parameters<typeof startRawBackend>[0] = rawResponse('ok')) {
  const backend = await startRawBackend(answer);
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], `rate_limit: { enabled: false }\nserver: { http2: { h2c: true }${server} }`),
  );
  t.after(() => traffic.close());
  const raw = new RawHttp2Client(traffic.port);
  t.after(() => raw.destroy());
  /** Others do not notice. */
  const serves = async (): Promise<void> => {
    assert.equal((await askHttp2(dialHttp2(t, traffic.port), '/')).body, 'ok');
  };
  return { backend, traffic, raw, serves };
}

/** A head, and at once the reset of its stream. */
function reset(stream: number): Buffer {
  const head = frame(FRAME.headers, END_STREAM + END_HEADERS, stream, headerBlock(requestFields()));
  return Buffer.concat([head, frame(FRAME.reset, 0, stream, uint32(8))]);
}

test('rapid reset: streams that are reset in the packet that opens them reach nothing, and end their connection', async (t) => {
  const { backend, traffic, raw, serves } = await start(t);
  const before = process.memoryUsage().rss;
  raw.send(Buffer.concat(Array.from({ length: 10_000 }, (_, at) => reset(2 * at + 1))));
  await raw.closed();
  await serves();
  assert.equal(backend.requests.length, 1);
  assert.ok(process.memoryUsage().rss - before < 64 * 2 ** 20);
  await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
});

test('rapid reset: streams that are reset a moment later are limited by the bucket', async (t) => {
  const { backend, traffic, raw, serves } = await start(t, '', (request, socket) => {
    if (request.includes('x-slow')) return;
    socket.write(rawResponse('ok'));
  });
  const send = async (): Promise<void> => {
    for (let stream = 1; !raw.isClosed; stream += 2) {
      raw.ask(stream, requestFields([['x-slow', '1']]));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      raw.send(frame(FRAME.reset, 0, stream, uint32(8)));
    }
  };
  await Promise.all([send(), raw.closed()]);
  await serves();
  assert.ok(backend.requests.length <= 201, `${backend.requests.length} requests`);
  await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
});

test('a browser that cancels some streams keeps its connection', async (t) => {
  const { raw } = await start(t);
  raw.send(Buffer.concat(Array.from({ length: 60 }, (_, at) => reset(2 * at + 1))));
  assert.equal(await raw.ask(201).ended(201), null);
});

const MADE_YOU_RESET: readonly (readonly [claim: string, frames: (stream: number) => Buffer])[] = [
  ['a window update of 0', (stream) => frame(FRAME.windowUpdate, 0, stream, uint32(0))],
  ['a window that overflows', (stream) => frame(FRAME.windowUpdate, 0, stream, uint32(2 ** 31 - 1))],
  ['data on a stream that has ended', (stream) => frame(FRAME.data, 0, stream, 'x')],
  [
    'a head on a stream that has ended',
    (stream) => frame(FRAME.headers, END_HEADERS, stream, headerBlock([['x', 'y']])),
  ],
  [
    'a stream that depends on itself',
    (stream) => frame(FRAME.priority, 0, stream, Buffer.concat([uint32(stream), Buffer.from([1])])),
  ],
];

for (const [claim, frames] of MADE_YOU_RESET) {
  test(`MadeYouReset: ${claim} does not get more requests to backends than a client may have`, async (t) => {
    const { backend, traffic, raw, serves } = await start(t, '', (request, socket) => {
      if (!request.includes('x-slow')) socket.write(rawResponse('ok'));
    });
    const send = async (): Promise<void> => {
      for (let stream = 1; stream < 2000 && !raw.isClosed; stream += 2) {
        raw.ask(stream, requestFields([['x-slow', '1']]));
        await new Promise(setImmediate);
        raw.send(frames(stream));
      }
    };
    await send();
    raw.destroy();
    await serves();
    assert.ok(backend.requests.length <= 301, `${backend.requests.length} requests`);
    await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
  });
}

const FLOODS: readonly (readonly [claim: string, flood: Buffer])[] = [
  ['SETTINGS', settings({ 4: 65_535 })],
  ['PING', frame(FRAME.ping, 0, 0, '12345678')],
];

for (const [claim, flood] of FLOODS) {
  test(`a flood of ${claim} by a client that reads nothing ends its connection`, async (t) => {
    const { raw, serves } = await start(t);
    raw.socket.pause();
    const many = Buffer.concat(Array.from({ length: 20_000 }, () => flood));
    let sent = 0;
    // The kernel's buffers take some.
    while (!raw.socket.destroyed && raw.socket.writable && sent < 100) {
      await new Promise<void>((resolve) => raw.socket.write(many, () => resolve()));
      sent += 1;
      await serves();
      if (sent % 10 === 0) raw.socket.resume().pause();
    }
    raw.socket.resume();
    await raw.closed();
  });
}

test('CONTINUATION: an endless head ends its connection', async (t) => {
  const { raw, serves, backend } = await start(t);
  raw.send(frame(FRAME.headers, END_STREAM, 1, headerBlock(requestFields())));
  for (let count = 0; count < 2000 && !raw.isClosed; count += 1) {
    raw.send(frame(FRAME.continuation, 0, 1, headerBlock([[`x-${count}`, 'x'.repeat(1000)]])));
  }
  await raw.closed();
  await serves();
  assert.equal(backend.requests.length, 1);
});

test('CONTINUATION: empty frames without end, and half a head, end their connection in head_timeout', async (t) => {
  const { raw, serves } = await start(t, ', head_timeout: 300ms');
  raw.send(frame(FRAME.headers, END_STREAM, 1, headerBlock(requestFields())));
  const timer = setInterval(() => raw.send(frame(FRAME.continuation, 0, 1)), 10);
  t.after(() => clearInterval(timer));
  await raw.closed();
  await serves();
});

test('HPACK: a bomb is refused and costs no memory', async (t) => {
  const { raw, serves, backend } = await start(t);
  const before = process.memoryUsage().rss;
  // An entry of 4000 bytes for the table, and a thousand references to it in one byte each.
  const entry = Buffer.concat([
    Buffer.from([0x40, 1]),
    Buffer.from('x'),
    Buffer.from([0x7f, 0xa1, 0x1e]),
    Buffer.alloc(4000, 'a'),
  ]);
  for (let stream = 1; stream < 100 && !raw.isClosed; stream += 2) {
    const block = Buffer.concat([headerBlock(requestFields()), entry, Buffer.alloc(10_000, 0xbe)]);
    raw.send(frame(FRAME.headers, END_STREAM + END_HEADERS, stream, block));
  }
  await eventually(
    'all are refused',
    () => raw.isClosed || raw.frames.filter(({ type }) => type === FRAME.reset).length === 50,
  );
  await serves();
  assert.equal(backend.requests.length, 1);
  assert.ok(process.memoryUsage().rss - before < 64 * 2 ** 20);
});

for (const [claim, useless] of [
  ['window updates', frame(FRAME.windowUpdate, 0, 1, uint32(1))],
  ['empty frames of data', frame(FRAME.data, 0, 1)],
] as const) {
  test(`a flood of ${claim} ends its connection`, async (t) => {
    const { raw } = await start(t, '', () => undefined);
    raw.ask(1, requestFields([], 'POST'), 0);
    const many = Buffer.concat(Array.from({ length: 100_000 }, () => useless));
    let sent = 0;
    while (!raw.isClosed && sent < 100) {
      await new Promise<void>((resolve) => raw.socket.write(many, () => resolve()));
      sent += 1;
    }
    await raw.closed();
  });
}

for (const [claim, flood] of FLOODS) {
  test(`a flood of ${claim} by a client that reads each answer ends its connection`, async (t) => {
    const { raw } = await start(t, '', () => undefined);
    // An idle connection would end in any case.
    raw.ask(1, requestFields([], 'POST'), 0);
    const many = Buffer.concat(Array.from({ length: 500 }, () => flood));
    const answerBytes = 500 * (flood[3] === FRAME.ping ? flood.length : 9);
    let waitingBytes = 0;
    const send = (): void => {
      waitingBytes += answerBytes;
      raw.socket.write(many);
    };
    // The listener before keeps all bytes.
    raw.socket.removeAllListeners('data').on('data', (bytes: Buffer) => {
      waitingBytes -= bytes.length;
      if (waitingBytes <= 0) send();
    });
    send();
    await raw.closed();
  });
}

test('bytes that are no frames, and frames on wrong streams, end their connection', async (t) => {
  for (const wrong of [
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    frame(FRAME.data, 0, 0, 'x'),
    frame(FRAME.headers, END_HEADERS + END_STREAM, 2, headerBlock(requestFields())),
    frame(FRAME.settings, 0, 1),
    frame(FRAME.ping, 0, 0, 'short'),
    frame(FRAME.continuation, 0, 1),
    Buffer.concat([Buffer.from([0xff, 0xff, 0xff]), Buffer.from([0, 0, 0, 0, 0, 1])]),
  ]) {
    const { raw, serves } = await start(t, ', head_timeout: 2s');
    raw.send(wrong);
    await raw.closed();
    await serves();
  }
});
