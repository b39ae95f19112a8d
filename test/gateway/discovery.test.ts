/** Members that come and go at run time, in a whole gateway: they get traffic, and no request is harmed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { BackendView } from '../../src/backends/api/backend-view.ts';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import type { DiscoveryAnswer } from '../../src/discovery/api/discovery-view.ts';
import { fakeDatabase } from '../support/admin-app.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest, type HttpAnswer } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';
import { MemoryClientStore } from '../support/memory-client-store.ts';

const MORE = 'rate_limit: { enabled: false }\ndiscovery: { debounce: 20ms }\n';

async function samples(t: TestContext, count: number): Promise<readonly string[]> {
  const { backends, close } = await startSampleBackends({ count });
  t.after(close);
  return backends.map(({ url }) => url);
}

/** A list of members that a test rewrites, as one step. */
function memberFile(t: TestContext): { path: string; write: (urls: readonly string[]) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-members-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'web.yaml');
  const write = (urls: readonly string[]): void => {
    writeFileSync(`${path}.new`, urls.map((url) => `- url: ${url}\n`).join(''));
    renameSync(`${path}.new`, path);
  };
  return { path, write };
}

function poolsFrom(path: string, more = MORE): string {
  return `pools:\n  web:\n    discover: { file: { path: "${path}" }, hold: 0s }\n    algorithm: round-robin\n${more}`;
}

async function backends(gateway: TestGateway): Promise<readonly BackendView[]> {
  return (await gateway.admin('/v1/api/backends')).json<BackendView[]>();
}

