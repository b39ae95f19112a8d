import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { test } from 'node:test';
import { decoded, parted, unchunked } from '../../support/decoded-body.ts';
import { eventually } from '../../support/eventually.ts';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { RawClient, rawResponse } from '../../support/raw-socket.ts';

const ROUTE = '- { name: api, pool: default, compression: {} }';
const JSON_TYPE = 'Content-Type: application/json; charset=utf-8';
const CODINGS = ['zstd', 'br', 'gzip'];
/** Bytes, ASCII. */
const text = (length: number): string => '{"name":"sluice"},'.repeat(length / 18 + 1).slice(0, length);
const fieldOf = (head: string, name: string): string | undefined =>
  new RegExp(`\r\n${name}: ([^\r]*)`, 'i').exec(head)?.[1];

function chunked(...pieces: readonly string[]): string {
  return pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');
}

test('a small answer is compressed as a whole, for each coding', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    ROUTE,
    rawResponse(text(5000), '200 OK', [
      JSON_TYPE,
      'ETag: "v1"',
      'Accept-Ranges: bytes',
      'Content-MD5: x',
      'Repr-Digest: sha-256=:x:',
      'Vary: Origin',
    ]),
  );
  for (const coding of CODINGS) {
    const { head, body } = parted(await ask('/', [`Accept-Encoding: ${coding}`]));
    assert.equal(decoded(coding, Buffer.from(body, 'latin1')), text(5000));
    assert.equal(fieldOf(head, 'content-encoding'), coding);
    assert.equal(fieldOf(head, 'content-length'), String(body.length));
    assert.ok(body.length < 1000);
    assert.equal(fieldOf(head, 'etag'), 'W/"v1"');
    assert.match(head, /vary: Accept-Encoding/);
    assert.match(head, /Vary: Origin/);
    assert.doesNotMatch(head, /accept-ranges|content-md5|repr-digest|transfer-encoding/i);
  }
});

test('a client that accepts none gets it as it is, and a Vary that says so', async (t) => {
  const { ask } = await startPolicyWorld(t, ROUTE, rawResponse(text(5000), '200 OK', [JSON_TYPE, 'ETag: "v1"']));
  for (const fields of [[], ['Accept-Encoding: identity'], ['Accept-Encoding: gzip;q=0, deflate']]) {
    const { head, body } = parted(await ask('/', fields));
    assert.equal(body, text(5000));
    assert.equal(fieldOf(head, 'etag'), '"v1"');
    assert.equal(fieldOf(head, 'vary'), 'Accept-Encoding');
    assert.equal(fieldOf(head, 'content-encoding'), undefined);
  }
});

test('min_bytes is exact, and holds unless the client refuses what is not coded', async (t) => {
  const lengths = [1023, 1024];
  const { ask } = await startPolicyWorld(t, ROUTE, (request, socket) => {
    const length = Number(/length=(\d+)/.exec(request)![1]);
    socket.write(rawResponse(text(length), '200 OK', [JSON_TYPE]));
  });
  for (const length of lengths) {
    const { head } = parted(await ask(`/?length=${length}`, ['Accept-Encoding: gzip']));
    assert.equal(fieldOf(head, 'content-encoding'), length === 1024 ? 'gzip' : undefined);
    assert.equal(fieldOf(head, 'vary'), length === 1024 ? 'Accept-Encoding' : undefined);
  }
  const { head } = parted(await ask('/?length=10', ['Accept-Encoding: gzip, identity;q=0']));
  assert.equal(fieldOf(head, 'content-encoding'), 'gzip');
  const empty = parted(await ask('/?length=0', ['Accept-Encoding: gzip, identity;q=0']));
  assert.equal(fieldOf(empty.head, 'content-encoding'), undefined);
});

