/** The servers of an older balancer, row by row of docs/parity.md. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startLiveControl } from '../../support/live-control.ts';

const YAML = `
pools:
  default:
    backends:
      - { url: "http://10.0.0.1:8081", id: a }
health_check: { enabled: false }
`;
const urls = (body: unknown): string[] => (body as { url: string }[]).map(({ url }) => url);

test('R65: /list has the URL as Go writes it, and readable', async (t) => {
  const { send } = await startLiveControl(t, YAML);
  const [server] = (await send('GET', '/list')).json<Record<string, unknown>[]>();
  const {
    URL: address,
    ActiveConns,
    Healthy,
    url,
  } = server as { URL: Record<string, unknown> } & Record<string, unknown>;
  assert.deepEqual(
    [address['Scheme'], address['Host'], address['Path'], address['User']],
    ['http', '10.0.0.1:8081', '', null],
  );
  assert.deepEqual([ActiveConns, Healthy, url], [0, true, 'http://10.0.0.1:8081']);
});

describe('R66, R67: servers come and go', () => {
  test('one that is added takes traffic, one that is removed no more', async (t) => {
    const { send, applied } = await startLiveControl(t, YAML);
    const added = await send('POST', '/addServer', { URL: 'http://10.0.0.9:80/', ActiveConns: 0, Healthy: true });
    assert.deepEqual([added.statusCode, added.json()], [200, { status: 'success' }]);
    assert.deepEqual(urls((await send('GET', '/list')).json()), ['http://10.0.0.1:8081', 'http://10.0.0.9']);
    assert.equal(applied.at(-1)!.pools[0]!.backends.length, 2);
    const removed = await send('DELETE', '/removeServer', { URL: 'http://10.0.0.9' });
    assert.deepEqual([removed.statusCode, removed.json()], [200, { status: 'success' }]);
    assert.equal(applied.at(-1)!.pools[0]!.backends.length, 1);
  });

  test('one of the file is switched off, and on again', async (t) => {
    const { send, applied } = await startLiveControl(t, YAML);
    const server = { URL: { Scheme: 'http', Host: '10.0.0.1:8081', Path: '' } };
    assert.equal((await send('DELETE', '/removeServer', server)).statusCode, 200);
    assert.deepEqual((await send('GET', '/list')).json(), []);
    assert.equal(applied.at(-1)!.pools[0]!.backends[0]!.enabled, false);
    assert.equal((await send('POST', '/addServer', server)).statusCode, 200);
    assert.equal(applied.at(-1)!.pools[0]!.backends[0]!.enabled, true);
  });

  test('invalid, existing and missing clients are refused', async (t) => {
    const { send } = await startLiveControl(t, YAML);
    for (const URL of ['', '/relative', '10.0.0.1:80', 'ftp://a', 'h2c://a', null, 7, {}]) {
      assert.equal((await send('POST', '/addServer', { URL })).statusCode, 400, JSON.stringify(URL));
    }
    assert.equal((await send('POST', '/addServer', { URL: 'http://10.0.0.1:8081/' })).statusCode, 409);
    assert.equal((await send('DELETE', '/removeServer', { URL: 'http://10.0.0.77' })).statusCode, 404);
  });

  test('with several pools and none named default nobody guesses', async (t) => {
    const pool = (id: string): string => `{ backends: [{ url: "http://10.0.0.1:1", id: ${id} }] }`;
    const yaml = `pools: { one: ${pool('a')}, two: ${pool('b')} }\nroutes: [{ pool: one }]\nhealth_check: { enabled: false }\n`;
    const { send } = await startLiveControl(t, yaml);
    const { statusCode, body } = await send('POST', '/addServer', { URL: 'http://10.0.0.9' });
    assert.equal(statusCode, 400);
    assert.match(body, /several pools/);
  });
});

test('R64, R68: /ping and /health answer plain text', async (t) => {
  const { send } = await startLiveControl(t, YAML);
  for (const [url, text] of [
    ['/health', 'OK'],
    ['/ping', 'pong'],
  ] as const) {
    const { statusCode, body } = await send('GET', url);
    assert.deepEqual([statusCode, body], [200, text]);
  }
});
