/** What the terminators of several threads share, and what changes while they run. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { describe, it, test, type TestContext } from 'node:test';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { ChallengeDirectory } from '../../../src/acme/challenge-directory.ts';
import { CertificateDirectory } from '../../../src/certificates/certificate-directory.ts';
import type { ServedCertificate } from '../../../src/certificates/certificate.ts';
import { ClientAuth } from '../../../src/tls/client-auth.ts';
import { type OnDemand, type TerminatorSettings, TlsTerminator } from '../../../src/tls/tls-terminator.ts';
import { authority } from '../../support/issued.ts';

const ROOT = authority();
const SETTINGS: TerminatorSettings = {
  minVersion: 'TLSv1.2',
  unknownName: 'reject',
  handshakeTimeoutMs: 10_000,
  ticketRotationMs: 3_600_000,
};

function certificate(host: string, version = 1): ServedCertificate {
  const { cert, key } = ROOT.issue([host]);
  return { id: host, version, hosts: [host], isDefault: false, chainPem: cert, keyPem: key };
}

interface World {
  settings: TerminatorSettings;
  wallMs: number;
}

/** One thread's port. */
async function listen(t: TestContext, world: World, certificates: CertificateDirectory, onDemand?: OnDemand) {
  const refused: string[] = [];
  const terminator = new TlsTerminator({
    certificates,
    challenges: new ChallengeDirectory(),
    settings: () => world.settings,
    clientAuth: () => new ClientAuth([]),
    ticketSecret: new Uint8Array(32).fill(1),
    wallMs: () => world.wallMs,
    onSecure: (secure) => void secure.on('error', () => undefined).resume(),
    onRefused: (_raw, reason) => refused.push(reason),
    protocols: ['http/1.1'],
    answerPlain: () => 'plain',
    ...(onDemand && { onDemand }),
  });
  const server = createServer((raw) => terminator.accept(raw));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { refused, server, dial: (options: ConnectionOptions = {}) => dial(t, port, options) };
}

function dial(t: TestContext, port: number, options: ConnectionOptions): TLSSocket {
  const socket = connect({ host: '127.0.0.1', port, ca: ROOT.cert, servername: 'a.test', ...options });
  t.after(() => socket.destroy());
  return socket;
}

async function ticketOf(socket: TLSSocket): Promise<Buffer> {
  const [session] = (await once(socket, 'session')) as [Buffer];
  socket.destroy();
  return session;
}

async function isResumed(socket: TLSSocket): Promise<boolean> {
  await once(socket, 'secureConnect');
  return socket.isSessionReused();
}

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session that one thread began is resumed by any other: ${maxVersion}`, async (t) => {
    const world: World = { settings: SETTINGS, wallMs: 0 };
    const directory = new CertificateDirectory([certificate('a.test')]);
    const threads = [await listen(t, world, directory), await listen(t, world, directory)];
    for (const from of threads) {
      const session = await ticketOf(from.dial({ maxVersion }));
      for (const to of threads) assert.equal(await isResumed(to.dial({ maxVersion, session })), true);
    }
  });

  test(`tickets outlive a change of certificates and settings, but not that of their keys: ${maxVersion}`, async (t) => {
    const world: World = { settings: SETTINGS, wallMs: 0 };
    const directory = new CertificateDirectory([certificate('a.test')]);
    const { dial: open } = await listen(t, world, directory);
    const session = await ticketOf(open({ maxVersion }));
    directory.apply([certificate('a.test', 2)], []);
    world.settings = { ...SETTINGS, handshakeTimeoutMs: 5000 };
    assert.equal(await isResumed(open({ maxVersion, session })), true);
    world.wallMs = SETTINGS.ticketRotationMs;
    assert.equal(await isResumed(open({ maxVersion, session })), false);
  });
}

test('settings apply to the next handshake', async (t) => {
  const world: World = { settings: SETTINGS, wallMs: 0 };
  const { dial: open } = await listen(t, world, new CertificateDirectory([certificate('a.test')]));
  await once(open({ maxVersion: 'TLSv1.2' }), 'secureConnect');
  world.settings = { ...SETTINGS, minVersion: 'TLSv1.3' };
  await assert.rejects(once(open({ maxVersion: 'TLSv1.2' }), 'secureConnect'), { code: /PROTOCOL_VERSION/ });
});

for (const [servername, code] of [
  ['b.test', /_UNRECOGNIZED_NAME$/],
  ['', /_MISSING_EXTENSION$/],
] as const) {
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`an alert says that there is no certificate for the name: "${servername}", ${maxVersion}`, async (t) => {
      const directory = new CertificateDirectory([certificate('a.test')]);
      const { dial: open, refused } = await listen(t, { settings: SETTINGS, wallMs: 0 }, directory);
      await assert.rejects(once(open({ servername, maxVersion }), 'secureConnect'), { code });
      assert.deepEqual(refused, ['no certificate for the name']);
    });
  }
}

test('a certificate that OpenSSL cannot use refuses its own clients only', async (t) => {
  const world: World = { settings: SETTINGS, wallMs: 0 };
  const broken = { ...certificate('broken.test'), keyPem: certificate('other.test').keyPem };
  const { dial: open, refused } = await listen(t, world, new CertificateDirectory([broken, certificate('a.test')]));
  await assert.rejects(once(open({ servername: 'broken.test' }), 'secureConnect'));
  await once(open(), 'secureConnect');
  assert.equal(refused.length, 1);
});

test('a default certificate that OpenSSL cannot use refuses its own clients only', async (t) => {
  const world: World = { settings: { ...SETTINGS, unknownName: 'default' }, wallMs: 0 };
  const broken = { ...certificate('broken.test'), isDefault: true, keyPem: certificate('other.test').keyPem };
  const directory = new CertificateDirectory([broken]);
  const { dial: open, refused } = await listen(t, world, directory);
  await assert.rejects(once(open({ servername: '' }), 'secureConnect'));
  assert.deepEqual(refused, ['ERR_OSSL_X509_KEY_VALUES_MISMATCH']);
});

describe('a client that waits for its certificate', () => {
  async function start(t: TestContext) {
    const directory = new CertificateDirectory([]);
    const { promise: ready, resolve } = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    let left = 0;
    const port = await listen(t, { settings: SETTINGS, wallMs: 0 }, directory, {
      request: () => {
        asked.resolve();
        return { ready, leave: () => void (left += 1) };
      },
      onUsed: () => undefined,
    });
    return { ...port, directory, resolve, asked: asked.promise, left: () => left };
  }

  it('gets it, whatever it has sent meanwhile', async (t) => {
    const { dial: open, directory, resolve, asked, left } = await start(t);
    const socket = open();
    await asked;
    directory.apply([certificate('a.test')], []);
    resolve();
    await once(socket, 'secureConnect');
    assert.equal(left(), 0);
  });

  for (const [how, leave] of [
    ['resets its connection', (socket: Socket) => void socket.resetAndDestroy()],
    ['ends its side', (socket: Socket) => void socket.end()],
  ] as const) {
    it(`and ${how} gives its place up at once`, async (t) => {
      const { server, refused, asked, left } = await start(t);
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const hello = await clientHello();
      const socket = createConnection((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
      t.after(() => socket.destroy());
      socket.write(hello);
      await asked;
      const [raw] = await accepted;
      const closed = new Promise((resolve) => raw.once('close', resolve));
      leave(socket);
      await closed;
      assert.equal(left(), 1);
      assert.deepEqual(refused, ['the handshake broke off']);
    });
  }
});

async function clientHello(): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: 'a.test' });
  client.on('error', () => undefined);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}