test('what must not or need not be compressed stays as it is', async (t) => {
  const cases: Readonly<Record<string, string>> = {
    stream: rawResponse(text(5000), '200 OK', ['Content-Type: text/event-stream']),
    streamed: rawResponse(text(5000), '200 OK', ['Content-Type: Text/Event-Stream;charset=utf-8']),
    kept: rawResponse(text(5000), '200 OK', [JSON_TYPE, 'Cache-Control: public, No-Transform']),
    coded: rawResponse(text(5000), '200 OK', [JSON_TYPE, 'Content-Encoding: br']),
    part: rawResponse(text(5000), '206 Partial Content', [JSON_TYPE, 'Content-Range: bytes 0-4999/9999']),
    unsatisfied: rawResponse(text(5000), '416 Range Not Satisfiable', [JSON_TYPE, 'Content-Range: bytes */9999']),
    parts: rawResponse(text(5000), '200 OK', ['Content-Type: multipart/mixed; boundary=x']),
    image: rawResponse(text(5000), '200 OK', ['Content-Type: image/png']),
    untyped: rawResponse(text(5000)),
    grpc: rawResponse(text(5000), '200 OK', ['Content-Type: application/grpc+json']),
    none: 'HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n',
    same: 'HTTP/1.1 304 Not Modified\r\nContent-Type: text/plain\r\nETag: "v1"\r\nContent-Length: 5000\r\n\r\n',
  };
  const { ask } = await startPolicyWorld(
    t,
    '- { name: api, pool: default, compression: { types: ["text/*", "application/*", "multipart/*"] } }',
    (request, socket) => socket.write(cases[/GET \/(\w+)/.exec(request)![1]!]!),
  );
  for (const [name, answer] of Object.entries(cases)) {
    const { head, body } = parted(await ask(`/${name}`, ['Accept-Encoding: gzip, identity;q=0']));
    assert.equal(fieldOf(head, 'content-encoding'), name === 'coded' ? 'br' : undefined, name);
    assert.equal(fieldOf(head, 'vary'), undefined, name);
    assert.equal(body, parted(answer).body, name);
  }
});

test('a client may ask for the answer unchanged', async (t) => {
  const { ask } = await startPolicyWorld(t, ROUTE, rawResponse(text(5000), '200 OK', [JSON_TYPE]));
  const { body } = parted(await ask('/', ['Accept-Encoding: gzip', 'Cache-Control: no-cache, no-transform']));
  assert.equal(body, text(5000));
});

test('an answer to HEAD has the fields of GET, and no body', async (t) => {
  const { ask } = await startPolicyWorld(t, ROUTE, (request, socket) => {
    const answer = rawResponse(text(5000), '200 OK', [JSON_TYPE, 'ETag: "v1"']);
    socket.write(request.startsWith('HEAD') ? `${parted(answer).head}\r\n` : answer);
  });
  const { head, body } = parted(await ask('HEAD /', ['Accept-Encoding: gzip']));
  assert.equal(body, '');
  assert.equal(fieldOf(head, 'content-encoding'), 'gzip');
  assert.equal(fieldOf(head, 'etag'), 'W/"v1"');
  assert.equal(fieldOf(head, 'vary'), 'Accept-Encoding');
  assert.equal(fieldOf(head, 'content-length'), undefined);
});

test('a tiny body of unknown length is gathered, and sent as it is with its length', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    ROUTE,
    `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nETag: "v1"\r\nTransfer-Encoding: chunked\r\n\r\n${chunked('{"a"', ':1}')}0\r\n\r\n`,
  );
  const { head, body } = parted(await ask('/', ['Accept-Encoding: gzip']));
  assert.equal(body, '{"a":1}');
  assert.equal(fieldOf(head, 'content-length'), '7');
  assert.equal(fieldOf(head, 'content-encoding'), undefined);
  assert.equal(fieldOf(head, 'etag'), '"v1"');
});

