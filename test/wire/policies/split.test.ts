import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { rawResponse, RawClient, startRawBackend } from '../../support/raw-socket.ts';
import { startTraffic } from '../../support/traffic.ts';

const YAML = (web: string, next: string, split: string, more = '', poolMore = ''): string => `
server: { trust_proxy: [127.0.0.0/8] }
pools:
  web: { backends: [{ url: "${web}", id: b-web }] ${poolMore} }
  next: { backends: [{ url: "${next}", id: b-next }] ${poolMore.replace('sticky_web', 'sticky_next')} }
routes: [{ name: api, split: ${split} ${more} }]
`;

async function world(t: TestContext, split: string, more = '', poolMore = '') {
  const backends = await Promise.all(['web', 'next'].map((name) => startRawBackend(rawResponse(name))));
  t.after(() => Promise.all(backends.map((backend) => backend.close())));
  const [web, next] = backends.map(({ url }) => url) as [string, string];
  const traffic = await startTraffic(YAML(web, next, split, more, poolMore));
  t.after(() => traffic.close());
  const whole = async (client: string, fields: readonly string[] = []): Promise<string> => {
    const head = ['GET / HTTP/1.1', 'Host: a', `X-Forwarded-For: ${client}`, ...fields, 'Connection: close', '', ''];
    return new RawClient(traffic.port).send(head.join('\r\n')).closed();
  };
  const ask = async (client: string, fields?: readonly string[]): Promise<string> =>
    (await whole(client, fields)).split('\r\n').at(-1)!;
  return { ...traffic, backends, ask, whole };
}

const clients = Array.from({ length: 40 }, (_, at) => `198.51.100.${at}`);

test('a split shares the clients by weight, each of which stays with its pool', async (t) => {
  const { ask, tables, snapshot } = await world(t, '[{ pool: web, weight: 1 }, { pool: next, weight: 1 }]');
  const first: string[] = [];
  for (const client of clients) first.push(await ask(client));
  const again: string[] = [];
  for (const client of clients) again.push(await ask(client));
  assert.deepEqual(again, first);
  const count = first.filter((name) => name === 'next').length;
  assert.ok(count > 8 && count < 32, `${count}`);
  const [{ index, shares = [] }] = snapshot.routes as [(typeof snapshot.routes)[number]];
  const requests = [index, ...shares.map((share) => share.index)].map((row) => tables.metrics.route(row).requests);
  assert.deepEqual(requests, [0, 80 - 2 * count, 2 * count]);
});

test('a header field or a cookie decides before the weights', async (t) => {
  const { ask } = await world(
    t,
    '[{ pool: web, weight: 1, header: { x-canary: "0" } }, { pool: next, header: { x-canary: "*" }, cookie: { canary: "1" } }]',
  );
  const asked = [[], ['X-Canary: 1'], ['X-Canary: 0'], ['Cookie: a=b; canary=1'], ['Cookie: canary=2']];
  const found: string[] = [];
  for (const fields of asked) found.push(await ask('198.51.100.1', fields));
  assert.deepEqual(found, ['web', 'next', 'web', 'next', 'web']);
});

test('a pool without an available backend is passed over, also by those who ask for it', async (t) => {
  const split = '[{ pool: web, weight: 1 }, { pool: next, weight: 1, header: { x-canary: "1" } }]';
  const { ask, tables } = await world(t, split);
  const next = 1;
  tables.backends.setEnabled(next, false);
  const found = new Set<string>();
  for (const client of clients.slice(0, 12)) found.add(await ask(client, ['X-Canary: 1']));
  assert.deepEqual([...found], ['web']);
});

test('without failover, and with no pool left, the answer is 503', async (t) => {
  const { whole, tables } = await world(t, '[{ pool: next, weight: 1 }, { pool: web }]', ', split_failover: false');
  tables.backends.setEnabled(1, false);
  assert.match(await whole('198.51.100.1'), /^HTTP\/1\.1 503 [^]*GW_NO_BACKEND/);
});

test('a pool with weight 0 stands in for none', async (t) => {
  const { whole, tables } = await world(t, '[{ pool: next, weight: 1 }, { pool: web }]');
  tables.backends.setEnabled(1, false);
  assert.match(await whole('198.51.100.1'), /^HTTP\/1\.1 503 /);
});

test('a sticky session stays with its pool, though each request is split anew', async (t) => {
  const { whole } = await world(
    t,
    '[{ pool: web, weight: 1 }, { pool: next, weight: 1 }]',
    ', split_by: request',
    ', sticky: { enabled: true, cookie: sticky_web }',
  );
  const answer = await whole('198.51.100.1');
  const [, cookie] = /set-cookie: ([^;]+)/i.exec(answer)!;
  const name = answer.split('\r\n').at(-1)!;
  for (let at = 0; at < 12; at += 1) {
    const again = await whole('198.51.100.1', [`Cookie: ${cookie}`]);
    assert.equal(again.split('\r\n').at(-1), name);
  }
});

test('the access log names the pool', async (t) => {
  const { ask, logged } = await world(t, '[{ pool: web, weight: 1 }]');
  await ask('198.51.100.1');
  const line = await logged(({ msg }) => msg === 'request');
  assert.deepEqual([line['route'], line['pool']], ['api', 'web']);
});

test('a path that could escape one of the pools is refused', async (t) => {
  const { port, backends } = await world(t, '[{ pool: web, weight: 1 }, { pool: next }]', ', path_prefix: /api');
  const answer = await new RawClient(port)
    .send('GET /api/%2e%2e/admin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    .closed();
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.deepEqual(
    backends.flatMap(({ requests }) => requests),
    [],
  );
});
