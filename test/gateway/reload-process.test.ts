/** Reloads of the real process: by signal, and by a change of its file. */
import assert from 'node:assert/strict';
import { renameSync, writeFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

async function start(t: TestContext, watch: boolean) {
  const { backends, close } = await startSampleBackends({ count: 2 });
  t.after(close);
  const yaml = (at: number, more = ''): string =>
    gatewayYaml(
      [backends[at]!.url],
      `reload: { watch: ${watch} }\nserver: { drain_delay: 0s, port: 1 }\nrate_limit: { enabled: false }\n${more}`,
    );
  const gateway = await runGatewayProcess(t, { yaml: yaml(0) });
  const answeredBy = async (): Promise<unknown> => (await httpRequest(gateway.trafficUrl)).headers['x-backend'];
  return { gateway, yaml, answeredBy };
}

test('SIGHUP reloads, flags still win, an invalid file is reported in the log and changes nothing', async (t) => {
  const { gateway, yaml, answeredBy } = await start(t, false);
  assert.equal(await answeredBy(), 'replica-1');
  writeFileSync(gateway.file, yaml(1));
  gateway.child.kill('SIGHUP');
  const [line] = await gateway.printed(/^.*"reload"}$/m);
  const { trigger, result, restart_required: restart } = JSON.parse(line) as Record<string, unknown>;
  // The file says port 1, the command line 0.
  assert.deepEqual({ trigger, result, restart }, { trigger: 'signal', result: 'applied', restart: [] });
  assert.equal(await answeredBy(), 'replica-2');

  writeFileSync(gateway.file, 'pools: nonsense\n');
  gateway.child.kill('SIGHUP');
  const [refusal] = await gateway.printed(/^.*"reload refused"}$/m);
  assert.match(refusal, /sluice\.yaml:1:8: pools: found /);
  assert.equal(await answeredBy(), 'replica-2');
  gateway.child.kill('SIGTERM');
  assert.equal(await gateway.exit, 0);
});

test('a change of the file is noticed, also when another file replaces it; an invalid one is refused', async (t) => {
  const { gateway, yaml, answeredBy } = await start(t, true);
  const config = async () => (await httpRequest(`${gateway.adminUrl}/v1/api/config`)).json();
  const first = (await config())['version'] as number;
  writeFileSync(gateway.file, yaml(1));
  await eventually('the change applies', async () => (await answeredBy()) === 'replica-2');

  writeFileSync(`${gateway.file}.new`, yaml(0, 'panic: yes\n'));
  renameSync(`${gateway.file}.new`, gateway.file);
  await gateway.printed(/"reload refused"/);
  assert.equal(await answeredBy(), 'replica-2');

  writeFileSync(`${gateway.file}.new`, yaml(0));
  renameSync(`${gateway.file}.new`, gateway.file);
  await eventually('the change applies', async () => (await answeredBy()) === 'replica-1');
  const report = await config();
  assert.equal(report['last_error'], null);
  assert.equal(report['version'], first + 2);
});
