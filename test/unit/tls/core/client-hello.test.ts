/** What OpenSSL sends, as it comes, in pieces, in small records, and damaged. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import { parseClientHello } from '../../../../src/tls/core/client-hello.ts';
import { seededDraw } from '../../../support/seeded.ts';

/** The first bytes of a client's handshake. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, ...options });
  client.on('error', () => undefined);
  const [socket] = await once(server, 'connection');
  let bytes = Buffer.alloc(0);
  while (parseClientHello(bytes) === 'incomplete') {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** The same message in records of this many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 0xff]), part);
  }
  return Buffer.concat(records);
}

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`name and protocols of a client: ${maxVersion}`, async () => {
    const options = { maxVersion, servername: 'Shop.example.com', ALPNProtocols: ['h2', 'http/1.1'] };
    const expected = { serverName: 'Shop.example.com', protocols: ['h2', 'http/1.1'] };
    const hello = await helloOf(options);
    assert.deepEqual(parseClientHello(hello), expected);
    for (const size of [1, 3, 4, 5, 100]) assert.deepEqual(parseClientHello(inRecords(hello, size)), expected);
  });

  test(`a client that names neither: ${maxVersion}`, async () => {
    const hello = await helloOf({ maxVersion, servername: '' });
    assert.deepEqual(parseClientHello(hello), { serverName: undefined, protocols: [] });
  });
}

test('it is incomplete until its last byte', async () => {
  const hello = await helloOf({ servername: 'a.test', ALPNProtocols: ['acme-tls/1'] });
  const whole = parseClientHello(hello);
  for (let end = 0; end < hello.length; end += 1) {
    assert.equal(parseClientHello(hello.subarray(0, end)), 'incomplete', `${end} bytes`);
  }
  assert.deepEqual(parseClientHello(Buffer.concat([hello, Buffer.from('more')])), whole);
});

for (const [what, bytes] of [
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ['an alert', Buffer.from('15030100020100', 'hex')],
  ['another message', Buffer.from('160301000502000001aa', 'hex')],
  ['an empty record', Buffer.from('1603010000', 'hex')],
  ['a message larger than any client sends', Buffer.from('16030140000100ffff', 'hex')],
  ['an empty message', Buffer.from('160301000401000000', 'hex')],
] as const) {
  test(`it is none: ${what}`, () => {
    assert.equal(parseClientHello(bytes), null);
  });
}

test('damaged ones are read, are none, or want more, and nothing else', async () => {
  const hello = await helloOf({ servername: 'a.test', ALPNProtocols: ['h2'] });
  const draw = seededDraw(1);
  for (let round = 0; round < 5000; round += 1) {
    const damaged = Buffer.from(hello);
    for (let count = 0; count < 3; count += 1) damaged[draw.below(damaged.length)] = draw.below(256);
    const parsed = parseClientHello(damaged);
    assert.ok(parsed === null || parsed === 'incomplete' || Array.isArray(parsed.protocols));
  }
});
