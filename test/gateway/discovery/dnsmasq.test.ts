/** Members from a real DNS server, in time that the test moves. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { DnsClient } from '../../../src/addresses/control/dns-client.ts';
import { createLookups } from '../../../src/addresses/control/name-lookup.ts';
import { lookUpService } from '../../../src/addresses/control/service-lookup.ts';
import { createDnsSource, type DnsDiscoverSettings } from '../../../src/discovery/control/sources/dns-source.ts';
import { dnsmasqMissing, startDnsmasq } from '../../support/dnsmasq.ts';
import { SourceWorld } from '../../support/source-world.ts';

const WEB: DnsDiscoverSettings = { name: 'web.test', type: 'address', port: 80, family: 'any', refreshMs: 10_000 };
const SERVICE: DnsDiscoverSettings = { ...WEB, name: '_http._tcp.web.test', type: 'srv', port: null };

/** @param server as dns.servers takes it */
function start(t: TestContext, server: string, settings: DnsDiscoverSettings): SourceWorld {
  const world = new SourceWorld();
  const dns = new DnsClient({ servers: [server], minTtlMs: 1000, maxTtlMs: 60_000 });
  t.after(() => dns.stop());
  const rules = () => ({ search: [], ndots: 1 });
  const lookups = {
    lookupOf: createLookups({
      hosts: () => new Map(),
      rules,
      query: (name, family) => dns.query(name, family),
      system: () => null,
      delay: () => new Promise(() => {}),
      nowMs: world.ports.nowMs,
    }),
    lookUpService: (name: string) => lookUpService(name, { rules, query: (each) => dns.queryServices(each) }),
    clampTtlMs: dns.clampTtlMs,
  };
  world.start(t, createDnsSource(settings, lookups, world.ports));
  return world;
}

/** The next answer, once it is due. */
async function next(world: SourceWorld): Promise<readonly string[] | string> {
  const { length } = world.answers;
  await world.pass(world.waits[0]!);
  await world.answered(length + 1);
  return world.listed;
}

async function first(world: SourceWorld): Promise<readonly string[] | string> {
  await world.answered(1);
  return world.listed;
}

function sorted(listed: readonly string[] | string): readonly string[] | string {
  return typeof listed === 'string' ? listed : listed.toSorted();
}

test('addresses of both kinds, with their TTL', { skip: dnsmasqMissing }, async (t) => {
  const dns = await startDnsmasq(t, { hosts: { 'web.test': ['192.0.2.1', '192.0.2.2', '2001:db8::1'] } });
  const world = start(t, dns.address, WEB);
  assert.deepEqual(sorted(await first(world)), ['192.0.2.1:80', '192.0.2.2:80', '2001:db8::1:80']);
  await world.pass(0);
  assert.deepEqual(world.waits, [1000]);
  const six = start(t, dns.address, { ...WEB, family: 6 });
  assert.deepEqual(await first(six), ['2001:db8::1:80']);
});

test('80 SRV records come whole, which no datagram has room for', { skip: dnsmasqMissing }, async (t) => {
  const services = Array.from({ length: 80 }, (_, at) => ({
    name: '_http._tcp.web.test',
    target: `replica-${at}.a-rather-long-domain-of-a-customer.test`,
    port: 8000 + at,
    priority: at < 60 ? 1 : 2,
    weight: at,
  }));
  const dns = await startDnsmasq(t, { services });
  const world = start(t, dns.address, SERVICE);
  await world.answered(1);
  assert.ok(world.last?.kind === 'list');
  const seen = world.last.members.toSorted((one, other) => one.port - other.port);
  assert.deepEqual(
    seen.map(({ address, port, weight, backup }) => ({ address, port, weight, backup })),
    services.map(({ target, port, priority, weight }) => {
      return { address: target, port, weight: Math.max(1, weight), backup: priority === 2 };
    }),
  );
});

test(
  'a server that is killed fails, one that starts empty says so, and other data is found',
  { skip: dnsmasqMissing },
  async (t) => {
    const dns = await startDnsmasq(t, { hosts: { 'web.test': ['192.0.2.1'] } });
    const world = start(t, dns.address, WEB);
    assert.deepEqual(await first(world), ['192.0.2.1:80']);
    await dns.kill();
    for (const startMs = world.nowMs; world.nowMs - startMs < 30_000;) {
      assert.equal(await next(world), 'no DNS server can be reached');
    }
    await dns.start({});
    assert.deepEqual(await next(world), []);
    await dns.restart({ hosts: { 'web.test': ['192.0.2.7', '192.0.2.8'] } });
    assert.deepEqual(sorted(await next(world)), ['192.0.2.7:80', '192.0.2.8:80']);
  },
);

test('a server that hangs fails, and others answer meanwhile', { skip: dnsmasqMissing }, async (t) => {
  const hung = await startDnsmasq(t, { hosts: { 'web.test': ['192.0.2.1'] } });
  const fine = await startDnsmasq(t, { hosts: { 'web.test': ['192.0.2.2'] } });
  const world = start(t, hung.address, WEB);
  const other = start(t, fine.address, WEB);
  await Promise.all([first(world), first(other)]);
  hung.pause();
  const failing = next(world);
  for (let round = 0; round < 5; round += 1) assert.deepEqual(await next(other), ['192.0.2.2:80']);
  assert.equal(world.answers.length, 1);
  assert.equal(await failing, 'no DNS server answers');
  hung.resume();
  assert.deepEqual(await next(world), ['192.0.2.1:80']);
});

test('a name outside of its zones is refused, which is no answer', { skip: dnsmasqMissing }, async (t) => {
  const dns = await startDnsmasq(t, {});
  const world = start(t, dns.address, { ...WEB, name: 'web.elsewhere' });
  assert.equal(await first(world), 'the DNS server refuses to answer');
});
