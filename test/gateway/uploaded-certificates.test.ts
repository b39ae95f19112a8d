/** Uploaded certificates on a whole gateway: every thread serves them, and a later start does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { fakeDatabase } from '../support/admin-app.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { authority } from '../support/issued.ts';
import { MemoryClientStore } from '../support/memory-client-store.ts';

const root = authority();
const PATH = '/v1/api/certificates';

const yaml = (hosts: readonly string[] = ['localhost']): string =>
  gatewayYaml(
    ['http://127.0.0.1:9'],
    `tls: ${JSON.stringify({ port: 0, storage_key: 'ab'.repeat(32), certificates: [{ hosts, internal: true }] })}\n`,
  );

/** Serials of as many connections as would reach every thread; 'none' for those that are refused. */
async function serials(t: TestContext, { tlsUrl }: TestGateway, servername: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let at = 0; at < 16; at += 1) {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(tlsUrl!).port), servername, ca: root.cert });
    t.after(() => socket.destroy());
    const isOpen = await once(socket, 'secureConnect').then(
      () => true,
      () => false,
    );
    found.add(isOpen ? socket.getPeerX509Certificate()!.serialNumber : 'none');
    socket.destroy();
  }
  return [...found];
}

function upload(gateway: TestGateway, hosts: readonly string[]) {
  const { cert, key } = root.issue(hosts);
  return gateway.admin(PATH, { method: 'POST', body: { cert_pem: cert, key_pem: key } });
}

test('an upload is served on every thread once it is answered, after a restart, and until it is removed', async (t) => {
  const database = fakeDatabase(new MemoryClientStore());
  const first = await startTestGateway(t, yaml(), { database });
  const created = await upload(first, ['up.test']);
  assert.equal(created.status, 201);
  const { serial } = created.json<{ serial: string }>();
  assert.deepEqual(await serials(t, first, 'up.test'), [serial]);
  const replaced = await upload(first, ['up.test']);
  assert.equal(replaced.status, 200);
  const { id, serial: newer } = replaced.json<{ id: string; serial: string }>();
  assert.deepEqual(await serials(t, first, 'up.test'), [newer]);
  assert.match(
    (await first.admin('/metrics')).body,
    /^sluice_certificate_expiry_timestamp_seconds\{host="up\.test"\}/m,
  );

  // It shares the storage, as another gateway of a database does.
  const second = await startTestGateway(t, yaml(), { database });
  assert.deepEqual(await serials(t, second, 'up.test'), [newer]);
  assert.equal((await second.admin(`${PATH}/${id}`, { method: 'DELETE' })).status, 204);
  assert.deepEqual(await serials(t, second, 'up.test'), ['none']);
});

test('a thread that starts later serves uploads, and a reload gives their hosts to the configuration', async (t) => {
  const gateway = await startTestGateway(t, yaml(), { threads: 1 });
  const { serial } = (await upload(gateway, ['up.test'])).json<{ serial: string }>();
  await gateway.workers[0]!.terminate();
  await eventually('it starts again', async () => (await serials(t, gateway, 'up.test')).join() === serial);
  gateway.write(yaml(['localhost', 'up.test']));
  await gateway.reload('test');
  assert.deepEqual(await serials(t, gateway, 'up.test'), ['none'], 'the internal root is not trusted here');
  gateway.write(yaml());
  await gateway.reload('test');
  assert.deepEqual(await serials(t, gateway, 'up.test'), [serial]);
});

test('without TLS nothing can be uploaded', async (t) => {
  const gateway = await startTestGateway(t, gatewayYaml(['http://127.0.0.1:9']), { threads: 1 });
  const { status, body } = await upload(gateway, ['up.test']);
  assert.equal(status, 409);
  assert.match(body, /GW_CERTIFICATES_NOT_STORED.*TLS is off: add the section tls/);
});
