import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TLSSocket } from 'node:tls';
import { attemptsOf, dial } from '../../../drizzle/postgres/postgres-dial.ts';
import { parsePostgresUrl, type PostgresServer } from '../../../src/net/postgres-url.ts';
import { selfSigned } from '../../support/self-signed.ts';

/** The server's reaction to SSLRequest. */
type Answer = 'S' | 'N' | 'S and more' | 'direct' | 'end' | 'nothing';

const GREETING = 'through';

interface Listening {
  readonly port: number;
  close(): Promise<void>;
}

async function serve(answer: Answer, at?: string): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    const secure = (): void => {
      const encrypted = new TLSSocket(socket, { isServer: true, ...selfSigned, ALPNProtocols: ['postgresql'] });
      encrypted.on('error', () => {});
      encrypted.write(`${GREETING} ${encrypted.getProtocol() === null ? '' : 'TLS'}`);
    };
    if (answer === 'direct') return secure();
    if (answer === 'end') return void socket.end();
    socket.once('data', (request) => {
      assert.equal(request.toString('hex'), '0000000804d2162f');
      if (answer === 'nothing') return;
      if (answer === 'S') socket.write('S', secure);
      else socket.write(answer === 'N' ? `N` : 'SX');
    });
  });
  server.listen(at ?? { port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return {
    port: at === undefined ? (server.address() as AddressInfo).port : 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function parsed(url: string): PostgresServer {
  const server = parsePostgresUrl(url);
  assert.ok(!('problem' in server), JSON.stringify(server));
  return server;
}

/** Makes the first attempt that the URL allows; resolves to whether it is encrypted, rejects as dial does. */
async function dialled(url: string): Promise<boolean> {
  const server = parsed(url);
  const sockets = new Set<Socket>();
  const track = (socket: Socket, inPlaceOf?: Socket): void => {
    if (inPlaceOf !== undefined) sockets.delete(inPlaceOf);
    sockets.add(socket);
  };
  try {
    const socket = await dial(attemptsOf(server)[0]!, server, track);
    return socket instanceof TLSSocket && socket.encrypted;
  } finally {
    for (const each of sockets) each.destroy();
  }
}

describe('A connection to PostgreSQL', () => {
  const servers = new Map<Answer, Listening>();
  let folder: string;

  before(async () => {
    for (const answer of ['S', 'N', 'S and more', 'direct', 'end', 'nothing'] as const) {
      servers.set(answer, await serve(answer));
    }
    folder = await mkdtemp(join(tmpdir(), 'sluice-dial-'));
    await writeFile(join(folder, 'ca.pem'), selfSigned.cert);
    await writeFile(join(folder, 'key.pem'), selfSigned.key);
    await writeFile(join(folder, 'not.pem'), 'nothing of the kind');
  });
  after(async () => {
    for (const server of servers.values()) await server.close();
    await rm(folder, { recursive: true });
  });
  const at = (answer: Answer, parameters: string, host = '127.0.0.1'): string =>
    `postgres://${host}:${servers.get(answer)!.port}/d?${parameters.replaceAll('FOLDER', folder)}`;

  for (const [answer, parameters, isEncrypted] of [
    ['S', 'sslmode=disable', false],
    ['S', 'sslmode=allow', false],
    ['S', 'sslmode=prefer', true],
    ['S', '', true],
    ['N', 'sslmode=prefer', false],
    ['S', 'sslmode=require', true],
    ['S', 'sslmode=require&sslrootcert=FOLDER/ca.pem', true],
    ['S', 'sslmode=verify-ca&sslrootcert=FOLDER/ca.pem', true],
    ['S', 'sslmode=verify-full&sslrootcert=FOLDER/ca.pem', true],
    ['S', 'sslmode=require&sslcert=FOLDER/ca.pem&sslkey=FOLDER/key.pem', true],
    ['S', 'sslmode=require&ssl_min_protocol_version=TLSv1.3', true],
    ['direct', 'sslmode=require&sslnegotiation=direct', true],
  ] as const) {
    test(`with ${parameters || 'no parameter'}, to a server that says ${answer}, is ${isEncrypted ? '' : 'not '}encrypted`, async () =>
      assert.equal(await dialled(at(answer, parameters)), isEncrypted));
  }

  for (const [answer, parameters, code, message] of [
    ['N', 'sslmode=require', 'TLS_REFUSED', /offers no TLS, which sslmode=require demands/],
    ['N', 'sslmode=verify-full', 'TLS_REFUSED', /sslmode=verify-full/],
    ['S', 'sslmode=verify-full', 'DEPTH_ZERO_SELF_SIGNED_CERT', /self-signed/],
    ['S and more', 'sslmode=prefer', 'TLS_REFUSED', /tampered/],
    ['end', 'sslmode=prefer', 'ECONNRESET', /closed/],
    ['nothing', 'sslmode=prefer&connect_timeout=1', 'CONNECT_TIMEOUT', /within 1000 ms/],
    ['S', 'sslmode=require&sslrootcert=FOLDER/absent.pem', 'TLS_FILE', /^sslrootcert: .*absent.pem cannot be read/],
    ['S', 'sslmode=require&sslrootcert=FOLDER/not.pem', 'TLS_FILE', /^sslrootcert: not usable/],
    ['S', 'sslmode=require&sslcert=FOLDER/ca.pem&sslkey=FOLDER/not.pem', 'TLS_FILE', /^sslcert and sslkey: not usable/],
  ] as const) {
    test(`with ${parameters}, to a server that says ${answer}, is refused: ${code}`, async () =>
      assert.rejects(dialled(at(answer, parameters)), { code, message }));
  }

  test('under another name than the certificate has is refused by verify-full, taken by verify-ca', async () => {
    // The certificate is good for localhost and 127.0.0.1.
    const parameters = (mode: string): string => `sslmode=${mode}&sslrootcert=FOLDER/ca.pem&hostaddr=127.0.0.1`;
    await assert.rejects(dialled(at('S', parameters('verify-full'), 'db.example.com')), {
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    assert.equal(await dialled(at('S', parameters('verify-ca'), 'db.example.com')), true);
  });

  test('goes to a unix socket unencrypted', async () => {
    const server = await serve('S', join(folder, '.s.PGSQL.5433'));
    try {
      assert.equal(await dialled(`postgres:///d?host=${encodeURIComponent(folder)}&port=5433`), false);
    } finally {
      await server.close();
    }
  });

  for (const [stage, answer, parameters, event] of [
    ['while it is made', 'nothing', 'sslmode=disable', 'lookup'],
    ['while the server is asked for TLS', 'nothing', 'sslmode=prefer', 'connect'],
    ['while it is encrypted', 'S', 'sslmode=require', 'tls'],
  ] as const) {
    test(`that is destroyed ${stage} ends with the reason`, async () => {
      const server = parsed(at(answer, parameters, 'localhost'));
      const reason = new Error('cut');
      const attempt = dial(attemptsOf(server)[0]!, server, (socket, inPlaceOf) => {
        if (event === 'tls' && inPlaceOf !== undefined) socket.destroy(reason);
        else if (event !== 'tls') socket.once(event, () => socket.destroy(reason));
      });
      await assert.rejects(attempt, reason);
    });
  }
});

test('The connection attempts are those of libpq, in its order', () => {
  const ways = (url: string): string[] =>
    attemptsOf(parsed(url)).map(({ host, encryption }) => `${host.name} ${encryption}`);
  assert.deepEqual(ways('postgres://a,b/d'), ['a if-offered', 'a never', 'b if-offered', 'b never']);
  assert.deepEqual(ways('postgres://a,b/d?sslmode=allow'), ['a never', 'a always', 'b never', 'b always']);
  assert.deepEqual(ways('postgres://a/d?sslmode=verify-full'), ['a always']);
  assert.deepEqual(ways('postgres:///d?host=/tmp,a&sslmode=require'), ['/tmp never', 'a always']);
});