test('an empty body of unknown length stays empty', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    ROUTE,
    `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  );
  const { head, body } = parted(await ask('/', ['Accept-Encoding: gzip, identity;q=0']));
  assert.equal(body, '');
  assert.equal(fieldOf(head, 'content-length'), '0');
});

test('a large body of unknown length is a stream, and its trailers come through, but not its digest', async (t) => {
  const whole = text(300_000);
  const { ask } = await startPolicyWorld(
    t,
    ROUTE,
    `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTrailer: x-sum, Repr-Digest\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(
      whole.slice(0, 7),
      whole.slice(7, 100_000),
      whole.slice(100_000),
    )}0\r\nX-Sum: 42\r\nRepr-Digest: sha-256=:x:\r\n\r\n`,
  );
  for (const coding of CODINGS) {
    const { head, body } = parted(await ask('/', [`Accept-Encoding: ${coding}`]));
    const { bytes, isComplete, trailers } = unchunked(body);
    assert.equal(fieldOf(head, 'content-encoding'), coding);
    assert.ok(isComplete);
    assert.equal(decoded(coding, bytes), whole);
    assert.match(trailers, /^X-Sum: 42\r\n/);
    assert.doesNotMatch(trailers, /digest/i);
  }
});

test('a small body with trailers is sent in chunks', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    ROUTE,
    `HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(text(2000))}0\r\nX-Sum: 42\r\n\r\n`,
  );
  const { bytes, trailers } = unchunked(parted(await ask('/', ['Accept-Encoding: gzip'])).body);
  assert.equal(decoded('gzip', bytes), text(2000));
  assert.match(trailers, /X-Sum: 42/);
});

test('what a backend has sent before it pauses is let out, for each coding', async (t) => {
  let proceed = (): void => undefined;
  const { port } = await startPolicyWorld(t, ROUTE, (_request, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const pieces = ['first', text(40_000), 'third'];
    // Each only when the client has the one before it.
    proceed = () => socket.write(pieces.length === 0 ? '0\r\n\r\n' : chunked(pieces.shift()!));
  });
  for (const coding of CODINGS) {
    const client = new RawClient(port).send(`GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ${coding}\r\n\r\n`);
    const soFar = (): string => decoded(coding, unchunked(parted(client.received).body).bytes);
    await client.until(`content-encoding: ${coding}\r\n`);
    proceed();
    await client.until(() => soFar() === 'first');
    proceed();
    await client.until(() => soFar().length === 40_005);
    proceed();
    await client.until(() => soFar().endsWith('third'));
    proceed();
    await client.until('\r\n0\r\n\r\n');
    client.destroy();
  }
});

test('a client that reads nothing stops the backend, and gets all of it when it reads again', async (t) => {
  // Much more than the sockets of both sides can hold, up to 10 MiB each.
  const length = 96 * 2 ** 20;
  // Cannot be compressed: as much goes out as comes in.
  const piece = Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * at * 2654435761 + (at << 7)) % 251));
  const { constants } = zlib;
  let written = 0;
  const { port } = await startPolicyWorld(
    t,
    '- { name: api, pool: default, compression: { level: { zstd: 1 } } }',
    (_request, socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nContent-Length: ${length}\r\n\r\n`);
      const write = (): void => {
        while (written < length) {
          const own = Buffer.from(piece);
          for (let at = 0; at < own.length; at += 8) own.writeUInt32LE((written + at * 7919) >>> 0, at);
          written += own.length;
          if (!socket.write(own)) return void socket.once('drain', write);
        }
      };
      write();
    },
  );
  const client = new RawClient(port);
  client.socket.removeAllListeners('data');
  client.socket.pause();
  client.send('GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: zstd\r\n\r\n');
  let before = -1;
  await eventually('the backend is stopped', () => {
    const isStill = written > 0 && written === before;
    before = written;
    return isStill;
  });
  assert.ok(written < length / 2, `${written} bytes were written`);
  const decoder = zlib.createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 18 } });
  let received = 0;
  decoder.on('data', (bytes: Buffer) => (received += bytes.length));
  const pieces: Buffer[] = [];
  await new Promise<void>((resolve) => {
    client.socket.on('data', (bytes: Buffer) => {
      pieces.push(bytes);
      if (bytes.subarray(-7).toString('latin1') === '\r\n0\r\n\r\n') resolve();
    });
    client.socket.resume();
  });
  const { bytes, isComplete } = unchunked(parted(Buffer.concat(pieces).toString('latin1')).body);
  assert.ok(isComplete);
  await new Promise((resolve) => decoder.on('end', resolve).end(bytes));
  assert.equal(received, length);
  client.destroy();
});

