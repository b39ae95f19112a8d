import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { authority, type Issued } from '../support/issued.ts';
import { pemFolder } from '../support/pem-folder.ts';
import { rawResponse, startRawBackend } from '../support/raw-socket.ts';

const root = authority();

/** Writes a pair, with its issuer. @returns the certificate of the configuration */
function pairs(t: TestContext) {
  const write = pemFolder(t);
  return (name: string, { cert, key }: Issued) => ({
    cert_file: write(`${name}.pem`, cert + root.cert),
    key_file: write(`${name}.key`, key),
  });
}

async function start(t: TestContext, certificates: readonly object[], more = ''): Promise<TestGateway> {
  const backend = await startRawBackend(rawResponse('well'));
  t.after(() => backend.close());
  return startTestGateway(t, yamlOf(backend.url, certificates, more));
}

function yamlOf(url: string, certificates: readonly object[], more = ''): string {
  return gatewayYaml([url], `tls: ${JSON.stringify({ port: 0, certificates })}\n${more}`);
}

async function dial(t: TestContext, gateway: TestGateway, servername: string, ca = root.cert): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(gateway.tlsUrl!).port), servername, ca });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  // The gateway, which was there first, is stopped first.
  socket.on('error', () => {});
  return socket;
}

/** Serials of as many connections as would reach every thread. */
async function serials(t: TestContext, gateway: TestGateway, host: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let at = 0; at < 16; at += 1) {
    const socket = await dial(t, gateway, host);
    found.add(socket.getPeerX509Certificate()!.serialNumber);
    socket.destroy();
  }
  return found;
}

test('a new certificate is served on every thread without a reload, and open connections live on', async (t) => {
  const put = pairs(t);
  const gateway = await start(t, [put('a', root.issue(['a.test']))]);
  const before = await serials(t, gateway, 'a.test');
  assert.equal(before.size, 1);
  const open = await dial(t, gateway, 'a.test');
  put('a', root.issue(['a.test']));
  await eventually('it is replaced', () => gateway.log.some(({ msg }) => msg === 'certificate replaced'));
  const after = await serials(t, gateway, 'a.test');
  assert.equal(after.size, 1);
  assert.notDeepEqual(after, before);
  open.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const [answer] = (await once(open, 'data')) as [Buffer];
  assert.match(String(answer), /^HTTP\/1\.1 200/);
});

test('files that cannot be served are refused whole, and that can be seen everywhere', async (t) => {
  const put = pairs(t);
  const first = root.issue(['a.test']);
  const gateway = await start(t, [put('a', first)]);
  const before = await serials(t, gateway, 'a.test');
  put('a', { cert: root.issue(['a.test']).cert, key: first.key });
  await eventually('it is refused', () => gateway.log.some(({ msg }) => msg === 'certificate files cannot be served'));
  assert.deepEqual(await serials(t, gateway, 'a.test'), before);
  const { items } = (await gateway.admin('/v1/api/certificates')).json() as { items: { error: string }[] };
  assert.match(items[0]!.error, /a\.key" does not belong to the first certificate in cert_file$/);
  const events = (await gateway.admin('/v1/api/events?kind=certificate')).json() as { items: { message: string }[] };
  assert.match(events.items[0]!.message, /^new certificate for a\.test refused, the one before is served on: /);
  const metrics = (await gateway.admin('/metrics')).body;
  assert.match(metrics, /^sluice_certificate_changes_total\{result="refused"\} 1$/m);
  assert.match(metrics, /^sluice_certificate_expiry_timestamp_seconds\{host="a\.test"\} \d+$/m);
});

test('a reload changes certificates at once, or is refused as a whole and changes none', async (t) => {
  const put = pairs(t);
  const a = put('a', root.issue(['a.test']));
  const backend = await startRawBackend(rawResponse('well'));
  t.after(() => backend.close());
  const gateway = await startTestGateway(t, yamlOf(backend.url, [a]));
  const b = put('b', root.issue(['b.test']));
  gateway.write(yamlOf(backend.url, [a, b]));
  const { status } = await gateway.admin('/v1/api/config/reload', { method: 'POST' });
  assert.equal(status, 200);
  await dial(t, gateway, 'b.test');

  writeFileSync(b.key_file, 'no key');
  gateway.write(yamlOf(backend.url, [b], 'log: { level: warn }\n'));
  const refused = await gateway.admin('/v1/api/config/reload', { method: 'POST' });
  assert.equal(refused.status, 400);
  assert.match(refused.body, /tls\.certificates\.0\.key_file: .*b\.key.* contains no PEM private key/);
  await dial(t, gateway, 'a.test');
  await dial(t, gateway, 'b.test');

  put('b', root.issue(['b.test']));
  assert.equal((await gateway.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
  await dial(t, gateway, 'b.test');
  await assert.rejects(dial(t, gateway, 'a.test'), 'a.test is not configured any more');
});

test('no key is in any answer of the admin port, in the log or in an event', async (t) => {
  const put = pairs(t);
  const pair = root.issue(['a.test']);
  const gateway = await start(t, [put('a', pair), { hosts: ['localhost'], internal: true }]);
  await gateway.admin('/v1/api/config/reload', { method: 'POST' });
  await gateway.admin('/v1/api/config/check', { method: 'POST', body: {} });
  put('a', { cert: 'none', key: pair.key });
  await eventually('it is refused', () => gateway.log.some(({ msg }) => msg === 'certificate files cannot be served'));
  const authorityFile = readFileSync(join(dirname(gateway.file), 'internal-ca.pem'), 'utf8');
  const secrets = [pair.key, authorityFile].map((text) => /PRIVATE KEY-----\n(.{40})/.exec(text)![1]!);
  const paths = [
    '/v1/api/config',
    '/v1/api/certificates',
    '/v1/api/tls/root.pem',
    '/v1/api/events',
    '/v1/api/audit',
    '/metrics',
  ];
  for (const path of paths) {
    const { status, body: text } = await gateway.admin(path);
    assert.equal(status, 200, path);
    for (const secret of [...secrets, 'PRIVATE KEY']) assert.ok(!text.includes(secret), path);
  }
  for (const secret of [...secrets, 'PRIVATE KEY']) assert.ok(!JSON.stringify(gateway.log).includes(secret));
});

test('an internal certificate is trusted by those who trust the root, which is kept in data_dir', async (t) => {
  const gateway = await start(t, [{ hosts: ['localhost', '*.dev.test'], internal: true }]);
  const rootPem = (await gateway.admin('/v1/api/tls/root.pem')).body;
  const socket = await dial(t, gateway, 'a.dev.test', rootPem);
  assert.equal(socket.authorized, true);
  const kept = readFileSync(join(dirname(gateway.file), 'internal-ca.pem'), 'utf8');
  assert.ok(kept.startsWith(rootPem));
});

test('a gateway does not start with a certificate that it cannot serve', async (t) => {
  const put = pairs(t);
  const a = put('a', root.issue(['a.test']));
  await assert.rejects(start(t, [{ ...a, hosts: ['b.test'] }]), {
    name: 'ConfigError',
    message: /tls\.certificates\.0\.hosts\.0: "b\.test" is not in the certificate, which is for a\.test$/,
  });
});
