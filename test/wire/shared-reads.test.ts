/** Client connections are read into one buffer: nothing that is kept of one may be overwritten by another. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { poolOf, startTraffic } from '../support/traffic.ts';

const OTHER = `GET /${'o'.repeat(1000)} HTTP/1.1\r\nHost: other\r\n\r\n`;

async function start(t: TestContext, more = '') {
  const seen: string[] = [];
  const backend = await startRawBackend((request, socket) => {
    seen.push(request);
    socket.write(rawResponse('ok'));
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], more));
  t.after(() => traffic.close());
  const sockets: Socket[] = [];
  traffic.thread.app.server.on('connection', (socket) => sockets.push(socket));
  const open = async (): Promise<{ client: RawClient; isRead: (bytes: number) => Promise<void> }> => {
    const client = new RawClient(traffic.port);
    t.after(() => client.destroy());
    const count = sockets.length + 1;
    await eventually('it is connected', () => sockets.length === count);
    const socket = sockets.at(-1)!;
    return { client, isRead: (bytes) => eventually(`${bytes} bytes are read`, () => socket.bytesRead === bytes) };
  };
  /** Another request is read meanwhile. */
  const overwrite = async (): Promise<void> => {
    const { client } = await open();
    await client.send(OTHER).until('ok');
  };
  return { seen, open, overwrite };
}

test('half of a head stays what it is while another connection is read', async (t) => {
  const { seen, open, overwrite } = await start(t);
  const { client, isRead } = await open();
  const head = 'GET /half HTTP/1.1\r\nHost: half\r\nX-Field: of the first half\r\nX-More: of the second\r\n\r\n';
  client.send(head.slice(0, 60));
  await isRead(60);
  await overwrite();
  await client.send(head.slice(60)).until('ok');
  assert.match(seen[1]!, /^GET \/half HTTP\/1\.1\r\n[^]*X-Field: of the first half\r\nX-More: of the second\r\n/);
});

test('so does half of a body, which is kept until it is complete', async (t) => {
  const { seen, open, overwrite } = await start(t);
  const { client, isRead } = await open();
  const head = 'POST /body HTTP/1.1\r\nHost: body\r\nContent-Length: 10\r\n\r\n';
  client.send(`${head}01234`);
  await isRead(head.length + 5);
  await overwrite();
  await client.send('56789').until('ok');
  assert.match(seen[1]!, /\r\n\r\n0123456789$/);
});

test('and a request behind the one that is in work', async (t) => {
  const waiting: (() => void)[] = [];
  const seen: string[] = [];
  const backend = await startRawBackend((request, socket) => {
    seen.push(request.split(' ', 2)[1]!);
    const answer = (): void => void socket.write(rawResponse(`<${seen.at(-1)!.slice(0, 9)}>`));
    if (request.startsWith('GET /first')) waiting.push(answer);
    else answer();
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolOf([backend.url], 'server: { max_pipelined_requests: 1 }'));
  t.after(() => traffic.close());
  const client = new RawClient(traffic.port);
  const other = new RawClient(traffic.port);
  t.after(() => client.destroy());
  t.after(() => other.destroy());
  client.send('GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /behind HTTP/1.1\r\nHost: x\r\n\r\n');
  await eventually('the first is in work', () => waiting.length === 1);
  await other.send(OTHER).until('<');
  waiting.pop()!();
  await client.until('</behind>');
  assert.equal(seen.at(-1), '/behind');
});
