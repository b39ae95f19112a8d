/** What a thread answers to authorities that validate a name. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import { challengeCertificate } from '../../../src/acme/control/self-signed.ts';
import { httpRequest } from '../../support/http-request.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

const ROOT = authority();
const PATH = '/.well-known/acme-challenge/token';
const ANSWER = 'token.thumbprint';
/** RFC 8737, 3: its object identifier, in DER. */
const ACME_IDENTIFIER = Buffer.from('06082b0601050507011f', 'hex');

async function start(t: TestContext, more = '') {
  const backend = await startRawBackend(rawResponse('of the backend'));
  t.after(() => backend.close());
  const file = pemFolder(t);
  const { cert, key } = ROOT.issue(['shop.test']);
  const pair = `cert_file: ${file('a.pem', cert)}, key_file: ${file('a.key', key)}`;
  const traffic = await startTraffic(poolOf([backend.url], `tls:\n  port: 0\n  certificates: [{ ${pair} }]\n${more}`));
  t.after(() => traffic.close());
  const certificate = challengeCertificate('shop.test', ANSWER, Date.now());
  traffic.thread.handle({
    type: 'challenges',
    id: 1,
    challenges: [
      { type: 'http-01', token: 'token', keyAuthorization: ANSWER },
      { type: 'tls-alpn-01', serverName: 'shop.test', certificate },
    ],
  });
  assert.deepEqual(traffic.messages.at(-1), { type: 'ack', id: 1 });
  return { ...traffic, ask: (path: string, method = 'GET') => httpRequest(traffic.url + path, { method }) };
}

async function handshake(t: TestContext, port: number | null, options: ConnectionOptions) {
  const socket = connect({ host: '127.0.0.1', port: port!, rejectUnauthorized: false, ...options });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  return { socket, protocol: socket.alpnProtocol, isChallenge: raw.includes(ACME_IDENTIFIER) };
}

test('a token that is expected is answered, whatever limits there are; nothing else is', async (t) => {
  const { ask } = await start(
    t,
    'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 }, denylist: [192.0.2.1] }\n',
  );
  assert.equal((await ask('/')).body, 'of the backend');
  assert.equal((await ask('/')).status, 429);
  for (let times = 0; times < 3; times += 1) {
    const { status, body, headers } = await ask(PATH);
    assert.deepEqual([status, body, headers['content-type']], [200, ANSWER, 'application/octet-stream']);
  }
});

test('other paths, methods and tokens go on to the backend, and a token that was removed does, too', async (t) => {
  const { ask, thread } = await start(t);
  for (const path of [`${PATH}x`, `${PATH}/`, `${PATH}?a`, '/.well-known/acme-challenge/', '/.well-known/../token']) {
    assert.notEqual((await ask(path)).body, ANSWER, path);
  }
  assert.equal((await ask(`${PATH}x`)).body, 'of the backend');
  assert.equal((await ask(PATH, 'DELETE')).body, 'of the backend');
  thread.handle({ type: 'challenges', id: 2, challenges: [] });
  assert.equal((await ask(PATH)).body, 'of the backend');
});

test('the certificate of a challenge is shown to a client that speaks nothing but acme-tls/1, then the connection ends', async (t) => {
  const { tlsPort } = await start(t);
  const options = { servername: 'shop.test', ALPNProtocols: ['acme-tls/1'] };
  const { socket, protocol, isChallenge } = await handshake(t, tlsPort, options);
  assert.deepEqual([protocol, isChallenge], ['acme-tls/1', true]);
  socket.resume();
  await once(socket, 'close');
});

for (const protocols of [['acme-tls/1', 'http/1.1'], ['http/1.1'], []]) {
  test(`others get the certificate of the name: ${protocols.join(', ') || 'no protocol'}`, async (t) => {
    const { tlsPort } = await start(t);
    const options = { servername: 'shop.test', ALPNProtocols: protocols };
    const { protocol, isChallenge } = await handshake(t, tlsPort, options);
    assert.deepEqual([protocol, isChallenge], [protocols.length === 0 ? false : 'http/1.1', false]);
  });
}

test('a name without a challenge is refused', async (t) => {
  const { logged, tlsPort } = await start(t);
  const socket = connect({
    host: '127.0.0.1',
    port: tlsPort!,
    servername: 'other.test',
    rejectUnauthorized: false,
    ALPNProtocols: ['acme-tls/1'],
  });
  await once(socket, 'error');
  await logged(({ reason }) => reason === 'tls: no challenge for the name');
});
