/** Plans, watches and versions by the API, over a real file. */
import assert from 'node:assert/strict';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { it, type TestContext } from 'node:test';
import { hashAccessToken } from '../../../../src/admin-access/access-token.ts';
import { fakeAdminApp, fakeDatabase } from '../../../support/admin-app.ts';
import { eventually } from '../../../support/eventually.ts';
import { guardedWorld } from '../../../support/guarded-config.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';

const TOKENS = (['viewer', 'operator', 'admin'] as const).map((role) => ({
  name: `the ${role}`,
  role,
  token: `${role}-token-of-twenty-characters`,
  hash: hashAccessToken(`${role}-token-of-twenty-characters`),
}));
const text = (port: number): string =>
  `pools: { p: { backends: [{ url: "http://a:${port}", id: b1 }] } }\nroutes: [{ name: all, pool: p }]\n`;
const PREFIX = '/v1/api/config';

async function start(t: TestContext) {
  const world = await guardedWorld(t, text(1));
  const audit = new MemoryAuditStore();
  const app = await fakeAdminApp({
    configuration: world.configuration,
    admin: { tokens: TOKENS },
    database: fakeDatabase(new MemoryClientStore(), audit),
  });
  t.after(() => app.close());
  const send = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: object, role = 'admin') =>
    app.inject({
      method,
      url: PREFIX + path,
      headers: { authorization: `Bearer ${TOKENS.find((each) => each.role === role)!.token}` },
      ...(payload === undefined ? {} : { payload }),
    });
  const plan = async (config: string): Promise<string> => (await send('POST', '/check', { config })).json().plan_id;
  return { ...world, traffic: world.send, audit, send, plan };
}

it('a plan is applied and watched for a minute, unless the caller asks for another time', async (t) => {
  const { send, plan, file } = await start(t);
  const answer = await send('POST', '/apply', { config: text(2), plan_id: await plan(text(2)) });
  assert.equal(answer.statusCode, 200, answer.body);
  const { watch, ...report } = answer.json();
  assert.deepEqual(report, {
    result: 'applied',
    version: 1,
    changes: [{ kind: 'backend', action: 'changed', name: 'b1', keys: ['url'] }],
    restart_required: [],
    number: 2,
  });
  assert.deepEqual([watch.state, watch.seconds, watch.version, watch.previous, watch.look], ['watching', 60, 2, 1, 0]);
  assert.equal(file(), text(2));
  const config = text(3);
  const unwatched = await send('POST', '/apply', { config, plan_id: await plan(config), watch_seconds: 0 });
  assert.equal(unwatched.json().watch, null);
  const body = { config, plan_id: 'x', watch_seconds: 3601 };
  const tooLong = await send('POST', '/apply', body);
  assert.equal(tooLong.statusCode, 400);
  assert.match(tooLong.body, /watch_seconds.*3600/);
});

it('a plan made on another version is refused with 412, and what has changed', async (t) => {
  const { send, plan, file } = await start(t);
  const planned = await plan(text(2));
  assert.equal((await send('PUT', '', { config: text(3) })).statusCode, 200);
  const answer = await send('POST', '/apply', { config: text(2), plan_id: planned });
  assert.equal(answer.statusCode, 412);
  const { error, details, message } = answer.json();
  assert.deepEqual([error, details], ['GW_PLAN_OUTDATED', [{ field: 'backend b1', message: 'changed: url' }]]);
  assert.match(message, /from version 1 to 2$/);
  assert.equal(file(), text(3));
});

it('a plan that is none, or of another text, is refused', async (t) => {
  const { send, plan } = await start(t);
  for (const body of [
    { config: text(2), plan_id: await plan(text(3)) },
    { config: text(2), plan_id: '' },
    { config: text(2) },
    { plan_id: 'x' },
  ])
    assert.equal((await send('POST', '/apply', body)).statusCode, 400, JSON.stringify(body));
});

it('a change that makes requests fail returns: the API shows the numbers, and the audit log has an entry', async (t) => {
  const { send, plan, audit, look, traffic, configuration } = await start(t);
  assert.equal((await send('GET', '/watch', undefined, 'viewer')).json().watch, null);
  traffic('all', 200);
  await send('POST', '/apply', { config: text(2), plan_id: await plan(text(2)) });
  for (let at = 0; at < 2; at += 1) {
    traffic('all', 60, 502);
    look();
  }
  await eventually('it is back', () => configuration.watch()!.state !== 'watching');
  const { watch } = (await send('GET', '/watch', undefined, 'viewer')).json();
  assert.equal(watch.state, 'reverted');
  const [worst] = watch.comparisons;
  assert.deepEqual(
    [worst.route, worst.measure, worst.verdict, worst.before, worst.after],
    ['all', 'errors', 'worse', { requests: 200, share: 0, p95_ms: null }, { requests: 120, share: 1, p95_ms: null }],
  );
  assert.ok(worst.chance < worst.limit);
  const [entry] = await audit.list({ limit: 1, action: 'revertConfig' });
  const { state, reason } = entry!.after as { state: string; reason: string };
  assert.deepEqual(
    [entry!.actor, entry!.target, entry!.before, state],
    ['sluice', 'configuration', { version: 2 }, 'reverted'],
  );
  assert.match(reason, /errors of route all rose from 0 % \(0 of 200\) to 100 % \(120 of 120\)/);
});

