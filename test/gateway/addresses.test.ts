/** Backends by host name: where the name leads, and what happens if that changes, is silent, or never resolved. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startDnsServer, type DnsServer } from '../support/dns-server.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { RawClient } from '../support/raw-socket.ts';
import { upgradeRequest } from '../support/upgrade-backend.ts';

const CALM = 'rate_limit: { enabled: false }\n';
/** A probe may take long on a busy machine: only refused connections and answers may find a backend down. */
const PROBED = 'health_check: { interval: 2s, fast_interval: 2s, timeout: 1900ms, rise: 1, fall: 1 }\n';

interface BackendView {
  readonly available: boolean;
  readonly reason: string | null;
  readonly state_reason: string | null;
  readonly addresses: readonly string[];
  readonly addresses_down: readonly string[];
  readonly resolution: { readonly host: string; readonly since: string | null; readonly error: string | null } | null;
}

const view = async (gateway: TestGateway, id = 'app'): Promise<BackendView> =>
  (await gateway.admin(`/v1/api/backends/${id}`)).json<BackendView>();

interface Hosts {
  readonly port: number;
  /** By address. */
  readonly servers: ReadonlyMap<string, Server>;
}

/**
 * The same port on each of these addresses; every answer contains the address. An upgrade is answered `101` likewise.
 */
