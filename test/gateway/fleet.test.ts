/** Whole gateways on one PostgreSQL: they know each other, and agree on what operators did. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { openDatabase } from '../../drizzle/open-database.ts';
import type { FleetAnswer } from '../../src/fleet/api/fleet-view.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { keptLog } from '../support/kept-log.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

/** So long that nothing is noticed because of a beat. */
const SLOW = 'beat: 1h, expire: 2h';
/** So short that a killed one is noticed soon. */
const FAST = 'beat: 100ms, expire: 1500ms';
/** Beats come soon, and nobody is lost, however long a busy machine takes. */
const STEADY = 'beat: 100ms, expire: 2h';
const BACKENDS = ['http://127.0.0.1:1', 'http://127.0.0.1:2'];

describe('gateways on one database', () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  const yaml = (name: string, times = SLOW, more = ''): string =>
    gatewayYaml(BACKENDS, `fleet: { name: ${name}, ${times} }\n${more}`);

  async function start(t: TestContext, url: string, name: string, times = SLOW, more = ''): Promise<TestGateway> {
    const database = await openDatabase(databaseSettings({ url, gateway: name }), { log: keptLog() });
    return startTestGateway(t, yaml(name, times, more), { threads: 1, database });
  }

  const fleetOf = async (gateway: TestGateway): Promise<FleetAnswer> =>
    (await gateway.admin('/v1/api/fleet')).json() as FleetAnswer;
  const names = async (gateway: TestGateway): Promise<string[]> =>
    (await fleetOf(gateway)).items.map(({ name, state }) => `${name} ${state}`);
  const events = async (gateway: TestGateway): Promise<string[]> => {
    const { items } = (await gateway.admin('/v1/api/events?kind=fleet')).json() as { items: { message: string }[] };
    return items.map(({ message }) => message).toReversed();
  };

  it('know at once who joined and who left', async (t) => {
    const url = await server.createDatabase();
    const one = await start(t, url, 'one');
    assert.deepEqual(await names(one), ['one live']);
    const two = await start(t, url, 'two');
    assert.deepEqual(await names(two), ['one live', 'two live']);
    await eventually('the join', async () => (await fleetOf(one)).live === 2, 1000);
    const { name, source, items, drift } = await fleetOf(one);
    assert.deepEqual([name, source, drift], ['one', 'database', []]);
    assert.deepEqual(
      items.map((item) => item.this),
      [true, false],
    );
    const urlOf = async (): Promise<unknown> => (await fleetOf(one)).items[1]!.admin_url;
    await eventually('its address', async () => (await urlOf()) === two.adminUrl, 1000);
    await two.stop();
    await eventually('the leave', async () => (await fleetOf(one)).live === 1, 1000);
    assert.deepEqual(await names(one), ['one live']);
    assert.deepEqual(await events(one), ['gateway two joined', 'gateway two left']);
  });

  it('notice a killed one after expire, and its restart as one', async (t) => {
    const url = await server.createDatabase();
    const one = await start(t, url, 'one', FAST);
    const options = { yaml: yaml('two', FAST, `database: { url: "${url}" }\n`) };
    const two = await runGatewayProcess(t, options);
    await eventually('the join', async () => (await fleetOf(one)).live === 2);
    process.kill(two.pid, 'SIGKILL');
    await eventually('the loss', async () => (await names(one)).includes('two lost'), 10_000);
    assert.equal((await fleetOf(one)).live, 1);
    await runGatewayProcess(t, options);
    await eventually('its return', async () => (await fleetOf(one)).live === 2);
    assert.deepEqual(await names(one), ['one live', 'two live']);
    const lost = 'gateway two is lost: it stopped reporting without leaving';
    const ofTwo = (await events(one)).filter((message) => message.startsWith('gateway two'));
    assert.deepEqual(ofTwo, ['gateway two joined', lost, 'gateway two restarted']);
  });

  it('warn of configurations that differ, and no longer once they are the same', async (t) => {
    const url = await server.createDatabase();
    const one = await start(t, url, 'one');
    const other = 'rate_limit: { default: { capacity: 7 } }\n';
    const two = await start(t, url, 'two', SLOW, other);
    await eventually('the drift', async () => (await fleetOf(one)).drift.length === 1, 1000);
    const { drift } = await fleetOf(one);
    assert.equal(drift[0]!.kind, 'config');
    assert.deepEqual(drift[0]!.groups.flatMap(({ gateways }) => gateways).toSorted(), ['one', 'two']);
    two.write(yaml('two'));
    assert.equal((await two.admin('/v1/api/config/reload', { method: 'POST' })).status, 200);
    await eventually('the agreement', async () => (await fleetOf(one)).drift.length === 0, 1000);
    const [, differ, agree] = await events(one);
    assert.match(differ!, /^configurations differ: one: [0-9a-f]{12}; two: [0-9a-f]{12}$|: two: .*; one: /);
    assert.equal(agree, 'all gateways have the same configuration');
  });

  it('warn of two that have one name, and keep them apart', async (t) => {
    const url = await server.createDatabase();
    const one = await start(t, url, 'same', STEADY);
    const two = await start(t, url, 'same', STEADY);
    for (const gateway of [one, two]) {
      await eventually('the warning', async () => (await fleetOf(gateway)).drift.some(({ kind }) => kind === 'name'));
      assert.deepEqual(await names(gateway), ['same live', 'same live']);
    }
  });

  it('of one name, the first one alone saves bucket levels under it, until it stops', async (t) => {
    const url = await server.createDatabase();
    // They save when they stop only.
    const limits = 'rate_limit: { allowlist: [] }\ndatabase: { save_levels: 1h }\n';
    const one = await start(t, url, 'same', STEADY, limits);
    const body = { client_id: 'a', capacity: 100, rate_per_second: 0.001 };
    assert.equal((await one.admin('/v1/api/clients', { method: 'POST', body })).status, 201);
    const [two, three] = [await start(t, url, 'same', STEADY, limits), await start(t, url, 'same', STEADY, limits)];
    const ask = (gateway: TestGateway) => httpRequest(gateway.trafficUrl, { headers: { 'x-client-id': 'a' } });
    for (const gateway of [one, two, three]) {
      await eventually('the warning', async () => (await fleetOf(gateway)).drift.some(({ kind }) => kind === 'name'));
      assert.match(String((await ask(gateway)).headers['ratelimit']), /r=99;/);
    }
    const database = await openDatabase(databaseSettings({ url, gateway: 'same' }), { log: keptLog() });
    t.after(() => database.close());
    const saved = async (): Promise<number> => {
      let count = 0;
      for await (const page of database.clients.loadLevels()) count += page.length;
      return count;
    };
    await two.stop();
    assert.equal(await saved(), 0);
    await one.stop();
    assert.equal(await saved(), 1);
  });

  it('are named in the audit log, and in the lines of all threads', async (t) => {
    const url = await server.createDatabase();
    const one = await start(t, url, 'one');
    const lines = 'log: { access: { enabled: true } }\n';
    const two = await runGatewayProcess(t, { yaml: yaml('two', SLOW, `database: { url: "${url}" }\n${lines}`) });
    const body = JSON.stringify({ client_id: 'a', capacity: 1, rate_per_second: 1 });
    const made = await httpRequest(`${two.adminUrl}/v1/api/clients`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    assert.equal(made.status, 201);
    const entriesOf = async (gateway: string): Promise<unknown[]> => {
      const { items } = (await one.admin(`/v1/api/audit?gateway=${gateway}`)).json() as {
        items: { action: string; target: string; gateway: string }[];
      };
      return items.map((entry) => [entry.gateway, entry.action, entry.target]);
    };
    await eventually('the entry', async () => (await entriesOf('two')).length === 1);
    assert.deepEqual(await entriesOf('two'), [['two', 'createClient', 'a']]);
    assert.deepEqual(await entriesOf('one'), []);
    await httpRequest(two.trafficUrl);
    await two.printed(/"name":"traffic".*"msg":"request"/);
    const named = two
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const unnamed = named.filter(({ gateway, msg }) => gateway !== 'two' && msg !== 'sluice runs');
    assert.deepEqual(unnamed, []);
  });

  it('all have the circuits that an operator opens or closes at one, also after a restart', async (t) => {
    const url = await server.createDatabase();
    const one = await start(t, url, 'one');
    const two = await start(t, url, 'two');
    const backend = async (gateway: TestGateway) =>
      (await gateway.admin('/v1/api/backends/b0')).json() as { reason: string | null; weight: number };
    const reason = async (gateway: TestGateway) => (await backend(gateway)).reason;
    await one.admin('/v1/api/circuit-breaker/b0/open', { method: 'POST', body: { seconds: 600 } });
    await eventually('the open circuit at two', async () => (await reason(two)) === 'circuit_open', 1000);
    const three = await start(t, url, 'three');
    assert.equal(await reason(three), 'circuit_open', 'before its first request');
    await two.admin('/v1/api/circuit-breaker/b0/reset', { method: 'POST' });
    for (const gateway of [one, three]) {
      await eventually('the closed circuit', async () => (await reason(gateway)) !== 'circuit_open', 1000);
    }
  });

  it('all have the weights, and drain the backends, that an operator wants at one', async (t) => {
    const url = await server.createDatabase();
    const one = await start(t, url, 'one');
    const two = await start(t, url, 'two');
    const backend = async (gateway: TestGateway) =>
      (await gateway.admin('/v1/api/backends/b0')).json() as { reason: string | null; weight: number };
    await one.admin('/v1/api/backends/b0', { method: 'PATCH', body: { weight: 7 } });
    await eventually('the weight at two', async () => (await backend(two)).weight === 7, 1000);
    await two.admin('/v1/api/backends/b0/drain', { method: 'POST' });
    await eventually('the drain at one', async () => (await backend(one)).reason === 'draining', 1000);
    const three = await start(t, url, 'three');
    assert.deepEqual([(await backend(three)).weight, (await backend(three)).reason], [7, 'draining']);
  });

  it('keep the last known number while the database is away', async (t) => {
    const url = await server.createDatabase();
    const one = await start(t, url, 'one', FAST);
    await start(t, url, 'two', FAST);
    await eventually('the join', async () => (await fleetOf(one)).live === 2);
    await server.stop();
    await eventually('the outage', async () => (await fleetOf(one)).source === 'last_known');
    assert.equal((await fleetOf(one)).live, 2);
    assert.ok((await fleetOf(one)).as_of !== null);
    await server.start();
    await eventually('the return', async () => (await fleetOf(one)).source === 'database', 20_000);
    assert.equal((await fleetOf(one)).live, 2);
  });
});

it('a gateway with an embedded database is alone, and measures itself', async (t) => {
  const gateway = await runGatewayProcess(t, { yaml: gatewayYaml(BACKENDS, `fleet: { ${FAST} }\n`) });
  await eventually('its rate and its configuration', async () => {
    await httpRequest(gateway.trafficUrl);
    const answer = await httpRequest(`${gateway.adminUrl}/v1/api/fleet`);
    const { source, items } = answer.json() as unknown as FleetAnswer;
    assert.deepEqual([source, items.length], ['alone', 1]);
    return items[0]!.requests_per_second > 0 && items[0]!.config_digest !== null;
  });
});
