/** A WebSocket does not notice reloads, not even those that take its backend out. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway } from '../support/gateway.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';

/** The part of the package ws used here; it has no types of its own. */
interface EchoSocket {
  on(event: 'message', listener: (data: Buffer) => void): void;
  send(data: string): void;
}

test('a WebSocket survives reloads, and ends when its client ends it', async (t) => {
  const app = Fastify();
  t.after(() => app.close());
  await app.register(websocket);
  app.get('/', { websocket: true }, (given) => {
    const socket = given as unknown as EchoSocket;
    socket.on('message', (data) => socket.send(`echo ${data.toString()}`));
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const echo = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const other = await startRawBackend(rawResponse('ok'));
  t.after(() => other.close());
  const gateway = await startTestGateway(t, gatewayYaml([echo]));

  const socket = new WebSocket(gateway.trafficUrl.replace('http', 'ws'));
  const received: string[] = [];
  socket.addEventListener('message', ({ data }) => received.push(String(data)));
  let isClosed = false;
  socket.addEventListener('close', () => {
    isClosed = true;
  });
  await once(socket, 'open');
  // Every other reload takes the WebSocket's backend out of the pool, and brings it back.
  for (let count = 0; count < 20; count += 1) {
    gateway.write(gatewayYaml(count % 2 === 0 ? [other.url] : [echo, other.url]));
    await gateway.reload('test');
    socket.send(`${count}`);
    await eventually(`echo ${count}`, () => received.at(-1) === `echo ${count}`);
  }
  assert.equal(received.length, 20);
  assert.equal(isClosed, false);
  socket.close();
  await eventually('the close', () => isClosed);
});