async function startHosts(t: TestContext, addresses: readonly string[]): Promise<Hosts> {
  for (;;) {
    const servers = new Map<string, Server>();
    let port = 0;
    try {
      for (const address of addresses) {
        const server = createServer((_request, response) => void response.end(address));
        server.on('upgrade', (_request, socket) => {
          socket.end(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n${address}`);
        });
        servers.set(address, server);
        server.listen(port, address);
        await once(server, 'listening');
        ({ port } = server.address() as AddressInfo);
      }
    } catch {
      // Another process has this port on one of the others.
      for (const server of servers.values()) server.close();
      continue;
    }
    t.after(() => servers.forEach(stop));
    return { port, servers };
  }
}

function stop(server: Server): void {
  server.close();
  server.closeAllConnections();
}

function yaml(dns: DnsServer, port: number, more = ''): string {
  return `${CALM}dns: { servers: ["${dns.address}"] }
${more}pools:
  default:
    retries: { attempts: 0 }
    backends: [{ url: "http://app.test:${port}", id: app }]
`;
}

/** A request on a connection of its own, so that any thread may get it. */
const ask = async (gateway: TestGateway): Promise<string> => {
  const { status, body } = await httpRequest(`${gateway.trafficUrl}/`);
  return status === 200 ? body : String(status);
};

async function askUntil(gateway: TestGateway, wanted: string): Promise<string[]> {
  const answers: string[] = [];
  await eventually(`an answer of ${wanted}`, async () => {
    answers.push(await ask(gateway));
    return answers.at(-1) === wanted;
  });
  return answers;
}

async function askTimes(gateway: TestGateway, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let at = 0; at < count; at += 1) {
    const answer = await ask(gateway);
    counts[answer] = (counts[answer] ?? 0) + 1;
  }
  return counts;
}

test('requests follow a name to its new address while they keep coming, and none fails', async (t) => {
  const dns = await startDnsServer(t);
  const { port } = await startHosts(t, ['127.0.0.1', '127.0.0.2']);
  dns.zone.set('app.test', ['127.0.0.1']);
  const gateway = await startTestGateway(t, yaml(dns, port));
  assert.deepEqual(await askTimes(gateway, 6), { '127.0.0.1': 6 });

  dns.zone.set('app.test', ['127.0.0.2']);
  const answers = await askUntil(gateway, '127.0.0.2');
  assert.deepEqual([...new Set(answers)], ['127.0.0.1', '127.0.0.2'].slice(answers.length === 1 ? 1 : 0));
  await eventually('all threads have followed', async () => (await askTimes(gateway, 8))['127.0.0.2'] === 8);
  assert.match(
    await new RawClient(Number(new URL(gateway.trafficUrl).port)).send(upgradeRequest()).closed(),
    /127\.0\.0\.2$/,
  );

  const { addresses, resolution } = await view(gateway);
  assert.deepEqual(addresses, ['127.0.0.2']);
  assert.equal(resolution!.host, 'app.test');
  const { items } = (await gateway.admin('/v1/api/events?kind=backend')).json<{ items: { message: string }[] }>();
  assert.ok(items.some(({ message }) => message === 'app.test resolves to 127.0.0.2, previously 127.0.0.1'));
});

test('the probes judge the address that requests go to', async (t) => {
  const dns = await startDnsServer(t);
  const { port, servers } = await startHosts(t, ['127.0.0.1', '127.0.0.2']);
  dns.zone.set('app.test', ['127.0.0.1']);
  const gateway = await startTestGateway(t, yaml(dns, port, PROBED));
  assert.equal(await ask(gateway), '127.0.0.1');
  stop(servers.get('127.0.0.1')!);
  await eventually('it is found down', async () => (await view(gateway)).reason === 'unhealthy');
  dns.zone.set('app.test', ['127.0.0.2']);
  await eventually('it is up at its new address', async () => (await view(gateway)).available);
  assert.equal(await ask(gateway), '127.0.0.2');
});

for (const [what, silence] of [
  ['is silent', (dns: DnsServer) => dns.zone.set('app.test', 'silent')],
  ['knows the name no longer', (dns: DnsServer) => dns.zone.delete('app.test')],
] as const) {
  test(`a backend stays where it was last found when the DNS server ${what}`, async (t) => {
    const dns = await startDnsServer(t);
    const { port } = await startHosts(t, ['127.0.0.1']);
    dns.zone.set('app.test', ['127.0.0.1']);
    const gateway = await startTestGateway(t, yaml(dns, port, PROBED));
    await eventually('it is available', async () => (await view(gateway)).available);
    silence(dns);
    await eventually('a lookup has failed', async () => (await view(gateway)).resolution!.error !== null);
    assert.deepEqual(await askTimes(gateway, 4), { '127.0.0.1': 4 });
    const { available, addresses } = await view(gateway);
    assert.deepEqual({ available, addresses }, { available: true, addresses: ['127.0.0.1'] });
    assert.match((await gateway.admin('/metrics')).body, /^sluice_backend_resolved\{.*backend="app".*\} 0$/m);
  });
}

test('a name without any answer delays neither the start nor another backend, and is unavailable with the reason', async (t) => {
  const dns = await startDnsServer(t);
  const { port } = await startHosts(t, ['127.0.0.1', '127.0.0.2']);
  dns.zone.set('app.test', ['127.0.0.1']);
  for (let at = 0; at < 5; at += 1) dns.zone.set(`hung${at}.test`, 'silent');
  const hung = [0, 1, 2, 3, 4].map((at) => `{ url: "http://hung${at}.test:${port}", id: hung${at} }`);
  const text = yaml(dns, port, PROBED).replace('pools:\n', `pools:\n  hung:\n    backends: [${hung.join(', ')}]\n`);
  const gateway = await startTestGateway(
    t,
    text + 'routes:\n  - { path_prefix: /, pool: default }\n  - { path_prefix: /hung, pool: hung }\n',
  );
  assert.deepEqual(await askTimes(gateway, 4), { '127.0.0.1': 4 });
  assert.equal((await httpRequest(`${gateway.trafficUrl}/hung`)).status, 503);
  const { available, reason, state_reason: why, addresses } = await view(gateway, 'hung0');
  assert.deepEqual(
    { available, reason, why, addresses },
    { available: false, reason: 'unresolved', why: 'its host name never resolved', addresses: [] },
  );

  dns.zone.set('app.test', ['127.0.0.2']);
  await askUntil(gateway, '127.0.0.2');
  dns.zone.set('hung0.test', ['127.0.0.1']);
  await eventually('it is found', async () => (await view(gateway, 'hung0')).available);
  assert.equal((await httpRequest(`${gateway.trafficUrl}/hung`)).body, '127.0.0.1');
});

test('requests use all addresses of a name in turn, and pass over one that refuses connections', async (t) => {
  const dns = await startDnsServer(t);
  const { port, servers } = await startHosts(t, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  dns.zone.set('app.test', ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  const gateway = await startTestGateway(t, yaml(dns, port), { threads: 1 });
  assert.deepEqual(await askTimes(gateway, 12), { '127.0.0.1': 4, '127.0.0.2': 4, '127.0.0.3': 4 });
  stop(servers.get('127.0.0.2')!);
  const counts = await askTimes(gateway, 12);
  assert.deepEqual(Object.keys(counts).toSorted(), ['127.0.0.1', '127.0.0.3']);
});

test('an address whose probes fail gets no requests while another one is healthy, and is shown', async (t) => {
  const dns = await startDnsServer(t);
  const { port, servers } = await startHosts(t, ['127.0.0.1', '127.0.0.2']);
  dns.zone.set('app.test', ['127.0.0.1', '127.0.0.2']);
  const gateway = await startTestGateway(t, yaml(dns, port, PROBED));
  await eventually('it is available', async () => (await view(gateway)).available);
  // It accepts connections like any other: only the probes see that it does not work.
  servers
    .get('127.0.0.2')!
    .removeAllListeners('request')
    .on('request', (_request, response) => {
      response.statusCode = 500;
      response.end();
    });
  await eventually('one is left out', async () => (await view(gateway)).addresses_down.length === 1);
  assert.deepEqual((await view(gateway)).addresses, ['127.0.0.1']);
  assert.equal((await view(gateway)).available, true);
  await eventually('all threads know', async () => (await askTimes(gateway, 8))['127.0.0.1'] === 8);
});

test('a backend that the API adds by its name gets requests as soon as that is answered', async (t) => {
  const dns = await startDnsServer(t);
  const { port } = await startHosts(t, ['127.0.0.1', '127.0.0.2']);
  dns.zone.set('app.test', ['127.0.0.1']);
  dns.zone.set('new.test', ['127.0.0.2']);
  const gateway = await startTestGateway(t, yaml(dns, port));
  const body = { pool: 'default', url: `http://new.test:${port}`, id: 'new' };
  assert.equal((await gateway.admin('/v1/api/backends', { method: 'POST', body })).status, 201);
  assert.equal((await view(gateway, 'new')).available, true);
  await askUntil(gateway, '127.0.0.2');
});
