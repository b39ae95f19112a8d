/** The configuration API over a file of code: it shows what the code means, and never runs a text. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fakeAdminApp } from '../../../support/admin-app.ts';
import { guardedWorld } from '../../../support/guarded-config.ts';

const code = (weight: number, more = ''): string => `${more}
export default {
  admin: { token: 'hunter2' },
  pools: { default: { backends: [{ url: 'http://b:1', id: 'b', weight: ${weight} }] } },
};
`;

async function start(t: TestContext) {
  const world = await guardedWorld(t, code(1), { fileName: 'c.ts', inWorker: true });
  const { configuration, folder: cwd, path, events, settings } = world;
  const app = await fakeAdminApp({ configuration, admin: { tokens: [] } });
  t.after(() => app.close());
  const send = (method: 'GET' | 'POST' | 'PUT', url: string, payload?: object) =>
    app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
  const logged = (): Record<string, unknown>[] => world.logged.map((line) => JSON.parse(line));
  return { cwd, path, send, logged, events, weight: () => settings().pools[0]!.backends[0]!.weight };
}

test('GET shows the YAML that the code means, without secrets, and that it cannot be replaced', async (t) => {
  const { send, path } = await start(t);
  const shown = (await send('GET', '/v1/api/config')).json();
  assert.equal(shown.file, 'c.ts');
  assert.equal(shown.read_only, 'c.ts is code, which the API neither writes nor runs: edit the file');
  assert.equal(
    shown.yaml,
    'admin:\n  token: "***"\npools:\n  default:\n    backends:\n      - url: http://b:1\n        id: b\n        weight: 1\nserver:\n  threads: 1\n',
  );
  writeFileSync(path, code(2));
  assert.equal((await send('POST', '/v1/api/config/reload')).json().result, 'applied');
  assert.match((await send('GET', '/v1/api/config')).json().yaml, /weight: 2\n/);
});

test('no text is written or run: PUT is answered 409, and a check reads YAML', async (t) => {
  const { cwd, send, path } = await start(t);
  const proof = join(cwd, 'proof');
  const config = code(3, `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(proof)}, '');`);
  for (const text of [config, 'pools: { default: { backends: [{ url: "http://c:1" }] } }']) {
    const put = await send('PUT', '/v1/api/config', { config: text });
    assert.equal(put.statusCode, 409);
    assert.equal(put.json().error, 'GW_CONFIG_NOT_WRITABLE');
    assert.match(put.json().message, /c\.ts is code, which the API neither writes nor runs/);
  }
  const checked = await send('POST', '/v1/api/config/check', { config });
  assert.equal(checked.statusCode, 400, checked.body);
  assert.match(checked.body, /not valid YAML/);
  assert.equal(existsSync(proof), false);
  assert.equal(readFileSync(path, 'utf8'), code(1));
  // As a client that read the current one may send it back.
  const { settings } = (await send('GET', '/v1/api/config')).json();
  assert.equal((await send('PUT', '/v1/api/config', { settings })).json().result, 'unchanged');
});

test('a failed evaluation keeps the current configuration, with its place in answer, log and event', async (t) => {
  const { send, path, weight, logged, events } = await start(t);
  writeFileSync(path, "console.log('here');\nthrow new Error('no');\n");
  const answer = await send('POST', '/v1/api/config/reload');
  assert.equal(answer.statusCode, 400);
  assert.equal(answer.json().details[0].message, 'c.ts:2:7: threw Error: no');
  assert.equal(weight(), 1);
  assert.equal((await send('GET', '/v1/api/config')).json().last_error, 'c.ts:2:7: threw Error: no');
  assert.deepEqual(events, ['reload refused: c.ts:2:7: threw Error: no']);
  assert.deepEqual(
    logged().map(({ msg, output }) => [msg, output]),
    [
      ['output of the configuration', ['here']],
      ['reload refused', undefined],
    ],
  );
});

test('a text has no plan, is not applied, and no versions are kept', async (t) => {
  const { send, path } = await start(t);
  const config = 'pools: { default: { backends: [{ url: "http://c:1" }] } }';
  assert.equal((await send('POST', '/v1/api/config/check', { config })).json().plan_id, null);
  const applied = await send('POST', '/v1/api/config/apply', { config, plan_id: 'x' });
  assert.equal(applied.statusCode, 409);
  assert.match(applied.json().message, /c\.ts is code/);
  writeFileSync(path, code(2));
  const reloaded = (await send('POST', '/v1/api/config/reload?watch_seconds=60')).json();
  assert.deepEqual([reloaded.result, reloaded.number, reloaded.watch], ['applied', null, null]);
  assert.deepEqual((await send('GET', '/v1/api/config/versions')).json().items, []);
});