it('an operator ends a watch and keeps the version', async (t) => {
  const { send, plan } = await start(t);
  assert.equal((await send('DELETE', '/watch')).statusCode, 404);
  await send('POST', '/apply', { config: text(2), plan_id: await plan(text(2)) });
  const answer = await send('DELETE', '/watch');
  assert.deepEqual([answer.statusCode, answer.json().state], [200, 'kept']);
  assert.match(answer.json().reason, /ended by the admin/);
});

it('PUT and reload are watched if asked to', async (t) => {
  const { send, edit } = await start(t);
  assert.equal((await send('PUT', '', { config: text(2) })).json().watch, null);
  assert.equal((await send('PUT', '?watch_seconds=5', { config: text(3) })).json().watch.seconds, 5);
  edit(text(4));
  assert.equal((await send('POST', '/reload?watch_seconds=7')).json().watch.seconds, 7);
  assert.equal((await send('POST', '/reload?watch=7')).statusCode, 400);
});

it('versions are listed, read without secrets, compared, and brought back', async (t) => {
  const { send, file } = await start(t);
  await send('PUT', '', { config: text(2) });
  const { items } = (await send('GET', '/versions', undefined, 'viewer')).json();
  assert.deepEqual(
    items.map(({ number, origin, by, stored }: Record<string, unknown>) => [number, origin, by, stored]),
    [
      [2, 'api', 'the admin', true],
      [1, 'start', null, true],
    ],
  );
  assert.deepEqual(Object.keys(items[0]), ['number', 'applied_at', 'origin', 'by', 'digest', 'bytes', 'stored']);
  const version = (await send('GET', '/versions/1', undefined, 'operator')).json();
  assert.deepEqual([version.settings.pools.p.backends[0].url, version.problems], ['http://a:1', []]);
  assert.doesNotMatch(JSON.stringify(version), /"text"/);
  const diff = { from: 1, to: 2, changes: [{ kind: 'backend', action: 'changed', name: 'b1', keys: ['url'] }] };
  assert.deepEqual((await send('GET', '/versions/1/diff')).json(), diff);
  assert.deepEqual((await send('GET', '/versions/2/diff?with=1')).json(), diff);
  const back = await send('POST', '/rollback/1');
  assert.deepEqual([back.json().number, back.json().watch.seconds, file()], [3, 60, text(1)]);
  assert.equal((await send('POST', '/rollback/2', { watch_seconds: 0 })).json().watch, null);
  const missing = await send('POST', '/rollback/9');
  assert.deepEqual([missing.statusCode, missing.json().message], [404, 'Version 9 is not kept; kept are 1, 2, 3, 4']);
  assert.equal((await send('GET', '/versions/0')).statusCode, 400);
});

it('only admins change something, and everybody reads', async (t) => {
  const { send } = await start(t);
  for (const [method, path, body] of [
    ['POST', '/apply', { config: 'x', plan_id: 'x' }],
    ['POST', '/rollback/1', {}],
    ['DELETE', '/watch', undefined],
  ] as const)
    assert.equal((await send(method, path, body, 'operator')).statusCode, 403, path);
  for (const path of ['/versions', '/versions/1', '/versions/1/diff', '/watch'])
    assert.equal((await send('GET', path, undefined, 'viewer')).statusCode, 200, path);
});

it('the text is for an admin, to be edited; a mistake in it has its line', async (t) => {
  const { send } = await start(t);
  const shown = await send('GET', '/text');
  assert.deepEqual(shown.json(), { text: text(1), hidden: 0, number: 1, file_changed: false });
  for (const role of ['viewer', 'operator'])
    assert.equal((await send('GET', '/text', undefined, role)).statusCode, 403);
  const refused = await send('POST', '/check', { config: `${text(1)}poolz: {}\n` });
  assert.deepEqual(
    refused.json().details.map(({ line, column }: { line: number; column: number }) => [line, column]),
    [[3, 1]],
  );
});

it('a file that cannot be replaced is reported before anything is sent; its text can still be read and checked', async (t) => {
  const { send, plan, path } = await start(t);
  assert.equal((await send('GET', '')).json().read_only, null);
  const planId = await plan(text(2));
  // As root, no mode prevents it: a link to itself does.
  rmSync(path);
  symlinkSync(path, path);
  const reason = 'The file c.yaml cannot be written: ELOOP';
  assert.equal((await send('GET', '')).json().read_only, reason);
  assert.equal((await send('GET', '/text')).json().text, text(1));
  const checked = (await send('POST', '/check', { config: text(2) })).json();
  assert.deepEqual([checked.plan_id, checked.changes.length], [null, 1]);
  const answer = await send('POST', '/apply', { config: text(2), plan_id: planId });
  assert.equal(answer.statusCode, 409);
  assert.equal(answer.json().message, reason);
  rmSync(path);
  writeFileSync(path, text(1));
  assert.equal((await send('GET', '')).json().read_only, null);
});
