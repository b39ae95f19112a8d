/** Certificates while the disk of the embedded database and of the key file is full. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connect } from 'node:tls';
import { type SmallDisk, smallDisk } from '../../tools/chaos/small-disk.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { heldDnsHook } from '../support/held-dns-hook.ts';
import { httpRequest } from '../support/http-request.ts';
import { authority } from '../support/issued.ts';
import { pebbleMissing, startPebble } from '../support/pebble.ts';
import { type RunningGateway, runGatewayProcess, temporaryFolder } from '../support/sluice-process.ts';

const root = authority();
const PATH = '/v1/api/certificates';

interface Row {
  readonly state: string;
  readonly error: string | null;
}

/** Runs on a data folder that can be filled, if there is a way. */
async function onSmallDisk(t: TestContext, run: (dataDir: string, disk: SmallDisk) => Promise<void>): Promise<void> {
  const dataDir = join(temporaryFolder(t), 'disk');
  const disk = smallDisk(dataDir);
  if (disk.kind === null) return t.skip('needs mount (as root) or prlimit');
  try {
    await run(dataDir, disk);
  } finally {
    disk.close();
  }
}

function keyFiles(dataDir: string): readonly string[] {
  return readdirSync(dataDir).filter((name) => name.includes('acme-storage'));
}

async function stop(gateway: RunningGateway): Promise<void> {
  gateway.child.kill('SIGTERM');
  await gateway.exit;
}

function upload({ adminUrl }: RunningGateway, hosts: readonly string[]) {
  const { cert, key } = root.issue(hosts);
  return httpRequest(adminUrl + PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ cert_pem: cert, key_pem: key }),
  });
}

async function rows({ adminUrl }: RunningGateway): Promise<readonly Row[]> {
  return (await httpRequest(adminUrl + PATH)).json<{ items: Row[] }>().items;
}

/** Whether the handshake succeeds with a certificate of an operator. */
async function isServed(gateway: RunningGateway, servername: string): Promise<boolean> {
  const [, tls] = /"tls":"https:\/\/[^:"]+:(\d+)/.exec(gateway.stdout()) ?? [];
  const socket = connect({ host: '127.0.0.1', port: Number(tls), servername, ca: root.cert });
  const isOpen = await once(socket, 'secureConnect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}

test('an upload is refused as a whole while the disk is full, and what was served is served on', async (t) => {
  await onSmallDisk(t, async (dataDir, disk) => {
    const tls = { port: 0, certificates: [{ hosts: ['localhost'], internal: true }] };
    const yaml = gatewayYaml(['http://127.0.0.1:9'], `server: { drain_delay: 0s }\ntls: ${JSON.stringify(tls)}\n`);
    const gateway = await runGatewayProcess(t, { yaml, dataDir });
    disk.fill(gateway.pid);
    const withoutKey = await upload(gateway, ['first.test']);
    if (disk.kind === 'small file system') {
      assert.equal(withoutKey.status, 409);
      assert.match(withoutKey.body, /acme-storage\.key\\" cannot be used: there is no space left on the disk/);
      assert.deepEqual(keyFiles(dataDir), [], 'no half of a key is left behind');
    } else {
      // A key is small enough for the limit; the database is not.
      assert.equal(withoutKey.status, 503);
    }
    disk.free(gateway.pid);
    await eventually('it works again', async () => (await upload(gateway, ['first.test'])).status < 300);
    assert.ok(await isServed(gateway, 'first.test'));

    disk.fill(gateway.pid);
    let at = 0;
    while ((await upload(gateway, [`n${at}.test`])).status < 300) at += 1;
    const lost = `n${at}.test`;
    const refused = await upload(gateway, [lost]);
    assert.match(refused.body, /GW_DATABASE_UNAVAILABLE/);
    assert.ok(await isServed(gateway, 'first.test'));
    assert.ok(!(await isServed(gateway, lost)));
    assert.ok((await rows(gateway)).length >= 2);
    disk.free(gateway.pid);
    await eventually('it works again', async () => (await upload(gateway, [lost])).status < 300);
    await stop(gateway);

    const again = await runGatewayProcess(t, { yaml, dataDir });
    for (const host of ['first.test', lost]) assert.ok(await isServed(again, host), host);
    await stop(again);
  });
});

test(
  'an order that ends while the disk is full is not lost, and not made twice',
  { skip: pebbleMissing },
  async (t) => {
    const pebble = await startPebble(t);
    const folder = temporaryFolder(t);
    const hook = heldDnsHook(pebble, folder);
    const tls = { port: 0, acme: { le: hook.issuer }, certificates: [{ hosts: ['a.example.com'], acme: 'le' }] };
    const yaml = gatewayYaml(['http://127.0.0.1:9'], `server: { drain_delay: 0s }\ntls: ${JSON.stringify(tls)}\n`);
    await onSmallDisk(t, async (dataDir, disk) => {
      const gateway = await runGatewayProcess(t, { yaml, dataDir });
      await eventually('the hook runs', () => hook.hasBegun());
      disk.fill(gateway.pid);
      hook.letGo();
      await eventually('the database is full', () => /no space left|cannot read or write/.test(gateway.stdout()));
      assert.equal((await rows(gateway))[0]!.state, 'pending');
      disk.free(gateway.pid);
      await eventually('it is issued', async () => (await rows(gateway))[0]!.state === 'ok');
      assert.equal([...pebble.log().matchAll(/POST \/order-plz/g)].length, 1);
      assert.doesNotMatch(gateway.stdout(), /PRIVATE KEY/);
      await stop(gateway);
    });
  },
);
