import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { request } from 'node:http';
import { test, type TestContext } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import Fastify from 'fastify';
import auth from '../../plugins/admin/base/auth.ts';
import compatStream from '../../plugins/compat/compat-stream.ts';
import errors from '../../plugins/admin/base/error-answers.ts';
import metricsWs, { type MetricsWsOptions } from '../../plugins/admin/routes/metrics/metrics-ws.ts';
import origins from '../../plugins/admin/base/origins.ts';
import schemas from '../../plugins/admin/base/schemas.ts';
import websocket from '../../plugins/admin/base/websocket.ts';
import { loadText } from '../../src/config/load.ts';
import type { AdminSettings } from '../../src/config/settings.ts';
import { hashAccessToken } from '../../src/admin-access/access-token.ts';
import { BEARER_PROTOCOL_PREFIX, METRICS_PROTOCOL } from '../../src/admin-access/admin-access.ts';
import type { Role } from '../../src/admin-access/core/admin-access-vocabulary.ts';
import { metricsStreamSchema } from '../../src/openapi/metrics-stream-schema.ts';
import { fakeAdminApp, type FakeAdmin } from '../support/admin-app.ts';
import { POOL } from '../support/config-problems.ts';
import { FakeTelemetry } from '../support/fake-telemetry.ts';
import { upgrade } from '../support/websocket-client.ts';

async function listening(t: TestContext, options: FakeAdmin = {}) {
  const telemetry = new FakeTelemetry();
  const app = await fakeAdminApp({ telemetry, metrics: { intervalMs: 5, storeHistory: false }, ...options });
  t.after(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, telemetry, port: (app.server.address() as AddressInfo).port };
}

/** The stream alone, with limits of its own and an interval that never comes. */
async function stream(t: TestContext, limits: Omit<MetricsWsOptions, 'telemetry' | 'intervalMs'>): Promise<number> {
  const app = Fastify();
  t.after(() => app.close());
  app.register(errors);
  app.register(schemas);
  app.register(websocket);
  app.register(origins, { admin: () => ({ host: '127.0.0.1', allowedHosts: [], corsOrigins: [] }) });
  app.register(auth, { admin: () => ({ token: null, tokens: [] }) });
  app.register(metricsWs, { telemetry: new FakeTelemetry(), intervalMs: 60_000, ...limits });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (app.server.address() as AddressInfo).port;
}

test('a client gets a snapshot at once, then frames, all valid by the published schema', async (t) => {
  const { port } = await listening(t);
  const { status, client } = await upgrade(port, '/ws/metrics');
  assert.equal(status, 101);
  const validate = new Ajv2020({ allowUnionTypes: true, validateFormats: false }).compile(metricsStreamSchema());

  const messages = [await client.next(), await client.next(), await client.next()];

  assert.deepEqual(
    messages.map((message) => message.type),
    ['snapshot', 'frame', 'frame'],
  );
  for (const message of messages) assert.ok(validate(message), JSON.stringify(validate.errors));
  assert.ok(messages[0]!.total.requests_total < messages[1]!.total.requests_total);
});

test('the client names the interval of its frames', async (t) => {
  const { port } = await listening(t, { metrics: { intervalMs: 60_000, storeHistory: false } });
  const { client } = await upgrade(port, '/ws/metrics?interval_s=0.25');
  assert.equal((await client.next()).interval_s, 0.25);
  assert.equal((await client.next()).type, 'frame');
});

for (const query of ['interval_s=0.1', 'interval_s=61', 'interval_s=soon', 'interval_s=', 'interval=5']) {
  test(`?${query} is refused with 400 before the upgrade`, async (t) => {
    const { port } = await listening(t);
    assert.equal((await upgrade(port, `/ws/metrics?${query}`)).status, 400);
  });
}

test('clients of one interval share one report a round', async (t) => {
  const { port } = await listening(t);
  const { client: first } = await upgrade(port, '/ws/metrics');
  const { client: second } = await upgrade(port, '/ws/metrics');
  const seen = { first: new Set<number>(), second: new Set<number>() };
  for (let round = 0; round < 8; round += 1) {
    seen.first.add((await first.next()).total.requests_total);
    seen.second.add((await second.next()).total.requests_total);
  }
  // Every report has another number: reports of their own would have none in common.
  assert.ok([...seen.first].some((number) => seen.second.has(number)));
});

test('a slow reader gets the latest frame, not all it missed', async (t) => {
  const { port, telemetry } = await listening(t);
  const { client } = await upgrade(port, '/ws/metrics');
  await client.next();
  client.socket.pause();
  await telemetry.reported(50);
  const latest = 1000 + telemetry.reports;
  client.socket.resume();

  let missed = 0;
  while ((await client.next()).total.requests_total < latest) missed += 1;

  // One read before the pause took hold, one that was on its way, one that waited.
  assert.ok(missed <= 3, `${missed} stale frames came first`);
});

