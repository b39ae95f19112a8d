/** gRPC-Web from clients, translated to gRPC: a server of grpc-js, and what a browser would send. */
import assert from 'node:assert/strict';
import { Metadata, status } from '@grpc/grpc-js';
import { once } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { test, type TestContext } from 'node:test';
import { startGrpcBackend } from '../../support/grpc.ts';
import { startHttp2Backend } from '../../support/http2-backend.ts';
import { askHttp2, dialHttp2 } from '../../support/http2-client.ts';
import { httpRequest } from '../../support/http-request.ts';
import { RawClient } from '../../support/raw-socket.ts';
import { poolOf, startTraffic, type Traffic } from '../../support/traffic.ts';

const H2C = '    protocol: h2c\n';
const SERVER = 'server: { http2: { h2c: true } }\n';

async function gateway(t: TestContext, url: string, more = H2C): Promise<Traffic> {
  const traffic = await startTraffic(poolOf([url], more + SERVER));
  t.after(() => traffic.close());
  return traffic;
}

function framed(text: string, flag = 0): Buffer {
  const head = Buffer.from([flag, 0, 0, 0, 0]);
  head.writeUInt32BE(Buffer.byteLength(text), 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

/** Messages, and the trailers. */
function partsOf(body: Buffer): { messages: string[]; trailers: string[] } {
  const parts = { messages: [] as string[], trailers: [] as string[] };
  for (let at = 0; at < body.length;) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    const text = body.toString('latin1', at + 5, end);
    if (body[at] === 0x80) parts.trailers.push(...text.split('\r\n').filter((line) => line !== ''));
    else parts.messages.push(text);
    at = end;
  }
  return parts;
}

/** As {@link httpRequest}, with the bytes of the body. */
async function ask(url: string, headers: Record<string, string>, body: string | Buffer) {
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  const field = (name: string): string | null => answer.headers.get(name);
  return { status: answer.status, field, body: Buffer.from(await answer.arrayBuffer()).toString('latin1') };
}

/** A call at the backend, which may end in the middle. */
class BrokenCall {
  readonly isComplete: Promise<boolean>;

  constructor(stream: ServerHttp2Stream) {
    stream.resume();
    this.isComplete = new Promise((resolve) => {
      stream.once('end', () => resolve(!stream.aborted && stream.rstCode === 0));
      stream.once('close', () => resolve(false));
    });
  }
}

const decoded = (text: string): Buffer =>
  Buffer.concat((text.match(/[^=]+={0,2}/g) ?? []).map((part) => Buffer.from(part, 'base64')));

for (const [type, encode, decode] of [
  ['application/grpc-web+proto', (bytes: Buffer) => bytes, (text: string) => Buffer.from(text, 'latin1')],
  ['application/grpc-web-text+proto', (bytes: Buffer) => bytes.toString('base64'), decoded],
] as const) {
  test(`${type}: a call and its answer, with metadata`, async (t) => {
    const seen: unknown[] = [];
    const backend = await startGrpcBackend(t, {
      unary: (call, done) => {
        seen.push(call.metadata.get('x-text'), call.metadata.get('x-grpc-web'));
        const trailers = new Metadata();
        trailers.set('x-trailer', 'two');
        done(null, call.request, trailers);
      },
    });
    const { url, logged } = await gateway(t, backend.url);
    for (const text of ['a', 'ab', 'abc', 'x'.repeat(10_000)]) {
      const headers = { 'content-type': type, accept: type, 'x-grpc-web': '1', 'x-text': 'caller' };
      const answer = await ask(`${url}/test.Echo/Unary`, headers, encode(framed(text)));
      assert.equal(answer.status, 200);
      assert.equal(answer.field('content-type'), type);
      const { messages, trailers } = partsOf(decode(answer.body));
      assert.deepEqual(messages, [text]);
      assert.ok(trailers.includes('grpc-status: 0'));
      assert.ok(trailers.includes('x-trailer: two'));
    }
    assert.deepEqual(seen.slice(0, 2), [['caller'], []]);
    assert.equal((await logged(({ msg }) => msg === 'request'))['grpc_status'], 0);
  });

  test(`${type}: an error of the backend, and one of the gateway`, async (t) => {
    const backend = await startGrpcBackend(t, {
      unary: (_call, done) => done({ code: status.NOT_FOUND, details: 'x' }),
    });
    const { url } = await gateway(t, backend.url);
    const call = () => ask(`${url}/test.Echo/Unary`, { 'content-type': type }, encode(framed('a')));
    const answer = await call();
    assert.deepEqual([answer.status, answer.field('grpc-status')], [200, '5']);
    backend.server.forceShutdown();
    const own = await call();
    assert.deepEqual([own.status, own.field('content-type')], [200, type]);
    const { trailers } = partsOf(decode(own.body));
    assert.equal(trailers[0], 'grpc-status: 14');
    assert.match(trailers[1]!, /^grpc-message: GW_BACKEND_/);
  });

  test(`${type}: a stream of messages, over HTTP/2`, async (t) => {
    const backend = await startGrpcBackend(t);
    const { port } = await gateway(t, backend.url);
    const { body } = await askHttp2(dialHttp2(t, port), '/test.Echo/Download', {
      headers: { 'content-type': type },
      body: encode(framed('xyz')),
    });
    assert.deepEqual(partsOf(decode(body)).messages, ['x', 'y', 'z']);
  });
}

test('text may come in several parts, each with its padding, cut anywhere', async (t) => {
  const backend = await startGrpcBackend(t);
  const { port } = await gateway(t, backend.url);
  const text = framed('hello').subarray(0, 7).toString('base64') + framed('hello').subarray(7).toString('base64');
  const client = new RawClient(port).send(
    'POST /test.Echo/Unary HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc-web-text\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  for (const letter of text) client.send(`1\r\n${letter}\r\n`);
  const received = await client.send('0\r\n\r\n').until((all) => all.endsWith('0\r\n\r\n'));
  client.destroy();
  const body = received
    .slice(received.indexOf('\r\n\r\n') + 4)
    .split('\r\n')
    .filter((_, at) => at % 2 === 1)
    .join('');
  assert.deepEqual(partsOf(decoded(body)).messages, ['hello']);
});

const MALFORMED = 'GW_BAD_REQUEST: The request is malformed: the body is not valid base64';
const whole = framed('hello').toString('base64');

for (const [what, body] of [
  ['no base64', '!!!!'],
  ['other characters after a message', `${whole}!!!!`],
  ['padding inside a group', 'aa=a'],
  ['an incomplete last group', whole.slice(0, -1)],
  ['one character too many', `${whole}a`],
] as const) {
  test(`text with ${what} is refused, and is no complete call for the backend`, async (t) => {
    const calls: BrokenCall[] = [];
    const backend = await startHttp2Backend(t, ({ stream }) => calls.push(new BrokenCall(stream)));
    const { url, port, logged } = await gateway(t, backend.url);
    const headers = { 'content-type': 'application/grpc-web-text' };
    for (const answer of [
      await ask(`${url}/test.Echo/Unary`, headers, body),
      await askHttp2(dialHttp2(t, port), '/test.Echo/Unary', { headers, body }),
    ]) {
      assert.equal(answer.status, 200);
      assert.deepEqual(partsOf(decoded(answer.body)).trailers, ['grpc-status: 13', `grpc-message: ${MALFORMED}`]);
    }
    for (const call of calls) assert.equal(await call.isComplete, false);
    const line = await logged(({ msg }) => msg === 'request');
    assert.deepEqual([line['error'], line['grpc_status']], ['GW_BAD_REQUEST', 13]);
  });
}

test('text that becomes invalid in the middle of a stream cuts the call and its answer', async (t) => {
  let call: BrokenCall | undefined;
  const backend = await startHttp2Backend(t, ({ stream }) => {
    call = new BrokenCall(stream);
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
    stream.once('data', (bytes: Buffer) => stream.write(bytes));
  });
  const { port } = await gateway(t, backend.url);
  const stream = dialHttp2(t, port).request({
    ':method': 'POST',
    ':path': '/test.Echo/Chat',
    'content-type': 'application/grpc-web-text',
  });
  stream.on('error', () => undefined);
  stream.write(whole);
  await once(stream, 'data');
  stream.write('!!!!');
  stream.resume();
  // Not once(), which would reject with the error of a reset.
  await new Promise((resolve) => stream.once('close', resolve));
  assert.notEqual(stream.rstCode, 0);
  assert.equal(await call!.isComplete, false);
});

test('text is decoded on where a backend that refused its stream has left it', async (t) => {
  const seen: Buffer[] = [];
  let tries = 0;
  const backend = await startHttp2Backend(t, ({ stream }) => {
    tries += 1;
    if (tries === 1) return stream.once('data', () => stream.close(constants.NGHTTP2_REFUSED_STREAM));
    stream.on('data', (bytes: Buffer) => seen.push(bytes));
    stream.once('end', () => stream.end());
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '0' });
  });
  const { port } = await gateway(t, backend.url);
  const client = new RawClient(port).send(
    'POST /test.Echo/Unary HTTP/1.1\r\nHost: x\r\nContent-Type: application/grpc-web-text\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  t.after(() => client.destroy());
  client.send(`6\r\n${whole.slice(0, 6)}\r\n`);
  await backend.arrived(2);
  const rest = whole.slice(6);
  await client.send(`${rest.length.toString(16)}\r\n${rest}\r\n0\r\n\r\n`).until((all) => all.endsWith('0\r\n\r\n'));
  assert.deepEqual(Buffer.concat(seen), framed('hello'));
});

test('a backend of HTTP/1.1 gets gRPC-Web as it is', async (t) => {
  const { startEchoBackend } = await import('../../support/echo-backend.ts');
  const backend = await startEchoBackend();
  t.after(() => backend.close());
  const { url } = await gateway(t, backend.url, '');
  const body = framed('hello');
  const headers = { 'content-type': 'application/grpc-web', 'x-grpc-web': '1' };
  const answer = await httpRequest(`${url}/`, { method: 'POST', headers, body });
  assert.equal(answer.body, body.toString('latin1'));
  assert.equal(backend.seen[0]!.headers['x-grpc-web'], '1');
});

test('an answer that is not of gRPC comes through as it is', async (t) => {
  const backend = await startHttp2Backend(t, ({ stream }) => {
    stream.respond({ ':status': 503, 'content-type': 'text/html', 'content-length': '4' });
    stream.end('busy');
  });
  const { url } = await gateway(t, backend.url);
  const headers = { 'content-type': 'application/grpc-web-text' };
  const answer = await httpRequest(`${url}/`, { method: 'POST', headers, body: framed('a').toString('base64') });
  assert.deepEqual([answer.status, answer.body], [503, 'busy']);
});
