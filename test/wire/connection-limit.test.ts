/** Requests that need a connection when all of a backend's are in use, and how they are reported. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type HeldBackend, startHeldBackend } from '../support/held-backend.ts';
import { httpRequest } from '../support/http-request.ts';
import { poolYaml } from '../support/pool-yaml.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic, type Traffic } from '../support/traffic.ts';
import { startUpgradeBackend, SWITCHED, upgradeRequest } from '../support/upgrade-backend.ts';

/** Longer than any test: only what the test does ends the wait. */
const WAIT = 'connection_wait: 24h';

async function start(t: TestContext, more: readonly string[], others: readonly { url: string }[] = []) {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const traffic = await startTraffic(poolYaml([{ url: backend.url }, ...others], more));
  t.after(() => traffic.close());
  const clients: RawClient[] = [];
  t.after(() => clients.forEach((client) => client.destroy()));
  const ask = (path: string): RawClient => {
    const client = new RawClient(traffic.port).send(`GET ${path} HTTP/1.1\r\nHost: g\r\n\r\n`);
    clients.push(client);
    return client;
  };
  return { backend, traffic, ask };
}

const queued = (traffic: Traffic, count: number): Promise<void> =>
  eventually(`${count} wait`, () => traffic.tables.queues.length(0) === count);

const isFree = ({ tables }: Traffic): boolean =>
  tables.backends.inFlight(0) === 0 && !tables.backends.hasNoConnection(0, 1);

async function answerAll(backend: HeldBackend, from: number, to: number): Promise<void> {
  for (let at = from; at <= to; at += 1) {
    await backend.asked(at);
    backend.answer();
  }
}

test('a request waits for a connection in sight, and is served as soon as one is free, in order', async (t) => {
  const { backend, traffic, ask } = await start(t, ['max_connections: 2', WAIT]);
  const clients = [ask('/1'), ask('/2')];
  await backend.asked(2);
  for (const at of [3, 4, 5]) {
    clients.push(ask(`/${at}`));
    await queued(traffic, at - 2);
  }
  assert.equal(traffic.tables.backends.hasNoConnection(0, 2), true);
  assert.equal(backend.peak, 2);
  await answerAll(backend, 1, 5);
  for (const [at, client] of clients.entries()) assert.match(await client.until(`/${at + 1}`), /^HTTP\/1\.1 200/);
  assert.deepEqual(
    backend.requests.slice(2).map((request) => request.split(' ')[1]),
    ['/3', '/4', '/5'],
  );
  await eventually('all connections are free', () => isFree(traffic));
  assert.equal(traffic.tables.queues.refused(0), 0);
});

for (const wait of ['30ms', '0s']) {
  test(`after connection_wait: ${wait} the answer is 503, says when to come again, and is counted`, async (t) => {
    const { backend, traffic, ask } = await start(t, ['max_connections: 1', `connection_wait: ${wait}`]);
    ask('/1');
    await backend.asked(1);
    const { status, headers, json } = await httpRequest(traffic.url);
    assert.deepEqual([status, headers['retry-after'], json()['error']], [503, '1', 'GW_CONNECTIONS_FULL']);
    assert.deepEqual([traffic.tables.queues.length(0), traffic.tables.queues.refused(0)], [0, 1]);
    assert.equal(backend.requests.length, 1);
  });
}

test('a client that leaves while it waits for a connection is sent nowhere', async (t) => {
  const { backend, traffic, ask } = await start(t, ['max_connections: 1', WAIT]);
  ask('/1');
  await backend.asked(1);
  const waiting = ask('/2');
  await queued(traffic, 1);
  waiting.destroy();
  await queued(traffic, 0);
  backend.answer();
  await eventually('all connections are free', () => isFree(traffic));
  assert.equal(backend.requests.length, 1, 'the one that left was not sent');
});

test('a backend whose requests hang takes nothing from the others', async (t) => {
  const other = await startRawBackend(rawResponse('other'));
  t.after(() => other.close());
  const { backend, traffic, ask } = await start(t, ['algorithm: round-robin', 'max_connections: 3', WAIT], [other]);
  for (let count = 0; count < 6; count += 1) ask(`/${count}`);
  await backend.asked(3);
  for (let count = 0; count < 10; count += 1) assert.equal((await httpRequest(traffic.url)).body, 'other');
  assert.equal(backend.requests.length, 3);
});

test('two hundred requests that hang do not keep the next one waiting', async (t) => {
  const backend = await startRawBackend((request, socket) => {
    if (!request.startsWith('GET /hang')) socket.write(rawResponse('ok'));
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(poolYaml([backend]));
  t.after(() => traffic.close());
  const clients = Array.from({ length: 200 }, () =>
    new RawClient(traffic.port).send('GET /hang HTTP/1.1\r\nHost: g\r\n\r\n'),
  );
  t.after(() => clients.forEach((client) => client.destroy()));
  await eventually('all are there', () => backend.requests.length === 200);
  assert.equal((await httpRequest(traffic.url)).body, 'ok');
});

test('connections come back from backends that fail, clients that leave and answers that are dropped', async (t) => {
  let answer: string | null = null;
  const backend = await startRawBackend((_request, socket) => {
    if (answer === null) socket.destroy();
    else if (answer !== '') socket.write(answer);
  });
  t.after(() => backend.close());
  const traffic = await startTraffic(
    `${poolYaml([backend], ['max_connections: 1', 'connection_wait: 0s', 'timeouts: { response: 50ms }'])}circuit_breaker: { enabled: false }\npassive_health: { enabled: false }\n`,
  );
  t.after(() => traffic.close());
  const free = (): Promise<void> => eventually('the connection is free', () => isFree(traffic));
  assert.equal((await httpRequest(traffic.url)).status, 502);
  await free();
  answer = rawResponse('no', '503 No');
  assert.equal((await httpRequest(traffic.url)).status, 503);
  await free();
  answer = 'HTTP/1.1 nonsense\r\n\r\n';
  assert.equal((await httpRequest(traffic.url)).status, 502);
  await free();
  answer = '';
  assert.equal((await httpRequest(traffic.url)).status, 504);
  await free();
  const before = backend.requests.length;
  const leaving = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: g\r\n\r\n');
  await eventually('it is there', () => backend.requests.length > before);
  leaving.destroy();
  await free();
  answer = rawResponse('well');
  assert.equal((await httpRequest(traffic.url)).body, 'well');
});

test('a tunnel needs none of these connections', async (t) => {
  const backend = await startUpgradeBackend((socket) => void socket.write(SWITCHED));
  t.after(() => backend.close());
  const traffic = await startTraffic(poolYaml([{ url: backend.url }], ['max_connections: 1', 'connection_wait: 0s']));
  t.after(() => traffic.close());
  for (let count = 0; count < 3; count += 1) {
    const client = new RawClient(traffic.port).send(upgradeRequest());
    t.after(() => client.destroy());
    assert.match(await client.until('\r\n\r\n'), /^HTTP\/1\.1 101 /);
  }
  assert.equal(traffic.tables.backends.hasNoConnection(0, 1), false);
});
