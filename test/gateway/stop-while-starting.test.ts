/** Whatever a start waits for, Ctrl-C ends it: at once, with 0, and without output on standard error. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gatewayYaml } from '../support/gateway.ts';
import { spawnGateway } from '../support/sluice-process.ts';

/** A server that never answers. */
async function silentServer(t: TestContext) {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, asked: once(server, 'connection') };
}

for (const [what, signal, more] of [
  ['a database that accepts and says nothing', 'SIGINT', ''],
  ['the same by the other signal', 'SIGTERM', ''],
  ['a database that is not required', 'SIGINT', 'database: { required: false }\n'],
] as const) {
  test(`${what}: ${signal}`, async (t) => {
    const { port, asked } = await silentServer(t);
    const sluice = spawnGateway(t, {
      yaml: gatewayYaml(['http://127.0.0.1:9'], `health_check: { enabled: false }\n${more}`),
      env: { DATABASE_URL: `postgres://sluice@127.0.0.1:${port}/sluice` },
    });
    await asked;
    sluice.child.kill(signal);
    assert.equal(await sluice.exit, 0, sluice.stdout() + sluice.stderr());
    assert.match(sluice.stdout(), /"stopped while starting"/);
    assert.doesNotMatch(sluice.stdout(), /"sluice runs"/);
    assert.equal(sluice.stderr(), '');
  });
}
