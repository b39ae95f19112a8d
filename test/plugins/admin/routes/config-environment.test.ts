/** The configuration API over the real source and reloader: the process's environment does not leak. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fakeAdminApp, fakeDatabase } from '../../../support/admin-app.ts';
import { guardedWorld } from '../../../support/guarded-config.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';
import { selfSigned } from '../../../support/self-signed.ts';

const ENV = {
  SLUICE_ADMIN_TOKEN: 'c4n4ry-of-the-admin',
  OTHER_SECRET: 'c4n4ry-of-another',
  PATH: '/c4n4ry/bin',
  PORT: '48151',
  NAME: 'c4n4ry-name',
};
const FILE = `pools: { default: { backends: [{ url: "http://b:\${PORT}", weight: 1 }] } }
routes: [{ name: "\${NAME}", pool: default }]
reload: { watch: false }
`;

async function start(t: TestContext) {
  const { configuration, path, logged, events, settings } = await guardedWorld(t, FILE, { env: ENV, inWorker: true });
  const audit = new MemoryAuditStore();
  const app = await fakeAdminApp({
    configuration,
    admin: { tokens: [] },
    database: fakeDatabase(new MemoryClientStore(), audit),
  });
  t.after(() => app.close());
  const send = (method: 'GET' | 'POST' | 'PUT', url: string, config?: string) =>
    app.inject({ method, url, ...(config === undefined ? {} : { payload: { config } }) });
  /** Everything of it that anybody could read. */
  const readable = async (): Promise<string> =>
    [(await send('GET', '/v1/api/audit')).body, (await send('GET', '/v1/api/config')).body, ...logged, ...events].join(
      '\n',
    );
  return { app, send, readable, path, settings };
}