test('an interval without listeners is not sampled', async (t) => {
  const { port, telemetry } = await listening(t);
  const { client } = await upgrade(port, '/ws/metrics');
  await client.next();
  client.socket.destroy();
  const { client: other } = await upgrade(port, '/ws/metrics?interval_s=0.25');
  await other.next();
  const before = telemetry.reports;
  await other.next();
  // In the time of one report for the other, the 5 ms loop would have made fifty.
  assert.ok(telemetry.reports - before < 10, `${telemetry.reports - before} reports`);
});

test('a client that answers no ping is cut off', async (t) => {
  const port = await stream(t, { heartbeatMs: 5, stallMs: 20 });
  const { client } = await upgrade(port, '/ws/metrics');
  client.answersPings = false;
  await client.closed();
  assert.equal(client.closeCode, undefined);
});

test('a quiet connection is kept alive by pings', async (t) => {
  const port = await stream(t, { heartbeatMs: 5, stallMs: 10_000 });
  const { client } = await upgrade(port, '/ws/metrics');
  await client.next();
  await client.pinged();
  await client.pinged();
});

test('one client too many gets 503, and is admitted when another leaves', async (t) => {
  const port = await stream(t, { maxClients: 1 });
  const { client } = await upgrade(port, '/ws/metrics');
  assert.equal((await upgrade(port, '/ws/metrics')).status, 503);
  client.socket.destroy();
  await client.closed();
  let status = 503;
  while (status === 503) ({ status } = await upgrade(port, '/ws/metrics'));
  assert.equal(status, 101);
});

test('closing the app ends streams with 1001', async (t) => {
  const { app, port } = await listening(t);
  const { client } = await upgrade(port, '/ws/metrics');
  await client.next();
  await app.close();
  await client.closed();
  assert.equal(client.closeCode, 1001);
});

test('closing the app does not wait for a client that never answers the close', async (t) => {
  const { app, port } = await listening(t);
  const { client } = await upgrade(port, '/ws/metrics');
  client.socket.pause();
  await app.close();
});

test('messages of a client are ignored; one above 4 KiB ends its stream with 1009', async (t) => {
  const { port } = await listening(t);
  const { client } = await upgrade(port, '/ws/metrics');
  client.sendText('{"type":"hello"}');
  await client.next();
  await client.next();
  client.sendText('x'.repeat(4097));
  await client.closed();
  assert.equal(client.closeCode, 1009);
});

test('a page of a listed origin is admitted, with a viewer’s token', async (t) => {
  const tokens = [{ name: 'watch', role: 'viewer', hash: hashAccessToken('right') }] as const;
  const { port } = await listening(t, { admin: { corsOrigins: ['https://ops.example.com'], tokens } });
  const offering = (token: string) => ({
    origin: 'https://ops.example.com',
    'sec-websocket-protocol': `${METRICS_PROTOCOL}, ${BEARER_PROTOCOL_PREFIX}${Buffer.from(token).toString('base64url')}`,
  });
  assert.equal((await upgrade(port, '/ws/metrics', offering('wrong'))).status, 401);
  assert.equal((await upgrade(port, '/ws/metrics', offering('right'))).status, 101);
});

test('a page of another origin is refused with 403, the same host is let in', async (t) => {
  const { port } = await listening(t);
  assert.equal((await upgrade(port, '/ws/metrics', { origin: 'http://evil.example' })).status, 403);
  assert.equal((await upgrade(port, '/ws/metrics', { origin: 'null' })).status, 403);
  assert.equal((await upgrade(port, '/ws/metrics', { host: 'evil.example' })).status, 403);
  assert.equal((await upgrade(port, '/ws/metrics', { origin: `http://127.0.0.1:${port}` })).status, 101);
});

test('upgrades to other paths answer 404 and leave the app running', async (t) => {
  const { port } = await listening(t);
  for (const path of ['/', '/livez', '/docs/', '/v1/api/metrics', '/nowhere', '/ws/metrics/deeper', '/%zz']) {
    const { status, client } = await upgrade(port, path);
    assert.equal(status, path === '/%zz' ? 400 : 404, path);
    await client.closed();
  }
  assert.equal((await upgrade(port, '/ws/metrics')).status, 101);
});

test('an upgrade to HTTP/2 is answered as a plain request', async (t) => {
  const { port } = await listening(t);
  const { status, head, client } = await upgrade(port, '/livez', { upgrade: 'h2c' });
  assert.equal(status, 200, head);
  client.socket.destroy();
});

test('a client that resets during the handshake does no harm', async (t) => {
  const { port } = await listening(t);
  for (let round = 0; round < 5; round += 1) {
    const handshake = request({ port, path: '/ws/metrics', headers: { connection: 'Upgrade', upgrade: 'websocket' } });
    handshake.on('error', () => {});
    handshake.end(() => handshake.destroy());
    await new Promise((resolve) => handshake.on('close', resolve));
  }
  assert.equal((await upgrade(port, '/ws/metrics')).status, 101);
});