async function shares(gateway: TestGateway, count = 40): Promise<Record<string, number>> {
  const answers = await Promise.all(Array.from({ length: count }, () => httpRequest(gateway.trafficUrl)));
  const counts: Record<string, number> = {};
  for (const { status, headers } of answers) {
    const name = status === 200 ? String(headers['x-backend']) : String(status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

test('the members of a file get traffic from the first request on, and follow the file', async (t) => {
  const [one, two, three] = await samples(t, 3);
  const file = memberFile(t);
  file.write([one!, two!]);
  const gateway = await startTestGateway(t, poolsFrom(file.path));
  assert.deepEqual(await shares(gateway), { 'replica-1': 20, 'replica-2': 20 });
  const found = (await backends(gateway)).map(({ id, source }) => ({ id, source }));
  const ids = [one!, two!].map((url) => `web-127.0.0.1-${new URL(url).port}`).toSorted();
  assert.deepEqual(
    found,
    ids.map((id) => ({ id, source: 'discovery' })),
  );
  file.write([two!, three!]);
  const expected = { 'replica-2': 20, 'replica-3': 20 };
  await eventually('the third takes part', async () => isDeepStrictEqual(await shares(gateway), expected));
});

/** A server on every loopback address, so that a test has many members. */
async function everywhere(t: TestContext): Promise<number> {
  const server = createServer((_request, response) => response.end('here')).listen(0, '0.0.0.0');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

async function put(gateway: TestGateway, body: object, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  return gateway.admin('/v1/api/pools/web/members', { method: 'PUT', body, headers });
}

async function poolOf(gateway: TestGateway, name: string): Promise<DiscoveryAnswer['items'][number]> {
  const { items } = (await gateway.admin('/v1/api/discovery')).json<DiscoveryAnswer>();
  return items.find(({ pool }) => pool === name)!;
}

const PUSHED = 'pools: { web: { discover: { push: {} } } }\nrate_limit: { enabled: false }\n';

test('a pushed list is one change, has a version, and may be refused as a whole', async (t) => {
  const port = await everywhere(t);
  const gateway = await startTestGateway(t, `${PUSHED}discovery: { debounce: 20ms }\n`);
  const empty = await httpRequest(gateway.trafficUrl);
  assert.deepEqual([empty.status, empty.json<{ message: string }>().message], [503, 'The pool has no members']);
  const one = { members: [{ address: '127.0.0.1', port }], ttl: '1h' };
  const first = await put(gateway, one);
  assert.equal(first.status, 200, first.body);
  // Applied once it is answered.
  assert.equal((await httpRequest(gateway.trafficUrl)).status, 200);
  const tag = String(first.headers.etag);
  const two = { members: [...one.members, { url: `http://127.0.0.2:${port}`, weight: 3 }] };
  const second = await put(gateway, two, { 'if-match': tag });
  assert.equal(second.status, 200, second.body);
  assert.equal((await put(gateway, one, { 'if-match': tag })).status, 412);
  const bad = await put(gateway, { members: [...one.members, { url: 'http://127.0.0.3/base' }] });
  assert.equal(bad.status, 400);
  assert.deepEqual(bad.json<{ details: unknown }>().details, [
    { field: 'members.1', message: 'url: members have no base path' },
  ]);
  const own = await put(gateway, { members: [{ url: gateway.trafficUrl }] });
  assert.deepEqual([own.status, /leads to the public port/.test(own.body)], [400, true]);
  assert.deepEqual(
    (await backends(gateway)).map(({ url, weight, source }) => ({ url, weight, source })),
    [
      { url: `http://127.0.0.1:${port}`, weight: 1, source: 'discovery' },
      { url: `http://127.0.0.2:${port}`, weight: 3, source: 'discovery' },
    ],
  );
  // Operators can weigh and disable a member; that outlives its coming and going.
  const id = `web-127.0.0.2-${port}`;
  const changed = await gateway.admin(`/v1/api/backends/${id}`, { method: 'PATCH', body: { weight: 7 } });
  assert.equal(changed.status, 200, changed.body);
  await put(gateway, one);
  assert.equal((await gateway.admin(`/v1/api/backends/${id}`)).status, 404);
  await put(gateway, two);
  const back = (await gateway.admin(`/v1/api/backends/${id}`)).json<BackendView>();
  assert.deepEqual([back.weight, back.overrides, back.file], [7, ['weight'], { weight: 3 }]);
  const unknown = await gateway.admin('/v1/api/pools/nope/members', { method: 'PUT', body: one });
  assert.deepEqual([unknown.status, unknown.json<{ error: string }>().error], [404, 'GW_POOL_NOT_FOUND']);
  assert.equal((await gateway.admin('/v1/api/pools/web/members', { method: 'DELETE' })).status, 204);
  assert.equal((await httpRequest(gateway.trafficUrl)).status, 503);
  const events = (await gateway.admin('/v1/api/events?kind=discovery')).body;
  assert.match(events, /web: members changed: \+1 −0/);
  const { items } = (await gateway.admin('/v1/api/audit')).json<{
    items: {
      action: string;
      target: string;
      status: number;
      before: { members: unknown[] };
      after: { members: unknown[] } | null;
    }[];
  }>();
  const [removed, pushed] = items.filter(({ target, status }) => target === 'web' && status < 300);
  assert.deepEqual([removed!.action, removed!.target, removed!.after], ['deletePushedMembers', 'web', null]);
  assert.equal(pushed!.action, 'pushMembers');
  assert.deepEqual([pushed!.before.members.length, pushed!.after!.members.length], [1, 2]);
});

test('200 lists under load: no request fails, and no more snapshots than the debounce allows', async (t) => {
  const port = await everywhere(t);
  const gateway = await startTestGateway(t, PUSHED);
  const list = (change: number): object => ({
    members: [0, 1, 2].map((at) => ({ address: `127.0.${Math.floor(change / 100)}.${(change % 100) + at + 1}`, port })),
  });
  assert.equal((await put(gateway, list(0))).status, 200);
  const versionOf = async (): Promise<number> =>
    (await gateway.admin('/v1/api/config')).json<{ version: number }>().version;
  const before = await versionOf();
  const startMs = performance.now();
  const load = startLoad(gateway.trafficUrl, { connections: 4 });
  // Not awaited one by one: a list that is replaced before it applies never applies.
  const answers: Promise<HttpAnswer>[] = [];
  for (let change = 1; change <= 200; change += 1) {
    answers.push(put(gateway, list(change)));
    // Spread over two seconds, on purpose: the rate of changes is the subject.
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  assert.deepEqual([...new Set(statuses)], [200]);
  const { answers: total, statuses: seen, errors } = await load.stop();
  const seconds = (performance.now() - startMs) / 1000;
  const snapshots = (await versionOf()) - before;
  assert.ok(total > 50, `${total} requests`);
  assert.deepEqual([Object.keys(seen), errors], [['200'], []]);
  assert.ok(snapshots >= 1 && snapshots <= seconds / 0.5 + 1, `${snapshots} snapshots in ${seconds} s`);
  const urls = (await backends(gateway)).map(({ url }) => url);
  assert.deepEqual(
    urls,
    [1, 2, 3].map((at) => `http://127.0.2.${at}:${port}`),
  );
});

test('one of three pools whose source fails keeps its members and leaves the others alone', async (t) => {
  const port = await everywhere(t);
  const files = ['a', 'b', 'c'].map(() => memberFile(t));
  for (const [at, file] of files.entries()) file.write([`http://127.0.0.${at + 1}:${port}`]);
  const pools = files.map(({ path }, at) => `  p${at}: { discover: { file: { path: "${path}" } } }`).join('\n');
  const routes = files.map((_, at) => `  - { path_prefix: /${at}, pool: p${at} }`).join('\n');
  const gateway = await startTestGateway(t, `pools:\n${pools}\nroutes:\n${routes}\n${MORE}`);
  writeFileSync(files[1]!.path, '- url: [not closed\n');
  files[2]!.write([`http://127.0.0.3:${port}`, `http://127.0.0.4:${port}`]);
  await eventually('the second fails', async () => (await poolOf(gateway, 'p1')).state === 'failing');
  await eventually('the third has two', async () => (await poolOf(gateway, 'p2')).members.length === 2);
  const failing = await poolOf(gateway, 'p1');
  assert.match(failing.last_error!, /web\.yaml: not valid/);
  assert.deepEqual(
    failing.members.map(({ url, held }) => ({ url, held })),
    [{ url: `http://127.0.0.2:${port}`, held: null }],
  );
  const statuses = await Promise.all([0, 1, 2].map((at) => httpRequest(`${gateway.trafficUrl}/${at}`)));
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [200, 200, 200],
  );
  // A change of the source applies on reload; the members stay until it has answered.
  const moved = memberFile(t);
  moved.write([`http://127.0.0.9:${port}`]);
  gateway.write(
    `pools:\n${pools.replace(files[1]!.path, moved.path)}\nroutes:\n${routes}\n${MORE}`.replace(
      `"${moved.path}" }`,
      `"${moved.path}" }, hold: 0s`,
    ),
  );
  await gateway.reload('test');
  await eventually('the other file counts', async () => {
    const { state, members } = await poolOf(gateway, 'p1');
    return state === 'current' && members.map(({ url }) => url).join() === `http://127.0.0.9:${port}`;
  });
});

test('after a restart without its source, a pool has its last members once they answer', async (t) => {
  const port = await everywhere(t);
  const dead = createServer().listen(0, '127.0.0.1');
  await once(dead, 'listening');
  const deadUrl = `http://127.0.0.1:${(dead.address() as AddressInfo).port}`;
  const file = memberFile(t);
  const database = fakeDatabase(new MemoryClientStore());
  file.write([`http://127.0.0.1:${port}`, deadUrl]);
  const first = await startTestGateway(t, poolsFrom(file.path), { database });
  await eventually('the list is kept', async () => (await database.members.cached()).length === 1);
  await first.stop();
  rmSync(file.path);
  dead.close();
  const second = await startTestGateway(t, poolsFrom(file.path), { database });
  await eventually('one is proven', async () => {
    const { state, members } = await poolOf(second, 'web');
    return state === 'failing' && members.filter(({ proven }) => proven).length === 1;
  });
  await eventually('it gets requests', async () => (await httpRequest(second.trafficUrl)).status === 200);
  assert.deepEqual(await Promise.all(Array.from({ length: 20 }, () => statusOf(second))), Array(20).fill(200));
  const all = await backends(second);
  assert.deepEqual(all.find(({ url }) => url === deadUrl)!.reason, 'unproven');
  assert.equal((await second.admin('/readyz')).status, 200);
});

async function statusOf(gateway: TestGateway): Promise<number> {
  return (await httpRequest(gateway.trafficUrl)).status;
}
