/** The examples that start a gateway, as their files are. */
import '../support/own-package.ts';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { createGateway } from '../../src/sluice.ts';
import { loadText } from '../../src/config/load.ts';
import { startEchoBackend } from '../support/echo-backend.ts';
import { httpRequest } from '../support/http-request.ts';
import { missing } from '../support/installed.ts';
import { authority } from '../support/issued.ts';
import { pemFolder } from '../support/pem-folder.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');

// Its test is one of this file.
await import('../../examples/gateway-in-test/checkout.test.ts');

async function server(t: TestContext, name: string): Promise<string> {
  const backend = await startEchoBackend((_seen, response) => response.end(name));
  t.after(() => backend.close());
  return backend.url;
}

async function open(t: TestContext, example: string, env: Readonly<Record<string, string>>) {
  const gateway = await createGateway({
    file: join(EXAMPLES, example, 'sluice.yaml'),
    env,
    database: 'memory',
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    threads: 1,
  });
  t.after(() => gateway.close());
  return gateway;
}

it('sticky: a browser stays with its server', async (t) => {
  const [SHOP_1, SHOP_2] = [await server(t, 'one'), await server(t, 'two')];
  const gateway = await open(t, 'sticky', { SHOP_1, SHOP_2, STICKY_SECRET: 'a-secret-of-at-least-32-characters' });
  const first = await httpRequest(gateway.url);
  const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
  assert.match(cookie, /^shop_server=/);
  for (let turn = 0; turn < 8; turn += 1) {
    assert.equal((await httpRequest(gateway.url, { headers: { cookie } })).body, first.body);
  }
});

it('canary: testers get the next version, and few others do', async (t) => {
  const [CURRENT, NEXT] = [await server(t, 'current'), await server(t, 'next')];
  const gateway = await open(t, 'canary', { CURRENT, NEXT });
  assert.equal((await httpRequest(gateway.url, { headers: { 'x-canary': '1' } })).body, 'next');
  const one = (await httpRequest(gateway.url)).body;
  for (let turn = 0; turn < 5; turn += 1) assert.equal((await httpRequest(gateway.url)).body, one);
});

it('tls: serves the certificate, and redirects plain requests', async (t) => {
  const root = authority();
  const { cert, key } = root.issue(['localhost']);
  const write = pemFolder(t);
  const env = { CERT_FILE: write('cert.pem', cert), KEY_FILE: write('key.pem', key), WEB: await server(t, 'web') };
  const yaml = readFileSync(join(EXAMPLES, 'tls/sluice.yaml'), 'utf8');
  // The port for TLS has no option.
  const file = write('sluice.yaml', yaml.replace('port: 8443', 'port: 0'));
  const gateway = await createGateway({
    file,
    env,
    database: 'memory',
    host: '127.0.0.1',
    port: 0,
    adminPort: 0,
    threads: 1,
  });
  t.after(() => gateway.close());
  const { port } = new URL(gateway.tlsUrl!);
  const { status, hsts } = await new Promise<{ status: number | undefined; hsts: unknown }>((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port, servername: 'localhost', ca: root.cert, headers: { host: 'localhost' }, agent: false },
      (response) => {
        response.resume();
        resolve({ status: response.statusCode, hsts: response.headers['strict-transport-security'] });
      },
    );
    asked.on('error', reject).end();
  });
  assert.deepEqual({ status, hsts }, { status: 200, hsts: 'max-age=31536000' });
  const plain = await httpRequest(gateway.url, { headers: { host: 'localhost' } });
  assert.equal(plain.status, 308);
  assert.match(plain.headers.location!, /^https:\/\/localhost/);
});

it('systemd: waits longer than a stop may take, and does not restart with an invalid configuration', () => {
  const unit = readFileSync(join(EXAMPLES, 'systemd/sluice.service'), 'utf8');
  const of = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
  const { server } = loadText('pools: { web: { backends: [{ url: "http://a" }] } }', 'sluice.yaml', {}, {});
  assert.ok(Number(of('TimeoutStopSec')) * 1000 > server.stopTimeoutMs);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-unit-'));
  try {
    writeFileSync(join(folder, 'sluice.yaml'), 'pools: 1');
    // Not the executable, but its arguments.
    const args = of('ExecStart')!.split(' ').slice(1);
    const bin = join(EXAMPLES, '../bin/sluice.js');
    const mine = args.map((arg) => arg.replace('/etc/sluice', folder).replace('/var/lib/sluice', join(folder, 'data')));
    const { status, stderr } = spawnSync(process.execPath, [bin, ...mine], { encoding: 'utf8' });
    assert.equal(String(status), of('RestartPreventExitStatus'), stderr);
    assert.match(stderr, /sluice.yaml:1/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it('systemd: the unit is valid', { skip: missing('systemd', 'systemd-analyze') }, (t) => {
  const unit = readFileSync(join(EXAMPLES, 'systemd/sluice.service'), 'utf8');
  const file = pemFolder(t)('sluice.service', unit.replace('/usr/bin/sluice', process.execPath));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /sluice\.service/);
});