test('with a token, a stream needs it: as a header, or for browsers as a subprotocol that is never repeated', async (t) => {
  const token = 'a token, with = signs';
  const { port } = await listening(t, { admin: { token } });
  const asProtocol = (text: string) => ({
    'sec-websocket-protocol': `${METRICS_PROTOCOL}, ${BEARER_PROTOCOL_PREFIX}${Buffer.from(text).toString('base64url')}`,
  });
  assert.equal((await upgrade(port, '/ws/metrics')).status, 401);
  assert.equal((await upgrade(port, '/ws/metrics', asProtocol('wrong'))).status, 401);
  assert.equal((await upgrade(port, '/ws/metrics', { authorization: `Bearer ${token}` })).status, 101);
  const { status, head } = await upgrade(port, '/ws/metrics', asProtocol(token));
  assert.equal(status, 101);
  assert.match(head, /sec-websocket-protocol: sluice\.metrics\.v1(\r|$)/i);
  assert.doesNotMatch(head, /bearer/i);
});

test('the built-in WebSocket of Node, a browser’s by its interface, gets frames', async (t) => {
  const { port } = await listening(t, { admin: { token: 'secret' } });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/metrics`, [
    METRICS_PROTOCOL,
    `${BEARER_PROTOCOL_PREFIX}${Buffer.from('secret').toString('base64url')}`,
  ]);
  const types: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('error', reject);
    socket.addEventListener('message', ({ data }) => {
      if (types.push(JSON.parse(String(data)).type) === 3) resolve();
    });
  });
  assert.deepEqual(types, ['snapshot', 'frame', 'frame']);
  socket.close();
});

for (const [what, path] of [
  ['the metrics', '/ws/metrics?interval_s=60'],
  ['the older backends', '/metrics/ws'],
] as const) {
  test(`a stream of ${what} ends when its token is taken away or its role lowered, and only then`, async (t) => {
    const token = (name: string, role: Role) => ({ name, role, hash: hashAccessToken(name) });
    const [ann, bob] = [token('ann', 'admin'), token('bob', 'viewer')];
    let admin = { token: null, tokens: [ann, bob] } as Pick<AdminSettings, 'token' | 'tokens'>;
    let tell = (): void => {};
    const app = Fastify();
    t.after(() => app.close());
    app.register(errors);
    app.register(schemas);
    app.register(websocket);
    app.register(origins, { admin: () => ({ host: '127.0.0.1', allowedHosts: [], corsOrigins: [] }) });
    app.register(auth, { admin: () => admin, onChange: (listener) => void (tell = listener) });
    app.register(metricsWs, { telemetry: new FakeTelemetry(), intervalMs: 60_000 });
    app.register(compatStream, { telemetry: new FakeTelemetry() });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const open = async (name: string) => {
      const { client } = await upgrade(port, path, { authorization: `Bearer ${name}` });
      await client.next();
      return client;
    };
    const anns = await open('ann');
    const bobs = await open('bob');

    admin = { token: 'another', tokens: [token('ann', 'operator'), bob] };
    tell();
    await anns.closed();
    assert.equal(anns.closeCode, 1008);
    assert.equal((await upgrade(port, path, { authorization: 'Bearer ann' })).status, 101, 'it may come back as less');
    assert.equal(bobs.closeCode, undefined);

    admin = { token: 'another', tokens: [token('ann', 'operator')] };
    tell();
    await bobs.closed();
    assert.equal(bobs.closeCode, 1008);
  });
}

test('a stream that needed no token ends when tokens become required', async (t) => {
  let settings = loadText(POOL, 'c.yaml', {}, {});
  let tell = (): void => {};
  const { port } = await listening(t, {
    currentSettings: () => settings,
    onSettings: (listener) => void (tell = listener),
  });
  const { client } = await upgrade(port, '/ws/metrics');
  await client.next();
  tell();
  assert.equal((await client.next()).type, 'frame', 'nothing has changed');
  settings = { ...settings, admin: { ...settings.admin, token: 'secret' } };
  tell();
  await client.closed();
  assert.equal(client.closeCode, 1008);
});

for (const path of ['/ws/metrics', '/metrics/ws']) {
  test(`a stream at ${path} ends when the origin of its page or its host is taken off the list, and only then`, async (t) => {
    let settings = loadText(POOL, 'c.yaml', {}, {});
    let tell = (): void => {};
    const { port } = await listening(t, {
      currentSettings: () => settings,
      onSettings: (listener) => void (tell = listener),
    });
    const allow = (corsOrigins: readonly string[], allowedHosts: readonly string[]): void => {
      settings = { ...settings, admin: { ...settings.admin, corsOrigins, allowedHosts } };
      tell();
    };
    const open = async (headers: Record<string, string>) => {
      const { client } = await upgrade(port, path, headers);
      await client.next();
      return client;
    };
    allow(['https://one.example', 'https://two.example'], ['gateway.internal']);
    const one = await open({ origin: 'https://one.example' });
    const others = [
      await open({ origin: 'https://two.example' }),
      await open({ origin: `http://127.0.0.1:${port}` }),
      await open({}),
    ];
    const named = await open({ host: 'gateway.internal' });

    allow(['https://two.example'], ['gateway.internal']);
    await one.closed();
    allow(['https://two.example'], []);
    await named.closed();
    assert.deepEqual([one.closeCode, named.closeCode], [1008, 1008]);
    assert.deepEqual(
      others.map(({ closeCode }) => closeCode),
      [undefined, undefined, undefined],
    );
  });
}