describe('the configuration API', () => {
  /** A whole text for each kind of key, with a variable that the current file does not use. */
  const LEAKS: Readonly<Record<string, string>> = {
    "a route's name": `${FILE}`.replace('${NAME}', '${V}'),
    "a route's pool": `${FILE}`.replace('pool: default', 'pool: "${V}"'),
    "a route's path": `${FILE}`.replace('name: "${NAME}"', 'path_prefix: "/${V}"'),
    "a backend's id": `${FILE}`.replace('weight: 1', 'id: "${V}"'),
    "a backend's URL": `${FILE}`.replace('${PORT}', '1/${V}'),
    'a number': `${FILE}server: { port: "\${V}" }`,
    'a word': `${FILE}log: { level: "\${V}" }`,
    'the value of a header': `${FILE}health_check: { headers: { x: "\${V}" } }`,
    'the key of a mapping': `${FILE}health_check: { headers: { "\${V}": x } }`,
    "a pool's name": `${FILE}`.replaceAll('default', '"${V}"'),
    'a key that nobody knows': `${FILE}"\${V}": "\${V}"`,
  };

  it('expands no variable that the current file does not use, wherever it is', async (t) => {
    const { send, readable } = await start(t);
    for (const [place, text] of Object.entries(LEAKS)) {
      const answer = await send('POST', '/v1/api/config/check', text.replaceAll('${V}', '${OTHER_SECRET}'));
      assert.equal(answer.statusCode, 400, `${place}: ${answer.body}`);
      assert.doesNotMatch(answer.body, /c4n4ry|48151/, place);
      // The key of a mapping cannot contain a variable: it stays as it is.
      if (place !== 'the key of a mapping')
        assert.match(answer.body, /does not use the variable|is not a valid pool name/, place);
    }
    const text = FILE.replace('${NAME}', '${SLUICE_ADMIN_TOKEN}');
    for (const [method, url] of [
      ['POST', '/v1/api/config/check'],
      ['PUT', '/v1/api/config'],
    ] as const) {
      const answer = await send(method, url, text);
      assert.equal(answer.statusCode, 400);
      assert.match(answer.body, /does not use the variable SLUICE_ADMIN_TOKEN here/);
    }
    assert.doesNotMatch(await readable(), /c4n4ry|48151/);
  });

  it('shows the reference for a variable that the current file uses', async (t) => {
    const { send, readable } = await start(t);
    const text = `${FILE.replace('weight: 1', 'weight: 2').replace('name: "${NAME}"', 'name: "${NAME}-2"')}`;
    const checked = await send('POST', '/v1/api/config/check', text);
    assert.equal(checked.statusCode, 200, checked.body);
    assert.deepEqual(checked.json().changes, [
      { kind: 'backend', action: 'changed', name: 'http://b:${PORT}', keys: ['weight'] },
      { kind: 'route', action: 'added', name: '${NAME}-2', keys: [] },
      { kind: 'route', action: 'removed', name: '${NAME}', keys: [] },
    ]);
    const replaced = await send('PUT', '/v1/api/config', text);
    assert.equal(replaced.statusCode, 200, replaced.body);
    const wrong = await send('POST', '/v1/api/config/check', text.replace('weight: 2', 'weight: "${PORT}"'));
    assert.match(wrong.body, /found the value of \\"\$\{PORT\}\\"; allowed: an integer from 1 to 1000/);
    const all = [checked.body, replaced.body, wrong.body, await readable()].join('\n');
    assert.doesNotMatch(all, /c4n4ry|48151/);
    assert.match(all, /\$\{NAME\}-2/);
  });

  it('a refused text does not widen what the next one may use; a changed file does', async (t) => {
    const { send, path, settings } = await start(t);
    const text = FILE.replace('${NAME}', '${OTHER_SECRET}');
    assert.equal((await send('PUT', '/v1/api/config', text)).statusCode, 400);
    assert.equal((await send('POST', '/v1/api/config/check', text)).statusCode, 400);
    assert.equal(readFileSync(path, 'utf8'), FILE);
    writeFileSync(path, `${text}\nnope: 1\n`);
    assert.equal((await send('POST', '/v1/api/config/reload')).statusCode, 400);
    assert.equal((await send('POST', '/v1/api/config/check', text)).statusCode, 400);
    writeFileSync(path, text);
    assert.equal((await send('POST', '/v1/api/config/reload')).statusCode, 200);
    assert.equal((await send('POST', '/v1/api/config/check', text)).statusCode, 200);
    assert.equal(settings().routes[0]!.name, ENV.OTHER_SECRET);
  });

  it('a small text that expands to much is refused, and the answer to many mistakes is short', async (t) => {
    const { send } = await start(t);
    const check = (text: string) => send('POST', '/v1/api/config/check', `${FILE}${text}`);
    const answer = await check(`a: &a [1]\nb: [${'*a, '.repeat(10_001)}]`);
    assert.equal(answer.statusCode, 400);
    assert.match(answer.body, /more than 10000 aliases/);
    const { length } = (await check('unknown: 1\n'.repeat(1000))).json().details;
    assert.equal(length, 101);
  });

  it('accepts by PUT what GET answered, with references and secrets masked, and writes nothing', async (t) => {
    const { app, send, path } = await start(t);
    const read = (await send('GET', '/v1/api/config')).json<{ settings: Record<string, unknown> }>();
    assert.match(JSON.stringify(read.settings), /"name":"\$\{NAME\}"/);
    const put = (payload: object) => app.inject({ method: 'PUT', url: '/v1/api/config', payload });
    const answer = await put(read);
    assert.equal(answer.statusCode, 200, answer.body);
    assert.equal(answer.json().result, 'unchanged');
    assert.equal((await put({ ...read, settings: { ...read.settings, routes: [] } })).statusCode, 400);
    assert.equal(readFileSync(path, 'utf8'), FILE);
    assert.throws(() => readFileSync(`${path}.bak`), { code: 'ENOENT' });
  });

  it('opens no certificate for a check that the current configuration does not use', async (t) => {
    const { send, path } = await start(t);
    const known = join(dirname(path), 'known.pem');
    const other = join(dirname(path), 'other.pem');
    for (const file of [known, other]) writeFileSync(file, selfSigned.cert);
    const named = (file: string): string => FILE.replace('default: {', `default: { tls: { ca_file: "${file}" },`);
    writeFileSync(path, named('known.pem'));
    assert.equal((await send('POST', '/v1/api/config/reload')).statusCode, 200);

    const key = 'pools.default.tls.ca_file';
    for (const file of [other, dirname(path), path, join(path, 'x'), '/nowhere/at/all']) {
      const answer = await send('POST', '/v1/api/config/check', named(file));
      assert.equal(answer.statusCode, 200, answer.body);
      const { warnings, changes } = answer.json();
      const message = `"${file}" is new: a reload or a start opens it, a check does not`;
      assert.deepEqual(warnings, [{ key, message }]);
      assert.deepEqual(changes, [{ kind: 'pool', action: 'changed', name: 'default', keys: ['tls.ca_file'] }]);
    }
    for (const file of [known, './known.pem']) {
      assert.deepEqual((await send('POST', '/v1/api/config/check', named(file))).json().warnings, []);
    }
    writeFileSync(known, 'no certificate');
    assert.match((await send('POST', '/v1/api/config/check', named(known))).body, /contains no PEM certificate/);
    assert.match((await send('POST', '/v1/api/config/check')).body, /contains no PEM certificate/);

    const refused = await send('PUT', '/v1/api/config', named('/nowhere/at/all'));
    assert.match(refused.body, /the file does not exist/);
    assert.equal(readFileSync(path, 'utf8'), named('known.pem'));
  });

  it('warns in a check as sluice check does', async (t) => {
    const { send } = await start(t);
    const answer = await send('POST', '/v1/api/config/check', `${FILE}server: { trust_proxy: [0.0.0.0/0] }`);
    const { warnings } = answer.json<{ warnings: { key: string; message: string }[] }>();
    assert.deepEqual(
      warnings.map(({ key }) => key),
      ['server.trust_proxy'],
    );
    assert.match(warnings[0]!.message, /^every address is a trusted proxy/);
  });
});
