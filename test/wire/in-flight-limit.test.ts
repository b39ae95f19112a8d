import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startHeldBackend, type HeldBackend } from '../support/held-backend.ts';
import { httpRequest } from '../support/http-request.ts';
import { type BackendYaml, poolYaml } from '../support/pool-yaml.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic, type Traffic } from '../support/traffic.ts';
import { echo, startUpgradeBackend, upgradeRequest } from '../support/upgrade-backend.ts';

const TIMEOUT = 'queue: { size: 10, timeout: 24h }';

interface Held {
  readonly traffic: Traffic;
  readonly backend: HeldBackend;
  /** A client that has requested the path. */
  ask(path: string): RawClient;
  /** Resolves when this many requests wait. */
  queued(count: number): Promise<void>;
}

async function start(t: TestContext, more: readonly string[], others: readonly BackendYaml[] = []): Promise<Held> {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const traffic = await startTraffic(poolYaml([{ url: backend.url }, ...others], more));
  t.after(() => traffic.close());
  return {
    traffic,
    backend,
    ask: (path) => {
      const client = new RawClient(traffic.port);
      t.after(() => client.destroy());
      return client.send(`GET ${path} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
    },
    queued: (count) => eventually(`${count} wait`, () => traffic.tables.queues.length(0) === count),
  };
}

const isFree = ({ tables }: Traffic): boolean =>
  tables.backends.inFlight(0) === 0 && tables.backends.takeSlot(0, 1) && (tables.backends.returnSlots(0, 1), true);

test('a request beyond max_in_flight is answered 503 at once, with a time to retry', async (t) => {
  const { traffic, backend, ask } = await start(t, ['max_in_flight: 2']);
  const clients = [ask('/1'), ask('/2')];
  await backend.asked(2);
  const { status, headers, json } = await httpRequest(traffic.url);
  assert.equal(status, 503);
  assert.equal(headers['retry-after'], '1');
  assert.equal(json()['error'], 'GW_POOL_FULL');
  backend.answer();
  await clients[0]!.until('/1');
  const third = ask('/3');
  await backend.asked(3);
  backend.answer();
  backend.answer();
  await Promise.all([clients[1]!.until('/2'), third.until('/3')]);
  assert.equal(backend.peak, 2);
  await eventually('all slots are free', () => isFree(traffic));
});

test('a limit of a backend of its own goes before that of the pool; what is left goes to the others', async (t) => {
  const other = await startRawBackend(rawResponse('other'));
  t.after(() => other.close());
  const { traffic, backend, ask } = await start(
    t,
    ['algorithm: round-robin', 'max_in_flight: 1'],
    [{ url: other.url, max_in_flight: 1000 }],
  );
  ask('/1');
  ask('/2');
  await backend.asked(1);
  for (let count = 0; count < 6; count += 1) assert.equal((await httpRequest(traffic.url)).body, 'other');
  assert.equal(backend.requests.length, 1);
});

test('while the others are full, a backup takes requests', async (t) => {
  const backup = await startRawBackend(rawResponse('backup'));
  t.after(() => backup.close());
  const { traffic, backend, ask } = await start(t, ['max_in_flight: 1', TIMEOUT], [{ url: backup.url, backup: true }]);
  ask('/1');
  await backend.asked(1);
  assert.equal((await httpRequest(traffic.url)).body, 'backup');
});

test('requests wait their turn, first come, first served', async (t) => {
  const { backend, ask, queued, traffic } = await start(t, ['max_in_flight: 1', TIMEOUT]);
  const clients = [ask('/0')];
  await backend.asked(1);
  for (let at = 1; at <= 4; at += 1) {
    clients.push(ask(`/${at}`));
    await queued(at);
  }
  for (const [at, client] of clients.entries()) {
    await backend.asked(at + 1);
    backend.answer();
    assert.match(await client.until(`/${at}`), /^HTTP\/1\.1 200/);
  }
  assert.deepEqual(
    backend.requests.map((request) => request.split(' ')[1]),
    ['/0', '/1', '/2', '/3', '/4'],
  );
  assert.equal(backend.peak, 1);
  await eventually('all slots are free', () => isFree(traffic));
});

test('a full queue refuses, a client that leaves makes room in it', async (t) => {
  const { traffic, backend, ask, queued } = await start(t, ['max_in_flight: 1', 'queue: { size: 1, timeout: 24h }']);
  ask('/1');
  await backend.asked(1);
  const leaving = ask('/2');
  await queued(1);
  assert.equal((await httpRequest(traffic.url)).json()['error'], 'GW_POOL_FULL');
  leaving.destroy();
  await queued(0);
  const next = ask('/3');
  await queued(1);
  backend.answer();
  await backend.asked(2);
  backend.answer();
  await next.until('/3');
  assert.ok(!backend.requests.some((request) => request.includes('/2')), 'the one that left was not sent');
});

test('a wait that takes too long ends with 503', async (t) => {
  const { traffic, backend, ask } = await start(t, ['max_in_flight: 1', 'queue: { size: 10, timeout: 30ms }']);
  ask('/1');
  await backend.asked(1);
  const { status, headers, json } = await httpRequest(traffic.url);
  assert.deepEqual([status, headers['retry-after'], json()['error']], [503, '1', 'GW_QUEUE_TIMEOUT']);
  assert.equal(traffic.tables.queues.length(0), 0);
});

test('a wait ends with the time of the route', async (t) => {
  const backend = await startHeldBackend();
  t.after(() => backend.close());
  const traffic = await startTraffic(
    `${poolYaml([{ url: backend.url }], ['max_in_flight: 1', TIMEOUT])}routes: [{ pool: default, path_prefix: /short, timeout: 40ms }, { pool: default }]\n`,
  );
  t.after(() => traffic.close());
  const first = new RawClient(traffic.port).send('GET / HTTP/1.1\r\nHost: g\r\n\r\n');
  t.after(() => first.destroy());
  await backend.asked(1);
  assert.equal((await httpRequest(`${traffic.url}/short`)).json()['error'], 'GW_QUEUE_TIMEOUT');
});

test('waiting requests are answered when there is nothing left to wait for', async (t) => {
  const { traffic, backend, ask, queued } = await start(t, ['max_in_flight: 1', TIMEOUT]);
  ask('/1');
  await backend.asked(1);
  const waiting = ask('/2');
  await queued(1);
  traffic.tables.backends.setEnabled(0, false);
  assert.match(await waiting.until('GW_NO_BACKEND'), /^HTTP\/1\.1 503/);
});

test('a reload loses no waiting request, and a higher limit lets them proceed', async (t) => {
  const { traffic, backend, ask, queued } = await start(t, ['max_in_flight: 1', TIMEOUT]);
  ask('/1');
  await backend.asked(1);
  const old = ask('/old');
  await queued(1);
  const [pool] = traffic.snapshot.pools;
  const raised = { ...pool!, backends: pool!.backends.map((one) => ({ ...one, maxInFlight: 2 })) };
  traffic.thread.handle({ type: 'snapshot', id: 1, snapshot: { ...traffic.snapshot, version: 2, pools: [raised] } });
  // It ends on the snapshot that it began with: one at a time. A new one queues behind it.
  const next = ask('/new');
  await queued(2);
  backend.answer();
  await backend.asked(3);
  backend.answer();
  backend.answer();
  await Promise.all([old.until('/old'), next.until('/new')]);
  assert.equal(backend.peak, 2);
});

test('a gateway that stops serves waiting requests, then ends', async (t) => {
  const { traffic, backend, ask, queued } = await start(t, ['max_in_flight: 1', TIMEOUT]);
  const first = ask('/1');
  await backend.asked(1);
  const waiting = ask('/2');
  await queued(1);
  traffic.thread.handle({ type: 'stop', drainTimeoutMs: 600_000 });
  backend.answer();
  await backend.asked(2);
  backend.answer();
  assert.match(await first.closed(), /\r\nconnection: close\r\n/i);
  assert.match(await waiting.closed(), /^HTTP\/1\.1 200 .*\/2$/s);
});

test('a body waits with its request, and arrives whole', async (t) => {
  const { traffic, backend, ask, queued } = await start(t, ['max_in_flight: 1', TIMEOUT]);
  ask('/1');
  await backend.asked(1);
  const answer = httpRequest(`${traffic.url}/body`, {
    method: 'POST',
    body: 'x'.repeat(300_000),
    headers: { 'content-length': '300000' },
  });
  await queued(1);
  backend.answer();
  await backend.asked(2);
  backend.answer();
  assert.equal((await answer).body, '/body');
  assert.match(backend.requests[1]!, /x{300000}$/);
});

test('a tunnel takes a slot until it closes, and waits for one like any request', async (t) => {
  const backend = await startUpgradeBackend(echo);
  t.after(() => backend.close());
  const traffic = await startTraffic(poolYaml([{ url: backend.url }], ['max_in_flight: 1', TIMEOUT]));
  t.after(() => traffic.close());
  const [first, second] = [new RawClient(traffic.port), new RawClient(traffic.port)];
  t.after(() => [first, second].map((client) => client.destroy()));
  await first.send(upgradeRequest('/1')).until('\r\n\r\n');
  second.send(upgradeRequest('/2'));
  await eventually('it waits', () => traffic.tables.queues.length(0) === 1);
  assert.equal(backend.heads.length, 1);
  first.destroy();
  assert.match(await second.until('\r\n\r\n'), /^HTTP\/1\.1 101 /);
  second.destroy();
  await eventually('all slots are free', () => isFree(traffic));
});

test('a backend that fails returns its slot, as does a client that leaves', async (t) => {
  const backend = await startRawBackend((_request, socket) => socket.destroy());
  t.after(() => backend.close());
  const traffic = await startTraffic(
    `${poolYaml([{ url: backend.url }], ['max_in_flight: 1', 'retries: { attempts: 3 }'])}circuit_breaker: { enabled: false }\npassive_health: { enabled: false }\n`,
  );
  t.after(() => traffic.close());
  for (let count = 0; count < 5; count += 1) assert.equal((await httpRequest(traffic.url)).status, 502);
  assert.ok(isFree(traffic));

  const held = await start(t, ['max_in_flight: 1']);
  const client = held.ask('/1');
  await held.backend.asked(1);
  client.destroy();
  await eventually('all slots are free', () => isFree(held.traffic));
});
