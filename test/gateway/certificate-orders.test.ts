/** Orders that outlive a gateway, and gateways that share one database: real PostgreSQL, a real ACME server. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { openDatabase } from '../../drizzle/open-database.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { heldDnsHook } from '../support/held-dns-hook.ts';
import { httpRequest } from '../support/http-request.ts';
import { authority } from '../support/issued.ts';
import { keptLog } from '../support/kept-log.ts';
import { pebbleMissing, startPebble } from '../support/pebble.ts';
import { startPostgresServer, type PostgresServer } from '../support/postgres-server.ts';
import { runGatewayProcess, temporaryFolder } from '../support/sluice-process.ts';

const skip = pebbleMissing;

interface Row {
  readonly id: string;
  readonly state: string;
  readonly error: string | null;
  readonly serial: string | null;
}

async function rowsAt(adminUrl: string): Promise<readonly Row[]> {
  const { body } = await httpRequest(`${adminUrl}/v1/api/certificates`);
  return (JSON.parse(body) as { items: Row[] }).items;
}

/** Requests for new orders that the ACME server has seen. */
function orders(pebbleLog: string): number {
  return [...pebbleLog.matchAll(/POST \/order-plz/g)].length;
}

async function serialAt(port: number, servername: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return new X509Certificate(raw).serialNumber;
}

test('an order goes on where a gateway was killed between order and finalization', { skip }, async (t) => {
  const pebble = await startPebble(t);
  const folder = temporaryFolder(t);
  const hook = heldDnsHook(pebble, folder);
  const certificates = [{ hosts: ['a.example.com'], acme: 'le' }];
  const yaml = gatewayYaml(
    ['http://127.0.0.1:9'],
    `server: { drain_delay: 0s }\ntls: ${JSON.stringify({ port: 0, acme: { le: hook.issuer }, certificates })}\n`,
  );
  const dataDir = join(folder, 'data');
  const first = await runGatewayProcess(t, { yaml, dataDir });
  await eventually('the hook runs', () => hook.hasBegun());
  first.child.kill('SIGKILL');
  await first.exit;
  hook.letGo();
  const second = await runGatewayProcess(t, { yaml, dataDir });
  await eventually('it is issued', async () => (await rowsAt(second.adminUrl))[0]?.state === 'ok');
  assert.equal(orders(pebble.log()), 1);
  assert.doesNotMatch(first.stdout() + second.stdout(), /PRIVATE KEY/);
});

describe('two gateways with one database', { skip }, () => {
  let server: PostgresServer;
  before(async () => (server = await startPostgresServer()));
  after(() => server.destroy());

  interface Fleet {
    readonly gateways: readonly TestGateway[];
    readonly tlsPorts: readonly number[];
    readonly directoryPort: number;
    readonly caFile: string;
    /** Where the ACME server validates: connections go to both in turn. */
    readonly sharedPort: number;
    /** How many each has got. */
    readonly asked: readonly number[];
  }

  async function startFleet(t: TestContext, caFile: string, directoryPort: number): Promise<Fleet> {
    const url = await server.createDatabase();
    const ports = [await freePort(), await freePort()];
    const tlsPorts = [await freePort(), await freePort()];
    const asked = [0, 0];
    let turn = 0;
    const shared = createServer((socket) => {
      turn = 1 - turn;
      asked[turn]! += 1;
      const onward = connectTcp(ports[turn]!, '127.0.0.1');
      socket.pipe(onward).pipe(socket);
      for (const each of [socket, onward]) each.on('error', () => each.destroy());
    });
    shared.listen(0, '127.0.0.1');
    await once(shared, 'listening');
    t.after(() => shared.close());
    const le = {
      directory: `https://127.0.0.1:${directoryPort}/dir`,
      agree: true,
      ca_file: caFile,
      challenges: ['http-01'],
    };
    const certificates = [{ hosts: ['a.example.com'], acme: 'le' }];
    const gateways: TestGateway[] = [];
    for (const [at, port] of ports.entries()) {
      const database = await openDatabase(databaseSettings({ url, gateway: `gateway ${at}` }), {
        log: keptLog(),
        pingIntervalMs: 50,
      });
      const tls = { port: tlsPorts[at], storage_key: 'a0'.repeat(32), acme: { le }, certificates };
      const yaml = gatewayYaml(['http://127.0.0.1:9'], `tls: ${JSON.stringify(tls)}\n`);
      gateways.push(await startTestGateway(t, yaml, { port, database, threads: 1 }));
    }
    return { gateways, tlsPorts, directoryPort, caFile, sharedPort: (shared.address() as AddressInfo).port, asked };
  }

  test('one orders, both answer, and both serve it; the same for a renewal', async (t) => {
    // Nothing can be ordered until both are there.
    const [directoryPort, caFile] = [await freePort(), join(temporaryFolder(t), 'ca.pem')];
    const pebbleCa = authority('Pebble test root');
    writeFileSync(caFile, pebbleCa.cert);
    const fleet = await startFleet(t, caFile, directoryPort);
    const [one, other] = fleet.gateways;
    await eventually('the authority is away', async () => (await rowsAt(one!.adminUrl))[0]!.error !== null);
    const pebble = await startPebble(t, { directoryPort, httpPort: fleet.sharedPort, authority: pebbleCa });
    const [{ id }] = (await rowsAt(one!.adminUrl)) as [Row];
    await one!.admin(`/v1/api/certificates/${id}/renew`, { method: 'POST' });
    for (const { adminUrl } of fleet.gateways) {
      await eventually('it is issued', async () => {
        const [row] = await rowsAt(adminUrl);
        return row!.state === 'ok';
      });
    }
    assert.equal(orders(pebble.log()), 1);
    assert.ok(Math.min(...fleet.asked) > 0, `both were asked: ${fleet.asked.join()}`);
    const serials = await Promise.all(fleet.tlsPorts.map((port) => serialAt(port, 'a.example.com')));
    assert.equal(serials[0], serials[1]);

    await other!.admin(`/v1/api/certificates/${id}/renew`, { method: 'POST' });
    for (const port of fleet.tlsPorts) {
      await eventually('it is renewed', async () => (await serialAt(port, 'a.example.com')) !== serials[0]);
    }
    assert.equal(orders(pebble.log()), 2);
    const [again, same] = await Promise.all(fleet.tlsPorts.map((port) => serialAt(port, 'a.example.com')));
    assert.equal(again, same);
    const warnings = fleet.gateways.flatMap(({ log }) =>
      log.filter(({ msg }) => String(msg).startsWith('these gateways')),
    );
    assert.deepEqual(warnings, []);
  });
});
