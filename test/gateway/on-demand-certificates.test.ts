/** Certificates that are ordered when a client asks for a name: whole gateways, and a real ACME server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { openDatabase } from '../../drizzle/open-database.ts';
import { type AcmeWorld, certificateRows, served, startAcmeWorld } from '../support/acme-world.ts';
import { fakeDatabase } from '../support/admin-app.ts';
import { type AskService, startAskService } from '../support/ask-service.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { authority } from '../support/issued.ts';
import { keptLog } from '../support/kept-log.ts';
import { MemoryClientStore } from '../support/memory-client-store.ts';
import { pebbleMissing, type PebbleOptions } from '../support/pebble.ts';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.ts';

const skip = pebbleMissing;

interface World extends AcmeWorld {
  readonly ask: AskService;
  onDemandYaml(onDemand?: object, certificate?: object): string;
}

async function startWorld(t: TestContext, options: PebbleOptions = {}): Promise<World> {
  const [world, ask] = [await startAcmeWorld(t, options), await startAskService(t)];
  return {
    ...world,
    ask,
    onDemandYaml: (onDemand = {}, certificate = {}) =>
      world.yaml(
        [
          { hosts: ['fixed.dev.test'], internal: true },
          { acme: 'le', on_demand: { ask: ask.url, ...onDemand }, ...certificate },
        ],
        {},
        { storage_key: 'a0'.repeat(32) },
      ),
  };
}

function orders({ pebble }: World): number {
  return [...pebble.log().matchAll(/POST \/order-plz/g)].length;
}

async function metric(gateway: TestGateway, name: string): Promise<number> {
  const line = (await gateway.admin('/metrics')).body.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

test('the first handshakes for a name wait for its certificate: one order for all of them', { skip }, async (t) => {
  const world = await startWorld(t);
  const gateway = await startTestGateway(t, world.onDemandYaml(), { port: world.port });
  assert.equal((await served(world.tlsPort, 'fixed.dev.test'))?.subjectAltName, 'DNS:fixed.dev.test');
  const leaves = await Promise.all(Array.from({ length: 12 }, () => served(world.tlsPort, 'Shop.Example.com')));
  for (const leaf of leaves) assert.equal(leaf?.subjectAltName, 'DNS:shop.example.com');
  assert.equal(new Set(leaves.map((leaf) => leaf!.serialNumber)).size, 1);
  assert.equal(orders(world), 1);
  assert.deepEqual(world.ask.asked, ['shop.example.com']);
  const row = (await certificateRows(gateway)).find(({ hosts }) => hosts[0] === 'shop.example.com')!;
  assert.deepEqual([row.source, row.state, row.error], ['on_demand', 'ok', null]);
  assert.ok(Date.now() - Date.parse(row.last_used!) < 60_000);
  assert.equal(await metric(gateway, 'sluice_on_demand_certificates{state="ok"}'), 1);
  assert.equal(await metric(gateway, 'sluice_on_demand_requests_total{result="served"}'), 1);
  assert.doesNotMatch((await gateway.admin('/metrics')).body, /host="shop\.example\.com"/, 'clients choose no labels');
});

test(
  'without a yes there is no order: no, an error, no answer, a redirect; and names that nobody is asked about',
  { skip },
  async (t) => {
    const world = await startWorld(t);
    const gateway = await startTestGateway(t, world.onDemandYaml({ ask_timeout: '200ms' }), { port: world.port });
    const answers: Readonly<Record<string, number | null>> = {
      'no.example.com': 404,
      'error.example.com': 500,
      'moved.example.com': 302,
      'silent.example.com': null,
    };
    world.ask.answer = (domain) => answers[domain]!;
    const names = Object.keys(answers);
    for (const name of [...names, ...names]) assert.equal(await served(world.tlsPort, name), undefined, name);
    assert.deepEqual(world.ask.asked, names, 'each once');
    for (const name of ['localhost', '10.0.0.1', 'a_b.example.com', 'a.b.c.d.e.f.g.h.i.example.com', 'example.1']) {
      assert.equal(await served(world.tlsPort, name), undefined, name);
    }
    assert.deepEqual(world.ask.asked, names);
    assert.equal(orders(world), 0);
    assert.equal((await certificateRows(gateway)).length, 1);
    assert.ok((await metric(gateway, 'sluice_on_demand_requests_total{result="refused"}')) >= 2);
    assert.ok((await metric(gateway, 'sluice_on_demand_requests_total{result="failed"}')) >= 2);
    const asks = ['yes', 'no', 'failed'].map((result) =>
      metric(gateway, `sluice_on_demand_asks_total{result="${result}"}`),
    );
    const [yes, no, failed] = (await Promise.all(asks)) as [number, number, number];
    assert.equal(yes, 0);
    assert.equal(no + failed, names.length);
    assert.ok(no >= 1 && failed >= 1, `${no} no, ${failed} failed`);
  },
);

test(
  'names are served after a restart without a question or an order, and until on_demand is removed',
  { skip },
  async (t) => {
    const world = await startWorld(t);
    const database = fakeDatabase(new MemoryClientStore());
    const first = await startTestGateway(t, world.onDemandYaml(), { port: world.port, database });
    const leaf = await served(world.tlsPort, 'a.example.com');
    assert.equal(leaf?.subjectAltName, 'DNS:a.example.com');
    await first.stop();
    await world.pebble.stop();
    world.ask.answer = () => null;
    const second = await startTestGateway(t, world.onDemandYaml(), { port: world.port, database });
    assert.equal((await served(world.tlsPort, 'a.example.com'))?.serialNumber, leaf.serialNumber);
    assert.equal(world.ask.asked.length, 1);

    second.write(world.onDemandYaml({}, { hosts: ['*.other.com'] }));
    await second.reload('test');
    assert.equal(await served(world.tlsPort, 'a.example.com'), undefined, 'its name does not match any more');
    second.write(world.onDemandYaml({}, { hosts: ['*.example.com'] }));
    await second.reload('test');
    assert.equal((await served(world.tlsPort, 'a.example.com'))?.serialNumber, leaf.serialNumber);
    second.write(world.yaml([{ hosts: ['fixed.dev.test'], internal: true }], {}, { storage_key: 'a0'.repeat(32) }));
    await second.reload('test');
    assert.equal(await served(world.tlsPort, 'a.example.com'), undefined);
  },
);

test(
  'a pattern limits the names, and what the configuration or an operator has takes precedence',
  { skip },
  async (t) => {
    const world = await startWorld(t);
    const yaml = world.yaml(
      [
        { acme: 'le', hosts: ['*.example.com', 'localhost'], on_demand: { ask: world.ask.url } },
        { hosts: ['own.example.com'], internal: true },
      ],
      {},
      { storage_key: 'a0'.repeat(32) },
    );
    const gateway = await startTestGateway(t, yaml, { port: world.port });
    assert.equal(await served(world.tlsPort, 'a.b.example.com'), undefined, 'a wildcard stands for one label');
    assert.equal(await served(world.tlsPort, 'example.com'), undefined);
    assert.match((await served(world.tlsPort, 'own.example.com'))!.issuer, /Sluice internal CA/);
    assert.deepEqual(world.ask.asked, []);
    assert.match((await served(world.tlsPort, 'a.example.com'))!.issuer, /Pebble/);
    assert.match(
      (await served(world.tlsPort, 'localhost'))!.issuer,
      /Pebble/,
      'a name without a dot that is configured',
    );
    const own = authority('an operator');
    const { cert, key } = own.issue(['a.example.com']);
    const { status } = await gateway.admin('/v1/api/certificates', {
      method: 'POST',
      body: { cert_pem: cert, key_pem: key },
    });
    assert.equal(status, 201);
    assert.match((await served(world.tlsPort, 'a.example.com'))!.issuer, /an operator/);
  },
);

test(
  'an order that fails refuses the handshake, is shown, and is not repeated for the next one',
  { skip },
  async (t) => {
    const world = await startWorld(t, { httpPort: 1, tlsPort: 1 });
    const gateway = await startTestGateway(t, world.onDemandYaml(), { port: world.port });
    for (let at = 0; at < 6; at += 1) assert.equal(await served(world.tlsPort, 'a.example.com'), undefined);
    assert.equal(orders(world), 1);
    const row = (await certificateRows(gateway)).find(({ source }) => source === 'on_demand')!;
    assert.equal(row.state, 'pending');
    assert.match(row.error!, /^le: a\.example\.com by tls-alpn-01: /);
    assert.ok(Date.parse(row.next_attempt!) > Date.now());
  },
);

test(
  'a handshake waits no longer than configured, and one whose client leaves disturbs nobody',
  { skip },
  async (t) => {
    const world = await startWorld(t);
    // It validates at once; the service takes its time.
    world.ask.answer = () => null;
    const yaml = world.onDemandYaml({ ask_timeout: '20s', wait: '300ms' });
    const gateway = await startTestGateway(t, yaml, { port: world.port, threads: 1 });
    const left = connect({ host: '127.0.0.1', port: world.tlsPort, servername: 'a.example.com' });
    left.on('error', () => {});
    await once(left, 'connect');
    await eventually('the service is asked', () => world.ask.asked.length === 1);
    left.destroy();
    const began = performance.now();
    assert.equal(await served(world.tlsPort, 'a.example.com'), undefined);
    assert.ok(performance.now() - began < 10_000);
    assert.equal((await served(world.tlsPort, 'fixed.dev.test'))?.subjectAltName, 'DNS:fixed.dev.test');
    assert.equal(gateway.workers.length, 1, 'no thread died');
  },
);

test('a flood of names makes few questions, no orders beyond the limit, and no threads die', { skip }, async (t) => {
  const world = await startWorld(t);
  const yaml = world.onDemandYaml({ asks_per_second: 5, max_pending: 3, max_certificates: 2, orders_per_hour: 100 });
  const gateway = await startTestGateway(t, yaml, { port: world.port, threads: 1 });
  const began = performance.now();
  const names = Array.from({ length: 300 }, (_, at) => `n${at}.example.com`);
  const leaves = await Promise.all(names.map((name) => served(world.tlsPort, name)));
  const seconds = Math.ceil((performance.now() - began) / 1000);
  assert.ok(world.ask.asked.length <= 5 * (seconds + 1), `${world.ask.asked.length} in ${seconds} s`);
  assert.equal(leaves.filter((leaf) => leaf !== undefined).length, 2);
  assert.equal(orders(world), 2);
  assert.equal((await certificateRows(gateway)).length, 3);
  assert.equal((await served(world.tlsPort, 'fixed.dev.test'))?.subjectAltName, 'DNS:fixed.dev.test');
  assert.equal(gateway.workers.length, 1);
});

describe('two gateways with one database', { skip }, () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  test('a name that both are asked for at once is ordered once, answered by both, and known to both', async (t) => {
    const world = await startWorld(t);
    const url = await server.createDatabase();
    const start = async (at: number, ports: { readonly port: number; readonly tlsPort: number }) => {
      const database = await openDatabase(databaseSettings({ url, gateway: `gateway ${at}` }), {
        log: keptLog(),
        pingIntervalMs: 50,
      });
      const yaml = world.onDemandYaml().replace(`"port":${world.tlsPort}`, `"port":${ports.tlsPort}`);
      return startTestGateway(t, yaml, { port: ports.port, database, threads: 1 });
    };
    const otherPorts = { port: await freePort(), tlsPort: await freePort() };
    const [one, other] = [await start(0, world), await start(1, otherPorts)];
    const ports = [world.tlsPort, otherPorts.tlsPort];
    const leaves = await Promise.all(ports.map((port) => served(port, 'a.example.com')));
    assert.ok(leaves[0] !== undefined && leaves[1]?.serialNumber === leaves[0].serialNumber);
    assert.equal(orders(world), 1);

    // The authority validates on the ports of the first: it answers for the second.
    const second = await served(otherPorts.tlsPort, 'b.example.com');
    assert.equal(second?.subjectAltName, 'DNS:b.example.com');
    await eventually('the first has it, too', async () => {
      return (await certificateRows(one)).some(({ hosts, state }) => hosts[0] === 'b.example.com' && state === 'ok');
    });
    const { length } = world.ask.asked;
    assert.equal((await served(world.tlsPort, 'b.example.com'))?.serialNumber, second.serialNumber);
    assert.equal(world.ask.asked.length, length);

    const { id } = (await certificateRows(one)).find(({ hosts }) => hosts[0] === 'b.example.com')!;
    world.ask.answer = () => 404;
    // 409 while the gateway that ordered it still holds the lease.
    await eventually('it can be deleted', async () => {
      return (await one.admin(`/v1/api/certificates/${id}`, { method: 'DELETE' })).status === 204;
    });
    await eventually('the other forgets it, too', async () => {
      return (await certificateRows(other)).every(({ hosts }) => hosts[0] !== 'b.example.com');
    });
    for (const port of ports) assert.equal(await served(port, 'b.example.com'), undefined);
    await other.stop();
    const again = await start(1, otherPorts);
    assert.equal((await served(otherPorts.tlsPort, 'a.example.com'))?.serialNumber, leaves[0].serialNumber);
    assert.equal(orders(world), 2);
    await again.stop();
  });
});
