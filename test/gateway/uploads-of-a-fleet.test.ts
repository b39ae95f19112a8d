/** Uploaded certificates of gateways that share one PostgreSQL: each serves what any of them was given. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { openDatabase } from '../../drizzle/open-database.ts';
import { databaseSettings } from '../support/database-settings.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { authority } from '../support/issued.ts';
import { keptLog } from '../support/kept-log.ts';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.ts';

const root = authority();
const PATH = '/v1/api/certificates';

let server: PostgresServer;
before(async () => (server = await startPostgresServer()));
after(() => server.destroy());

interface View {
  readonly id: string;
  readonly serial: string;
  readonly version: number;
  readonly error: string | null;
}

async function start(t: TestContext, url: string, name: string, key = 'ab'): Promise<TestGateway> {
  const database = await openDatabase(databaseSettings({ url, gateway: name }), { log: keptLog(), pingIntervalMs: 50 });
  const tls = { port: 0, storage_key: key.repeat(32), certificates: [{ hosts: ['localhost'], internal: true }] };
  return startTestGateway(t, gatewayYaml(['http://127.0.0.1:9'], `tls: ${JSON.stringify(tls)}\n`), { database });
}

/** Of the certificate that clients are served; undefined: the handshake fails. */
async function serialAt({ tlsUrl }: TestGateway, servername: string): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(tlsUrl!).port), servername, ca: root.cert });
  const serial = await once(socket, 'secureConnect').then(
    () => socket.getPeerX509Certificate()!.serialNumber,
    () => undefined,
  );
  socket.destroy();
  return serial;
}

function upload(gateway: TestGateway, hosts: readonly string[], headers: Readonly<Record<string, string>> = {}) {
  const { cert, key } = root.issue(hosts);
  return gateway.admin(PATH, { method: 'POST', headers, body: { cert_pem: cert, key_pem: key } });
}

async function serves(gateway: TestGateway, host: string, serial: string | undefined): Promise<void> {
  await eventually(`${host} is served as it should be`, async () => {
    for (let thread = 0; thread < 6; thread += 1) if ((await serialAt(gateway, host)) !== serial) return false;
    return true;
  });
}

test('an upload on one gateway is served by both, so is what replaces it on the other, until it is removed', async (t) => {
  const url = await server.createDatabase();
  const [one, other] = [await start(t, url, 'one'), await start(t, url, 'other')];
  const first = (await upload(one, ['up.test'])).json<View>();
  for (const gateway of [one, other]) await serves(gateway, 'up.test', first.serial);

  const second = (await upload(other, ['up.test'])).json<View>();
  assert.equal(second.id, first.id);
  for (const gateway of [one, other]) await serves(gateway, 'up.test', second.serial);
  assert.equal((await upload(one, ['up.test'], { 'if-match': `"${first.version}"` })).status, 412);

  // A gateway that starts later, and one that starts again.
  const third = await start(t, url, 'third');
  await serves(third, 'up.test', second.serial);
  await other.stop();
  const again = await start(t, url, 'other');
  await serves(again, 'up.test', second.serial);

  assert.equal((await one.admin(`${PATH}/${first.id}`, { method: 'DELETE' })).status, 204);
  for (const gateway of [one, third, again]) await serves(gateway, 'up.test', undefined);
  assert.equal((await again.admin(`${PATH}/${first.id}`, { method: 'DELETE' })).status, 404);
});

test('both upload at once: one certificate for a host is left, and both serve the same', async (t) => {
  const url = await server.createDatabase();
  const [one, other] = [await start(t, url, 'one'), await start(t, url, 'other')];
  const answers = await Promise.all([upload(one, ['up.test']), upload(other, ['up.test'])]);
  const serials = answers.filter(({ status }) => status < 300).map((answer) => answer.json<View>().serial);
  assert.ok(serials.length > 0, answers.map(({ body }) => body).join());
  await eventually('both serve the same', async () => {
    const [here, there] = [await serialAt(one, 'up.test'), await serialAt(other, 'up.test')];
    return here !== undefined && here === there && serials.includes(here);
  });
  // The same host in another set of names is another certificate: a host has one.
  const overlap = await Promise.all([upload(one, ['a.test', 'b.test']), upload(other, ['b.test', 'c.test'])]);
  assert.ok(overlap.some(({ status }) => status === 201));
  await eventually('both serve the same', async () => {
    const [here, there] = [await serialAt(one, 'b.test'), await serialAt(other, 'b.test')];
    return here !== undefined && here === there;
  });
});

test('while the database is away both serve on, and what changed is served once it is back', async (t) => {
  const own = await startPostgresServer();
  t.after(() => own.destroy());
  const url = await own.createDatabase();
  const [one, other] = [await start(t, url, 'one'), await start(t, url, 'other')];
  const { serial } = (await upload(one, ['up.test'])).json<View>();
  await serves(other, 'up.test', serial);
  await own.stop();
  await eventually('uploads are refused', async () => (await upload(one, ['up.test'])).status === 503);
  for (const gateway of [one, other]) assert.equal(await serialAt(gateway, 'up.test'), serial);
  await own.start();
  let newer = '';
  await eventually('uploads work again', async () => {
    const answer = await upload(one, ['up.test']);
    if (answer.status >= 300) return false;
    newer = answer.json<View>().serial;
    return true;
  });
  for (const gateway of [one, other]) await serves(gateway, 'up.test', newer);
});

test('a gateway with another storage key says so, and serves what it can once it has the right one', async (t) => {
  const url = await server.createDatabase();
  const one = await start(t, url, 'one');
  const { serial } = (await upload(one, ['up.test'])).json<View>();
  const wrong = await start(t, url, 'wrong', 'cd');
  const { items } = (await wrong.admin(PATH)).json<{ items: View[] }>();
  assert.match(items.at(-1)!.error!, /encrypted with another key: set the tls\.storage_key of that time/);
  await serves(wrong, 'up.test', undefined);
  await serves(one, 'up.test', serial);
  await wrong.stop();
  await serves(await start(t, url, 'wrong'), 'up.test', serial);
});
