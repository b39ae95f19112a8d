/** Members from DNS and HTTP in a whole gateway: what goes wrong at their sources harms no request. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import type { DiscoveryAnswer } from '../../../src/discovery/api/discovery-view.ts';
import { dnsmasqMissing, startDnsmasq } from '../../support/dnsmasq.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestGateway } from '../../support/gateway.ts';
import { httpRequest } from '../../support/http-request.ts';
import { startLoad } from '../../support/load.ts';

/** Backends on these addresses, and the same port of each; they answer with their address. */
async function startBackends(t: TestContext, ...addresses: readonly string[]): Promise<number> {
  let port = 0;
  for (const address of addresses) {
    const server = createServer((_, response) => response.end(address)).listen(port, address);
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  }
  return port;
}

function yaml(dns: string, pools: string, routes = ''): string {
  return `dns: { servers: ["${dns}"] }
health_check: { interval: 3s }
discovery: { debounce: 50ms }
rate_limit: { enabled: false }
pools:
${pools}
${routes}`;
}

/** Answers come from these, and from no others. */
async function answering(url: string, ...wanted: readonly string[]): Promise<void> {
  await eventually(`${wanted.join()} answer at ${url}`, async () => {
    const asked = await Promise.all(Array.from({ length: 8 * wanted.length }, () => httpRequest(url)));
    return [...new Set(asked.map(({ body }) => body))].sort().join() === wanted.join();
  });
}

test(
  'DNS that is killed, empty, flapping or answers others under load fails no request',
  { skip: dnsmasqMissing },
  async (t) => {
    const [a, b, c] = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;
    const port = await startBackends(t, a, b, c);
    const zone = (...addresses: readonly string[]) => ({ hosts: { 'web.test': addresses } });
    const dns = await startDnsmasq(t, zone(a, b));
    const gateway = await startTestGateway(
      t,
      yaml(
        dns.address,
        `  web: { discover: { dns: { name: web.test, port: ${port} }, hold: 2s }, algorithm: round-robin }`,
      ),
    );
    const url = gateway.trafficUrl;
    await answering(url, a, b);
    const load = startLoad(url, { connections: 4, pauseMs: 5 });

    await dns.kill();
    await eventually('the failure is logged', () => gateway.log.some(({ msg }) => msg === DISCOVERY_FAILED));
    await answering(url, a, b);

    // An empty answer may be a fault: both still answer, so both stay, without an end.
    await dns.start({});
    await eventually('it works again', () => gateway.log.some(({ msg }) => msg === 'discovery works again'));
    await eventually('both are held without an end', async () => {
      const { items } = (await gateway.admin('/v1/api/discovery')).json<DiscoveryAnswer>();
      return items[0]!.members.every(({ held }) => held !== null && held.until === null);
    });
    await answering(url, a, b);

    for (const one of [a, b, a, b]) {
      await dns.restart(zone(one, c));
      await answering(url, a, b, c);
    }
    // That it vanished for longer than hold is believed.
    await answering(url, b, c);
    const { statuses, errors } = await load.stop();
    assert.deepEqual(errors, []);
    assert.deepEqual(Object.keys(statuses), ['200']);
  },
);

const DISCOVERY_FAILED = 'discovery failed: the pool keeps its members';

test(
  'a DNS server and a registry that hang stop no other pool, and neither the pools that they list',
  { skip: dnsmasqMissing },
  async (t) => {
    const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4'] as const;
    const port = await startBackends(t, ...addresses);
    const [a, b, c] = addresses;
    let isHanging = false;
    const registry = createServer((_, response) => {
      if (!isHanging) response.end(JSON.stringify([`${b}:${port}`]));
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
    t.after(() => {
      registry.close();
      registry.closeAllConnections();
    });
    // By name: it is resolved like those of backends.
    const list = `http://registry.test:${(registry.address() as AddressInfo).port}/web.json`;
    const dns = await startDnsmasq(t, { hosts: { 'web.test': [a], 'registry.test': ['127.0.0.1'] } });
    const gateway = await startTestGateway(
      t,
      yaml(
        dns.address,
        `  dns: { discover: { dns: { name: web.test, port: ${port} } } }
  http: { discover: { http: { url: "${list}", interval: 500ms, timeout: 500ms } } }
  fixed: { backends: [{ url: "http://${c}:${port}" }] }`,
        `routes: [{ path_prefix: /dns, pool: dns }, { path_prefix: /http, pool: http }, { path_prefix: /fixed, pool: fixed }]`,
      ),
    );
    const pools = { dns: a, http: b, fixed: c };
    for (const [pool, address] of Object.entries(pools)) await answering(`${gateway.trafficUrl}/${pool}`, address);
    isHanging = true;
    dns.pause();
    const loads = Object.keys(pools).map((pool) =>
      startLoad(`${gateway.trafficUrl}/${pool}`, { connections: 2, pauseMs: 10 }),
    );
    const failed = (pool: string): boolean =>
      gateway.log.some((line) => line['msg'] === DISCOVERY_FAILED && line['pool'] === pool);
    await eventually('both sources fail', () => failed('dns') && failed('http'));
    for (const load of loads) {
      const { statuses, errors } = await load.stop();
      assert.deepEqual([errors, Object.keys(statuses)], [[], ['200']]);
    }
  },
);
