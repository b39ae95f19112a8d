/** The admin port with TLS: as the TLS port of clients, and everything on it still works. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { command } from '../support/admin-server.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { authority } from '../support/issued.ts';
import { pemFolder } from '../support/pem-folder.ts';
import { dialTls, secured, sessionOf } from '../support/tls-client.ts';
import { httpRequest } from '../support/http-request.ts';

const root = authority();
const portOf = (url: string): number => Number(new URL(url).port);

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

interface Served {
  readonly gateway: TestGateway;
  /** Writes a new pair for localhost. */
  renew(): void;
  /** A request for https://localhost. */
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Answer>;
}

async function start(t: TestContext, tls: object = {}, more = ''): Promise<Served> {
  const write = pemFolder(t);
  const put = (name: string, hosts: readonly string[]) => {
    const { cert, key } = root.issue(hosts);
    return { cert_file: write(`${name}.pem`, cert + root.cert), key_file: write(`${name}.key`, key) };
  };
  const certificates = [put('local', ['localhost']), put('other', ['other.test'])];
  const gateway = await startTestGateway(
    t,
    gatewayYaml(
      ['http://127.0.0.1:9'],
      `admin: { tls: true }\ntls: ${JSON.stringify({ port: 0, certificates, ...tls })}\n${more}`,
    ),
    { threads: 1 },
  );
  return {
    gateway,
    renew: () => void put('local', ['localhost']),
    get: (path, headers = {}, method = 'GET') =>
      new Promise((resolve, reject) => {
        const options = { ca: root.cert, agent: false, headers, method, servername: 'localhost' };
        const url = `https://localhost:${portOf(gateway.adminUrl)}${path}`;
        const outgoing = request(url, { ...options, lookup: loopback }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode!, headers: response.headers, body: String(Buffer.concat(chunks)) }),
          );
        });
        outgoing.on('error', reject);
        outgoing.end();
      }),
  };
}

/** The gateway listens on this address only, whatever `localhost` is here. */
const loopback: LookupFunction = (_name, { all }, done) => {
  if (all === true) done(null, [{ address: '127.0.0.1', family: 4 }]);
  else done(null, '127.0.0.1', 4);
};

async function serialOf(t: TestContext, { gateway }: Served, servername: string): Promise<string> {
  const { socket } = dialTls(t, portOf(gateway.adminUrl), { servername, ca: root.cert });
  return (await secured(socket)).getPeerX509Certificate()!.serialNumber;
}

