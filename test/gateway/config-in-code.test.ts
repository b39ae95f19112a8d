/** A gateway, as a process, whose configuration is code. */
import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

test(
  'a gateway runs on code, follows what it imports, and survives what is wrong with it',
  { timeout: 180_000 },
  async (t) => {
    const { backends, close } = await startSampleBackends({ count: 2 });
    t.after(close);
    const urlOf = (at: number): string => `export const url: string = '${backends[at]!.url}';\n`;
    const code = `import { defineConfig } from 'sluice';
import { pools } from './pools.ts';

export default defineConfig(async ({ env }) => {
  console.log('evaluated for', env.WHO);
  return {
    server: { drain_delay: '0s' },
    health_check: { enabled: false },
    rate_limit: { enabled: false },
    log: { access: { enabled: false } },
    pools: await pools(),
  };
});
`;
    const gateway = await runGatewayProcess(t, {
      yaml: code,
      fileName: 'sluice.config.ts',
      beside: {
        'pools.ts':
          "import { url } from './url.ts';\nexport const pools = async () => ({ web: { backends: [{ url, id: 'b' }] } });\n",
        'url.ts': urlOf(0),
      },
      env: { WHO: 'the test' },
    });
    const write = (name: string, text: string): void => writeFileSync(join(dirname(gateway.file), name), text);
    const answeredBy = async (): Promise<unknown> => (await httpRequest(gateway.trafficUrl)).headers['x-backend'];
    const lastError = async (): Promise<string | null> =>
      (await httpRequest(`${gateway.adminUrl}/v1/api/config`)).json<{ last_error: string | null }>().last_error;
    const reload = () => httpRequest(`${gateway.adminUrl}/v1/api/config/reload`, { method: 'POST' });

    assert.equal(await answeredBy(), 'replica-1');
    // Not among the lines of the log.
    assert.match(gateway.stderr(), /sluice\.config\.ts: printed: evaluated for the test\n/);
    for (const line of gateway.stdout().trimEnd().split('\n')) JSON.parse(line);

    // A module of a module, without any signal.
    write('url.ts', urlOf(1));
    await eventually('the change applies', async () => (await answeredBy()) === 'replica-2');
    await gateway.printed(/"output":\["evaluated for the test"\]/);

    write('url.ts', 'export const url = ;\n');
    await eventually('the broken change is refused', async () =>
      /url\.ts:1:20: SyntaxError/.test((await lastError()) ?? ''),
    );
    assert.equal(await answeredBy(), 'replica-2');

    write('url.ts', `${urlOf(0)}while (true);\n`);
    await eventually('the endless loop is ended', async () =>
      /not evaluated within 3 s/.test((await lastError()) ?? ''),
    );
    assert.equal(await answeredBy(), 'replica-2');

    write('url.ts', urlOf(0));
    await eventually('the repaired one applies', async () => (await answeredBy()) === 'replica-1');
    // Threads apply it before the reload is over.
    await eventually('its error is gone', async () => (await lastError()) === null);
    const { items } = (await httpRequest(`${gateway.adminUrl}/v1/api/events?limit=20`)).json<{
      items: readonly { message: string }[];
    }>();
    assert.ok(
      items.some(({ message }) => /^reload refused: .*sluice\.config\.ts: not evaluated within 3 s/.test(message)),
    );

    // By signal, too.
    gateway.child.kill('SIGHUP');
    await gateway.printed(/"trigger":"signal"/);

    // Threads and descriptors of earlier evaluations are gone.
    const used = (what: 'task' | 'fd'): number => readdirSync(`/proc/${gateway.pid}/${what}`).length;
    const before = { task: used('task'), fd: used('fd') };
    for (let at = 0; at < 10; at += 1) assert.equal((await reload()).status, 200);
    await eventually('no thread is left', () => used('task') <= before.task);
    await eventually('no descriptor is left', () => used('fd') <= before.fd);

    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.exit, 0, gateway.stderr());
  },
);
