import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { lingeringClose } from '../../../src/http/linger.ts';
import { eventually } from '../../support/eventually.ts';

test('the time for closing begins when the client has taken the answer', async (t) => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.after(() => client.destroy());
  client.pause();
  const [socket] = await accepted;
  const answer = Buffer.alloc(32 * 1024 * 1024);
  socket.write(answer);
  lingeringClose(socket);
  await eventually('the kernel takes no more', () => socket.bytesWritten > 0 && socket.writableLength > 0);
  assert.equal(socket.timeout ?? 0, 0);
  let received = 0;
  client.on('data', (bytes: Buffer) => (received += bytes.length));
  client.on('end', () => assert.equal(socket.timeout, 5000));
  client.resume();
  await once(socket, 'close');
  assert.equal(received, answer.length);
});
