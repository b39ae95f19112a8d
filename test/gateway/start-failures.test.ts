/** A gateway that cannot start reports why in one line, ends with 1, and leaves nothing running. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { spawnGateway, spawnSluice, temporaryFolder, type RunOptions } from '../support/sluice-process.ts';

const yaml = gatewayYaml(['http://127.0.0.1:9'], 'log: { level: silent }\n');

async function fails(t: TestContext, options: Partial<RunOptions>): Promise<string> {
  const sluice = spawnGateway(t, { yaml, ...options });
  assert.equal(await sluice.exit, 1, sluice.stdout() + sluice.stderr());
  const [line, ...more] = sluice.stderr().trimEnd().split('\n');
  assert.deepEqual(more, [], 'one line');
  return line!;
}

async function takenPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a public port in use', async (t) => {
  const port = await takenPort(t);
  const line = await fails(t, { args: [`--port=${port}`] });
  assert.equal(
    line,
    `sluice: 127.0.0.1:${port} is in use by another program; give --port or --admin-port, or stop the other`,
  );
});

test('an admin port in use', async (t) => {
  const port = await takenPort(t);
  assert.match(
    await fails(t, { args: [`--admin-port=${port}`] }),
    new RegExp(`^sluice: 127\\.0\\.0\\.1:${port} is in use`),
  );
});

test('a data folder that another process has', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data');
  const holder = spawnSluice(t, ['test/support/hold-data-folder.ts', dataDir, 'somebody']);
  await holder.printed(/ready/);
  assert.equal(
    await fails(t, { dataDir }),
    `sluice: data folder ${dataDir} is already in use by process ${holder.pid}`,
  );
});

test('a database server that cannot be reached, without its password', async (t) => {
  const port = await freePort();
  const line = await fails(t, { env: { DATABASE_URL: `postgres://someone:s3cret@127.0.0.1:${port}/x` } });
  assert.match(line, new RegExp(`^sluice: cannot open the database at 127\\.0\\.0\\.1:${port}: .*ECONNREFUSED`));
  assert.doesNotMatch(line, /s3cret/);
});
