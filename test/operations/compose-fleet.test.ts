/** The promises of compose.fleet.yaml, and its balancer with real gateways behind it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadText } from '../../src/config/load.ts';
import { dockerFolder, keepsPromises, readCompose } from '../support/compose-file.ts';
import { startEchoBackend } from '../support/echo-backend.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { gatewayYaml, startTestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { missing } from '../support/installed.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const compose = readCompose('compose.fleet.yaml');
const { services } = compose;
const gateways = ['gateway-1', 'gateway-2', 'gateway-3'].map((name) => ({ name, service: services[name]! }));
const balancer = readFileSync(join(dockerFolder, 'fleet/haproxy/haproxy.cfg'), 'utf8');
const settings = loadText(
  readFileSync(join(dockerFolder, 'fleet/gateway/sluice.yaml'), 'utf8'),
  'sluice.yaml',
  { SLUICE_ADMIN_TOKEN: 'x'.repeat(40), FLEET_NAME: 'gateway-1', VALKEY_PASSWORD: 'abc', POSTGRES_PASSWORD: 'abc' },
  {},
);

test('there are three gateways, a balancer, Valkey, PostgreSQL and three backends', () => {
  const backends = ['backend-1', 'backend-2', 'backend-3'];
  const names = [...backends, 'balancer', ...gateways.map(({ name }) => name), 'postgres', 'valkey'];
  assert.deepEqual(Object.keys(services).toSorted(), names);
});

keepsPromises(compose, 6);

test('only the balancer is open to other machines', () => {
  const open = Object.values(services).flatMap(({ ports = [] }) =>
    ports.filter((port) => !port.startsWith('127.0.0.1:')),
  );
  assert.deepEqual(open, services['balancer']!.ports);
});

test('gateways differ in name and published admin port only', () => {
  const rest = gateways.map(({ service: { environment, ports, ...others } }) => {
    const { FLEET_NAME, ...variables } = environment!;
    return { name: FLEET_NAME, ports, others: { ...others, variables } };
  });
  for (const [at, { name, ports, others }] of rest.entries()) {
    assert.equal(name, gateways[at]!.name);
    assert.deepEqual(ports, [`127.0.0.1:${settings.admin.port + at + 1}:${settings.admin.port}`]);
    assert.deepEqual(others, rest[0]!.others);
  }
  assert.equal(settings.redis?.url, 'redis://:abc@valkey:6379');
  assert.equal(settings.rateLimit.shared.expectedGateways, gateways.length);
  assert.ok(Number.parseInt(gateways[0]!.service.stop_grace_period!, 10) * 1000 > settings.server.stopTimeoutMs);
});

test('the balancer knows all gateways, and they believe only its PROXY header', () => {
  const servers = [...balancer.matchAll(/^ +server (\S+) (\S+):(\d+)$/gm)].map(([, ...words]) => words);
  assert.deepEqual(
    servers,
    gateways.map(({ name }) => [name, name, `${settings.server.port}`]),
  );
  assert.match(balancer, new RegExp(`default-server check port ${settings.admin.port} .*send-proxy-v2`));
  assert.ok(settings.admin.allowedHosts.includes(/ hdr Host (\S+)/.exec(balancer)![1]!));
  const [, address] = /ipv4_address: ([\d.]+)/.exec(compose.text)!;
  const file = readFileSync(join(dockerFolder, 'fleet/gateway/sluice.yaml'), 'utf8');
  assert.match(file, new RegExp(`proxy_protocol: v2\\n +proxy_protocol_from: \\[${address}\\]`));
});

test(
  'the balancer hands the client address on, and leaves out a gateway that stops',
  { skip: missing('haproxy', 'haproxy') },
  async (t) => {
    const backend = await startEchoBackend();
    t.after(() => backend.close());
    const own =
      'server: { drain_delay: 3s, proxy_protocol: v2, proxy_protocol_from: [127.0.0.1] }\nadmin: { allowed_hosts: [gateway] }\n';
    const yaml = gatewayYaml([backend.url], own);
    const [first, second] = [await startTestGateway(t, yaml), await startTestGateway(t, yaml)];
    const { url, healthUrl } = await startBalancer(t, [first, second]);
    for (let count = 0; count < 10; count += 1) assert.equal(await statusFrom(url, '127.0.0.9'), 200);
    assert.deepEqual(new Set(backend.seen.map(({ headers }) => headers['x-forwarded-for'])), new Set(['127.0.0.9']));

    await first.stop();
    for (let count = 0; count < 10; count += 1) assert.equal(await statusFrom(url, '127.0.0.9'), 200);
    await second.stop();
    await eventually('no gateway is left', async () => {
      return (await httpRequest(healthUrl)).status === 503;
    });
  },
);

interface Balancer {
  readonly url: string;
  readonly healthUrl: string;
}

/** HAProxy with the file as it is, except for addresses. */
async function startBalancer(
  t: TestContext,
  behind: readonly { readonly trafficUrl: string; readonly adminUrl: string }[],
): Promise<Balancer> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const servers = behind.map(
    ({ trafficUrl, adminUrl }, at) =>
      `  server gateway-${at + 1} ${new URL(trafficUrl).host} port ${new URL(adminUrl).port}`,
  );
  const text = balancer
    .replace(/( +server \S+ \S+\n)+/, `${servers.join('\n')}\n`)
    .replace('bind :8080', `bind 127.0.0.1:${port}`)
    .replace('127.0.0.1:8404', `127.0.0.1:${healthPort}`)
    .replace(/ check port \d+/, ' check');
  const file = join(temporaryFolder(t), 'haproxy.cfg');
  writeFileSync(file, text);
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  t.after(async () => {
    const exit = once(child, 'exit');
    if (child.kill('SIGKILL')) await exit;
  });
  const healthUrl = `http://127.0.0.1:${healthPort}/healthz`;
  await eventually('the balancer is healthy', () =>
    httpRequest(healthUrl).then(
      ({ status }) => status === 200,
      () => false,
    ),
  );
  return { url: `http://127.0.0.1:${port}/`, healthUrl };
}

function statusFrom(url: string, localAddress: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { localAddress, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    }).on('error', reject);
  });
}
