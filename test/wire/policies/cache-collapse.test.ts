/** Requests for the same answer at the same time. */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { parted } from '../../support/decoded-body.ts';
import { eventually } from '../../support/eventually.ts';
import { startPolicyWorld } from '../../support/policy-world.ts';
import { RawClient } from '../../support/raw-socket.ts';

const head = (control: string): string =>
  `HTTP/1.1 200 OK\r\nCache-Control: ${control}\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`;

/** The backend answers on the test's command. */
async function start(t: TestContext) {
  const sockets: Socket[] = [];
  const world = await startPolicyWorld(t, '- { name: api, pool: default, cache: {} }', (_request, socket) => {
    sockets.push(socket);
  });
  const asked = (count: number): Promise<void> =>
    eventually(`${count} requests have arrived`, () => sockets.length === count);
  const waiting = async (count: number): Promise<void> =>
    eventually(`${count} requests are in work`, () => world.tables.metrics.route(0).inFlight === count);
  return { ...world, sockets, asked, waiting };
}

test('one request goes to the backend, and all get its answer', async (t) => {
  const { ask, sockets, asked, waiting } = await start(t);
  const answers = Array.from({ length: 20 }, () => ask('/'));
  await waiting(20);
  await asked(1);
  sockets[0]!.write(head('max-age=60'));
  sockets[0]!.end('hello');
  const all = await Promise.all(answers);
  for (const answer of all) assert.equal(parted(answer).body, 'hello');
  assert.equal(all.filter((answer) => answer.includes('cache-status: sluice; hit')).length, 19);
  assert.equal(sockets.length, 1);
});

test('when an answer turns out to be for its own client only, the others wait no longer, and never again', async (t) => {
  const { ask, sockets, asked, waiting } = await start(t);
  const first = ask('/');
  await asked(1);
  const others = [ask('/'), ask('/')];
  await waiting(3);
  // Its body takes its time.
  sockets[0]!.write(head('private'));
  await asked(3);
  const later = ask('/');
  await asked(4);
  sockets[0]!.end('first');
  for (const socket of sockets.slice(1)) socket.end(`${head('private')}other`);
  assert.equal(parted(await first).body, 'first');
  for (const answer of await Promise.all([...others, later])) assert.equal(parted(answer).body, 'other');
});

test('when the client of the first leaves, the next one goes to the backend for all', async (t) => {
  const { ask, port, sockets, asked, waiting } = await start(t);
  const leaving = new RawClient(port).send('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n');
  await asked(1);
  const others = [ask('/'), ask('/')];
  await waiting(3);
  leaving.destroy();
  await asked(2);
  sockets[1]!.write(head('max-age=60'));
  sockets[1]!.end('hello');
  for (const answer of await Promise.all(others)) assert.equal(parted(answer).body, 'hello');
  assert.equal(sockets.length, 2);
});

test('when the backend breaks off, the next one tries', async (t) => {
  const { ask, sockets, asked, waiting } = await start(t);
  const first = ask('/');
  await asked(1);
  const second = ask('/');
  await waiting(2);
  sockets[0]!.write(`${head('max-age=60')}he`);
  sockets[0]!.destroy();
  await first;
  await asked(2);
  sockets[1]!.end(`${head('max-age=60')}hello`);
  assert.equal(parted(await second).body, 'hello');
});

test('a client that leaves while it waits is gone', async (t) => {
  const { ask, port, sockets, asked, waiting } = await start(t);
  const first = ask('/');
  await asked(1);
  const leaving = new RawClient(port).send('GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n');
  await waiting(2);
  leaving.destroy();
  await waiting(1);
  sockets[0]!.end(`${head('private')}hello`);
  await first;
  assert.equal(sockets.length, 1);
});

test('requests that Vary tells apart do not get each other’s answers', async (t) => {
  const { ask, sockets, asked, waiting } = await start(t);
  const first = ask('/', ['Accept-Language: de']);
  await asked(1);
  const second = ask('/', ['Accept-Language: en']);
  await waiting(2);
  sockets[0]!.end(`${head('max-age=60\r\nVary: Accept-Language')}hallo`);
  await asked(2);
  sockets[1]!.end(`${head('max-age=60\r\nVary: Accept-Language')}hello`);
  assert.equal(parted(await first).body, 'hallo');
  assert.equal(parted(await second).body, 'hello');
});

test('a request that wants no stored answer waits for none', async (t) => {
  const { ask, sockets, asked } = await start(t);
  const answers = [ask('/'), ask('/', ['Cache-Control: no-cache'])];
  await asked(2);
  for (const socket of sockets) socket.end(`${head('max-age=60')}hello`);
  await Promise.all(answers);
});
