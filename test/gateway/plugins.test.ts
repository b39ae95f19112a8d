/** A gateway, as a process, with plugins in files of their own. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { command } from '../support/admin-server.ts';
import { eventually } from '../support/eventually.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';
import { runGatewayProcess } from '../support/sluice-process.ts';

const PLUGIN = `import { definePlugin, Type } from 'sluice';
import { word } from './word.ts';

export default definePlugin({
  name: 'stamp',
  options: Type.Object({ header: Type.String({ default: 'x-stamp' }) }),
  create({ options, counters }) {
    return {
      request({ path, answer }) {
        counters.add('seen');
        if (path === '/loop') for (;;);
      },
      response({ headers }) {
        headers.set(options.header, word);
      },
    };
  },
});
`;

test('plugins are loaded, checked, counted, and replaced without a lost request', { timeout: 180_000 }, async (t) => {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-plugins-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  write('stamp.ts', PLUGIN);
  write('word.ts', "export const word: string = 'one';\n");
  const yaml = (plugin: string): string => `server: { threads: 2, drain_delay: 0s }
health_check: { enabled: false }
rate_limit: { enabled: false }
log: { access: { enabled: false } }
pools: { web: { backends: [{ url: '${backends[0]!.url}' }] } }
plugins: { stamp: ${plugin.replace('file: ', `file: ${folder}/`)} }
routes: [{ pool: web, plugins: [stamp] }]
`;
  const gateway = await runGatewayProcess(t, { yaml: yaml('{ file: stamp.ts }') });
  const configure = (text: string): void => writeFileSync(gateway.file, text);
  const stamp = async (name = 'x-stamp'): Promise<unknown> => (await httpRequest(gateway.trafficUrl)).headers[name];
  const lastError = async (): Promise<string> =>
    (await httpRequest(`${gateway.adminUrl}/v1/api/config`)).json<{ last_error: string | null }>().last_error ?? '';
  assert.equal(await stamp(), 'one');

  // A module of the plugin, without any signal, under load: every thread takes it, and no request fails.
  const load = startLoad(gateway.trafficUrl, { connections: 4, pauseMs: 5 });
  await load.reached(50);
  write('word.ts', "export const word: string = 'two';\n");
  await eventually('the change applies', async () => (await stamp()) === 'two');
  assert.deepEqual(Object.keys((await load.stop()).statuses), ['200']);

  // What cannot be loaded changes nothing.
  write('word.ts', 'export const word: string = ;\n');
  await eventually('the broken change is refused', async () =>
    /word\.ts:1:29: plugins\.stamp: SyntaxError/.test(await lastError()),
  );
  assert.equal(await stamp(), 'two');
  write('word.ts', "export const word: string = 'three';\n");
  await eventually('the mended change applies', async () => (await stamp()) === 'three');

  // Its options are its own, and checked by it.
  configure(yaml('{ file: stamp.ts, options: { heather: x } }'));
  await eventually('a wrong option is refused', async () =>
    /sluice\.yaml:6:\d+: plugins\.stamp\.options\.heather: unknown key "heather"; did you mean "header"\?/.test(
      await lastError(),
    ),
  );
  configure(yaml('{ file: stamp.ts, options: { header: x-other } }'));
  await eventually('the option applies', async () => (await stamp('x-other')) === 'three');

  interface Schema {
    readonly properties: Readonly<Record<string, Schema>>;
  }
  interface Listed {
    readonly items: readonly {
      readonly name: string;
      readonly state: string;
      readonly routes: readonly string[];
      readonly counters: Readonly<Record<string, number>>;
      readonly options: readonly { readonly key: string; readonly value: string; readonly error: string | null }[];
    }[];
  }
  const listed = async (): Promise<Listed['items'][number]> =>
    (await httpRequest(`${gateway.adminUrl}/v1/api/plugins`)).json<Listed>().items[0]!;
  const { name, state, routes, counters, options } = await listed();
  assert.deepEqual([name, state, routes], ['stamp', 'running', ['/']]);
  assert.ok(counters['seen']! > 0);
  assert.deepEqual(
    options.map(({ key, value, error }) => [key, value, error]),
    [['header', '"x-other"', null]],
  );
  configure(yaml('{ file: stamp.ts, options: { header: 3 } }'));
  await eventually('the error is at its key', async () =>
    /found 3; allowed: text/.test((await listed()).options[0]!.error ?? ''),
  );
  const ofEditors = (await httpRequest(`${gateway.adminUrl}/v1/api/config/schema`)).json<Schema>();
  const { stamp: ofStamp } = ofEditors.properties['plugins']!.properties;
  assert.deepEqual(ofStamp!.properties['options']!.properties, { header: { default: 'x-stamp', type: 'string' } });
  // The same for a file with mistakes in its options.
  const printed = await command(['schema', gateway.file]);
  assert.equal(printed.code, 0, printed.err);
  assert.deepEqual(JSON.parse(printed.out), ofEditors);

  // A text from the API names no new code.
  const put = await httpRequest(`${gateway.adminUrl}/v1/api/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ config: yaml('{ file: word.ts }') }),
  });
  assert.equal(put.status, 400);
  assert.match(put.body, /plugins\.stamp\.file: is code that the gateway does not run yet/);

  const metrics = (await httpRequest(`${gateway.adminUrl}/metrics`)).body;
  assert.match(metrics, /\nsluice_plugin_counter_total\{plugin="stamp",counter="seen"\} [1-9]/);
  assert.match(metrics, /\nsluice_plugin_errors_total\{plugin="stamp"\} 0\n/);

  // A thread in an endless loop is replaced, and the log says whose loop it was.
  void httpRequest(`${gateway.trafficUrl}/loop`).catch(() => undefined);
  await gateway.printed(/"plugin":"stamp"[^\n]*traffic thread hangs/);
});
