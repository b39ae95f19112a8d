/** Challenges that another gateway has made, and that this one has not been told of. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import type { AcmeStore } from '../../src/acme/acme-store.ts';
import { fakeDatabase } from '../support/admin-app.ts';
import { gatewayYaml, startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { authority } from '../support/issued.ts';
import { MemoryClientStore } from '../support/memory-client-store.ts';
import { pemFolder } from '../support/pem-folder.ts';

const PATH = '/.well-known/acme-challenge/';
const TOKEN = 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0';

/** The database announces nothing. */
async function start(t: TestContext, certificates: (store: AcmeStore) => readonly object[]) {
  const backend = createServer((request, response) => response.end(`backend got ${request.url}`));
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  t.after(() => backend.close());
  const database = fakeDatabase(new MemoryClientStore());
  // Nothing is ordered: its authority is away.
  const acme = { le: { directory: 'https://127.0.0.1:9/dir', agree: true } };
  const tls = { port: 0, storage_key: 'ab'.repeat(32), acme, certificates: certificates(database.acme) };
  const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const gateway = await startTestGateway(t, gatewayYaml([url], `tls: ${JSON.stringify(tls)}\n`), { database });
  return { gateway, store: database.acme };
}

const automatic = (): readonly object[] => [{ hosts: ['a.example.com'], acme: 'le' }];

test('a token that another gateway made is looked up before the request goes to the backend', async (t) => {
  const { gateway, store } = await start(t, automatic);
  const ask = async (token: string) => (await httpRequest(gateway.trafficUrl + PATH + token)).body;
  assert.equal(await ask(`${TOKEN}x`), `backend got ${PATH}${TOKEN}x`);
  const challenge = { type: 'http-01' as const, host: 'a.example.com', token: TOKEN, keyAuthorization: 'its answer' };
  await store.addChallenges([{ id: '1', ...challenge }], 60);
  assert.equal(await ask(TOKEN), 'its answer');
  for (let at = 0; at < 8; at += 1) assert.equal(await ask(TOKEN), 'its answer', 'every thread knows it');
});

test('a name that another gateway has proved is looked up, too', async (t) => {
  const { gateway, store } = await start(t, automatic);
  const challenge = {
    type: 'tls-alpn-01' as const,
    host: 'a.example.com',
    token: TOKEN,
    keyAuthorization: 'its answer',
  };
  await store.addChallenges([{ id: '1', ...challenge }], 60);
  const socket = connect({
    host: '127.0.0.1',
    port: Number(new URL(gateway.tlsUrl!).port),
    servername: 'a.example.com',
    ALPNProtocols: ['acme-tls/1'],
    rejectUnauthorized: false,
  });
  // The gateway ends the handshakes that it has not finished when it stops, which may be before it hears of this one.
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  assert.equal(socket.alpnProtocol, 'acme-tls/1');
});

test('a flood of unknown tokens reads the database a few times, and all requests reach the backend', async (t) => {
  const { gateway, store } = await start(t, automatic);
  const reads = t.mock.method(store, 'challenges');
  const began = performance.now();
  const tokens = Array.from({ length: 90 }, (_, at) => `${TOKEN}${at}`);
  const bodies = await Promise.all(
    tokens.map(async (token) => (await httpRequest(gateway.trafficUrl + PATH + token)).body),
  );
  assert.deepEqual(
    bodies,
    tokens.map((token) => `backend got ${PATH}${token}`),
  );
  const seconds = (performance.now() - began) / 1000;
  assert.ok(reads.mock.callCount() <= 2 * 10 * (seconds + 1) + 2, `${reads.mock.callCount()} in ${seconds} s`);
});

test('a database that does not answer holds a request up for a tenth of a second', async (t) => {
  const { gateway, store } = await start(t, automatic);
  t.mock.method(store, 'challenges', () => new Promise(() => {}));
  const { body } = await httpRequest(gateway.trafficUrl + PATH + TOKEN);
  assert.equal(body, `backend got ${PATH}${TOKEN}`);
});

test('without automatic certificates nothing is looked up', async (t) => {
  const file = pemFolder(t);
  const { cert, key } = authority().issue(['a.example.com']);
  const { gateway, store } = await start(t, () => [{ cert_file: file('a.pem', cert), key_file: file('a.key', key) }]);
  const reads = t.mock.method(store, 'challenges');
  assert.equal((await httpRequest(gateway.trafficUrl + PATH + TOKEN)).body, `backend got ${PATH}${TOKEN}`);
  assert.equal(reads.mock.callCount(), 0);
});
