/** A backend may answer before it has read the whole body. The client, still sending, must get that answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { RawClient, rawResponse, startRawServer } from '../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../support/traffic.ts';

const TOO_LARGE = rawResponse('too large', '413 Payload Too Large', ['Connection: close']);
const CHUNK = Buffer.alloc(64 * 1024, 'x');

/** Sends the head and then body for as long as the connection takes it. Resolves with the answer when it is closed. */
async function upload(traffic: Traffic, head: string): Promise<string> {
  const client = new RawClient(traffic.port).send(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n`);
  const isChunked = head.includes('chunked');
  let sent = 0;
  const more = (): void => {
    while (sent < 64 * 1024 * 1024 && !client.isClosed && client.socket.writable) {
      sent += CHUNK.length;
      if (isChunked) client.socket.write(`${CHUNK.length.toString(16)}\r\n`);
      const isTaken = client.socket.write(CHUNK);
      if (isChunked) client.socket.write('\r\n');
      if (!isTaken) return void client.socket.once('drain', more);
    }
    client.socket.end();
  };
  more();
  return client.closed();
}

const BACKENDS: readonly (readonly [claim: string, answerAndThen: Parameters<typeof startRawServer>[0]])[] = [
  [
    'answers and closes with unread bytes',
    (socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(TOO_LARGE, () => socket.destroy());
      });
    },
  ],
  [
    'answers and resets',
    (socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(TOO_LARGE, () => socket.resetAndDestroy());
      });
    },
  ],
  [
    'answers, half-closes and reads on',
    (socket) => {
      socket.once('data', () => void socket.end(TOO_LARGE));
      socket.resume();
    },
  ],
  ['answers and reads on', (socket) => void socket.once('data', () => void socket.write(TOO_LARGE)).resume()],
  [
    'answers and reads nothing more',
    (socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(rawResponse('too large', '413 Payload Too Large'));
      });
    },
  ],
];

for (const [claim, behave] of BACKENDS) {
  for (const head of ['Content-Length: 67108864\r\n', 'Transfer-Encoding: chunked\r\n']) {
    test(`a client that uploads (${head.slice(0, 8)}…) gets the answer of a backend that ${claim}`, async (t) => {
      const backend = await startRawServer(behave);
      t.after(() => backend.close());
      const traffic = await startTraffic(poolOf([backend.url]));
      t.after(() => traffic.close());
      const answer = await upload(traffic, head);
      assert.match(answer, /^HTTP\/1\.1 413 /);
      assert.match(answer, /\r\nconnection: close\r\n/i);
      assert.ok(answer.endsWith('too large'), answer);
      await eventually('nothing runs', () => traffic.tables.backends.inFlight(0) === 0);
      assert.equal(traffic.tables.backends.failures(0), 0);
    });
  }
}

test('a large upload that the gateway refuses gets its answer', async (t) => {
  const backend = await startRawServer(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolOf([backend.url], 'routes: [{ path_prefix: /, pool: default, max_body_bytes: 1000000 }]'),
  );
  t.after(() => traffic.close());
  for (const head of ['Content-Length: 67108864\r\n', 'Transfer-Encoding: chunked\r\n']) {
    const answer = await upload(traffic, head);
    assert.match(answer, /^HTTP\/1\.1 413 .*\r\nconnection: close\r\n.*GW_BODY_TOO_LARGE/is);
  }
});

test('a head that is too large gets its answer though more is sent', async (t) => {
  const backend = await startRawServer(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const answer = await upload(traffic, `X-A: ${'a'.repeat(1_000_000)}\r\n`);
  assert.match(answer, /^HTTP\/1\.1 431 /);
});

test('a small unwanted body is read, and the connection stays open', async (t) => {
  const backend = await startRawServer(() => undefined);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'routes: [{ path_prefix: /a, pool: default }]'));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port);
  for (let count = 0; count < 3; count += 1) {
    client.received = '';
    client.send(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n${'x'.repeat(10_000)}`);
    await client.until('GW_NO_ROUTE');
    client.send('x'.repeat(10_000));
  }
  assert.doesNotMatch(client.received, /connection: close/i);
  client.destroy();
});

test('data after a body that was not read to its end is not a request', async (t) => {
  let requests = 0;
  const backend = await startRawServer((socket) => {
    socket.on('data', (bytes) => {
      if (bytes.toString('latin1').includes(' HTTP/1.1')) requests += 1;
      if (requests === 1) socket.write(TOO_LARGE);
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`,
  );
  await client.until('too large');
  client.send('0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n');
  await client.closed();
  assert.equal(requests, 1);
  assert.equal(client.received.match(/HTTP\/1\.1 /g)!.length, 1);
});

test('an answer that begins early and ends late passes while the body is still sent', async (t) => {
  const backend = await startRawServer((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      socket.on('data', (bytes) => {
        const text = bytes.toString('latin1');
        if (text.includes('last')) socket.write('4\r\ndone\r\n0\r\n\r\n');
      });
    });
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url]));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port).send(
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n',
  );
  await client.until('200 OK');
  client.send('4\r\nlast\r\n0\r\n\r\n');
  assert.ok((await client.closed()).endsWith('4\r\ndone\r\n0\r\n\r\n'));
});