test('a client that leaves ends the work of the backend, and frees the compressor', async (t) => {
  const create = zlib.createGzip;
  const streams: zlib.Gzip[] = [];
  t.mock.method(zlib, 'createGzip', (options: zlib.ZlibOptions) => {
    const stream = create(options);
    streams.push(stream);
    return stream;
  });
  const world = await startPolicyWorld(t, ROUTE, (_request, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\n\r\n${text(40_000)}`);
  });
  const client = new RawClient(world.port).send('GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n');
  await client.until('content-encoding: gzip');
  assert.equal(streams[0]?.destroyed, false);
  client.destroy();
  await eventually('nothing is left', () => streams[0]!.destroyed && world.tables.backends.inFlight(0) === 0);
  assert.equal(world.tables.backends.failures(0), 0);
});

test('an answer that the backend breaks off is cut, whether it was gathered or a stream', async (t) => {
  for (const body of ['{"a":1}', text(40_000)]) {
    const { ask } = await startPolicyWorld(t, ROUTE, (_request, socket) => {
      socket.end(`HTTP/1.1 200 OK\r\n${JSON_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(body)}`);
    });
    assert.doesNotMatch(await ask('/', ['Accept-Encoding: gzip']), /\r\n0\r\n\r\n$|content-length/);
  }
});

test('a client of HTTP/1.0 reads a stream to the end of its connection', async (t) => {
  const { port } = await startPolicyWorld(t, ROUTE, rawResponse(text(40_000), '200 OK', [JSON_TYPE]));
  const answer = await new RawClient(port).send('GET / HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n').closed();
  const { head, body } = parted(answer);
  assert.equal(decoded('gzip', Buffer.from(body, 'latin1')), text(40_000));
  assert.doesNotMatch(head, /transfer-encoding|content-length/i);
});

test('clients of HTTP/2 get compressed answers, small and large', async (t) => {
  const { port } = await startPolicyWorld(
    t,
    `server: { http2: { h2c: true } }\nroutes:\n${ROUTE}\n`,
    (request, socket) => {
      const length = Number(/length=(\d+)/.exec(request)![1]);
      socket.write(rawResponse(text(length), '200 OK', [JSON_TYPE]));
    },
  );
  const session = dialHttp2(t, port);
  for (const length of [5000, 300_000]) {
    const answer = await askHttp2(session, `/?length=${length}`, { headers: { 'accept-encoding': 'br' } });
    assert.equal(answer.headers['content-encoding'], 'br');
    assert.equal(decoded('br', Buffer.from(answer.body, 'latin1')), text(length));
    assert.equal(answer.rstCode, 0);
  }
});

test('a client asks with the weak tag it got, and its 304 has the same', async (t) => {
  const { ask, requests } = await startPolicyWorld(t, ROUTE, (request, socket) => {
    const isKnown = /if-none-match: (?:W\/)?"v1"/i.test(request);
    if (isKnown) socket.write('HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n');
    else socket.write(rawResponse(text(5000), '200 OK', [JSON_TYPE, 'ETag: "v1"']));
  });
  const tag = fieldOf(await ask('/', ['Accept-Encoding: gzip']), 'etag')!;
  const answer = await ask('/', ['Accept-Encoding: gzip', `If-None-Match: ${tag}`]);
  assert.match(answer, /^HTTP\/1\.1 304 /);
  assert.equal(fieldOf(answer, 'etag'), tag);
  assert.equal(fieldOf(answer, 'vary'), 'Accept-Encoding');
  // Compared strongly, it matches nothing: the backend must see that it is weak (RFC 9110, 13.1.1 and 13.1.5).
  await ask('/', [`If-Match: ${tag}`, `If-Range: ${tag}`, 'Range: bytes=0-1']);
  assert.match(requests[2]!, /If-Match: W\/"v1"\r\nIf-Range: W\/"v1"/);
});