test('the admin port serves API, pages and metrics over TLS, by name as the TLS port does', async (t) => {
  const served = await start(t, { hsts: '1h' });
  const { gateway, get } = served;
  assert.match(gateway.adminUrl, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(gateway.log.find(({ msg }) => msg === 'sluice runs')!['admin'], gateway.adminUrl);
  assert.ok(gateway.log.some(({ msg }) => msg === `admin port listens at ${gateway.adminUrl}`));
  for (const path of ['/livez', '/v1/api/certificates', '/docs/', '/metrics']) {
    const { status, headers } = await get(path);
    assert.deepEqual([status, headers['strict-transport-security']], [200, 'max-age=3600'], path);
  }
  assert.notEqual(await serialOf(t, served, 'localhost'), await serialOf(t, served, 'other.test'));
  await assert.rejects(serialOf(t, served, 'unknown.test'));
  await eventually('it is logged', () =>
    gateway.log.some(({ msg }) => msg === 'TLS handshake on the admin port failed'),
  );
});

test('pages of the same origin may change things, others may not, and the Host is checked', async (t) => {
  const { gateway, get } = await start(t);
  const origin = `https://localhost:${portOf(gateway.adminUrl)}`;
  const reload = (headers: Record<string, string>) => get('/v1/api/config/reload', headers, 'POST');
  assert.equal((await reload({ origin })).status, 200);
  assert.equal((await reload({ origin: 'https://evil.test' })).status, 403);
  assert.equal((await get('/v1/api/backends', { host: 'other.test' })).status, 403);
});

test('HTTP without TLS is answered 400, and the connection is closed', async (t) => {
  const { gateway } = await start(t);
  const { status, headers, body } = await httpRequest(gateway.adminUrl.replace('https', 'http'));
  assert.deepEqual([status, headers.connection], [400, 'close']);
  assert.match(body, /"GW_TLS_REQUIRED".*https/);
});

test('a new certificate is served at once, and open connections live on', async (t) => {
  const served = await start(t);
  const before = await serialOf(t, served, 'localhost');
  const open = dialTls(t, portOf(served.gateway.adminUrl), { servername: 'localhost', ca: root.cert });
  await secured(open.socket);
  served.renew();
  await eventually('it is replaced', async () => (await serialOf(t, served, 'localhost')) !== before);
  open.socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const [answer] = (await once(open.socket, 'data')) as [Buffer];
  assert.match(String(answer), /^HTTP\/1\.1 200/);
});

test('sessions are resumed, also those of the TLS port', async (t) => {
  const { gateway } = await start(t);
  const options = { servername: 'localhost', ca: root.cert };
  for (const url of [gateway.adminUrl, gateway.tlsUrl!]) {
    const session = await sessionOf(dialTls(t, portOf(url), options).socket);
    const again = await secured(dialTls(t, portOf(gateway.adminUrl), { ...options, session }).socket);
    assert.equal(again.isSessionReused(), true, url);
  }
});

test('a client that never completes its handshake is cut off, and a stop does not wait for one', async (t) => {
  const { gateway } = await start(t, { handshake_timeout: '300ms' });
  await once(silent(gateway.adminUrl), 'close');
  const { gateway: patient } = await start(t, { handshake_timeout: '1h' });
  const socket = silent(patient.adminUrl);
  await once(socket, 'connect');
  await Promise.all([once(socket, 'close'), patient.stop()]);
});

function silent(url: string): Socket {
  const socket = connect(portOf(url), '127.0.0.1').resume();
  socket.on('error', () => undefined);
  return socket;
}

test('commands and the live stream verify the certificate: with --ca-file, or not at all', async (t) => {
  const { gateway } = await start(t);
  const before = getCACertificates('default');
  t.after(() => setDefaultCACertificates(before));
  const file = join(dirname(gateway.file), 'root.pem');
  writeFileSync(file, root.cert);
  const admin = ['--admin', `https://localhost:${portOf(gateway.adminUrl)}`];
  const refused = await command(['certs', ...admin]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /cannot reach the admin API at https:.*; give it with --ca-file/);

  const certs = await command(['certs', ...admin, '--ca-file', 'root.pem'], {}, dirname(file));
  assert.deepEqual([certs.code, certs.err], [0, '']);
  assert.match(certs.out, /^localhost +ok/m);
  const top = await command(['top', '--once', '--interval', '250ms', ...admin, '--ca-file', file]);
  assert.deepEqual([top.code, top.err], [0, '']);

  const plain = await command(['certs', '--admin', `http://localhost:${portOf(gateway.adminUrl)}`]);
  assert.match(plain.err, /400 GW_TLS_REQUIRED: This port speaks TLS: use https/);
  const foreign = await command(['certs', '--admin', `https://127.0.0.1:${portOf(gateway.adminUrl)}`]);
  assert.match(foreign.err, /no certificate for this name/);
  for (const [wrong, why] of [
    ['nowhere.pem', /--ca-file: .*nowhere\.pem cannot be read: the file does not exist/],
    ['sluice.yaml', /--ca-file: .*sluice\.yaml contains no PEM certificate/],
  ] as const) {
    const { code, err } = await command(['certs', ...admin, '--ca-file', wrong], {}, dirname(file));
    assert.equal(code, 2);
    assert.match(err, why);
  }
});

test('without the section tls there is no TLS on the admin port, and switching it needs a restart', async (t) => {
  await assert.rejects(startTestGateway(t, gatewayYaml(['http://127.0.0.1:9'], 'admin: { tls: true }\n')), {
    name: 'ConfigError',
    message: /admin\.tls: needs the section tls, whose certificates it serves$/,
  });
  const { gateway, get } = await start(t);
  gateway.write(gatewayYaml(['http://127.0.0.1:9']));
  const report = await gateway.reload('test');
  assert.deepEqual(report.restartRequired, ['tls', 'admin.tls']);
  assert.equal((await get('/livez')).status, 200);
});
