import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { writeSession } from '../../src/net/session-cookie.ts';
import { opaqueId } from '../../src/net/opaque-id.ts';
import { startHeldBackend } from '../support/held-backend.ts';
import { type HttpAnswer, httpRequest } from '../support/http-request.ts';
import { type BackendYaml, poolYaml } from '../support/pool-yaml.ts';
import { RawClient, rawResponse, startRawBackend } from '../support/raw-socket.ts';
import { startTraffic, type Traffic } from '../support/traffic.ts';
import { echo, startUpgradeBackend, upgradeRequest } from '../support/upgrade-backend.ts';

const SECRET = 'not a secret at all, but long enough'.replaceAll(' ', '-');
const OLD_SECRET = 'the one before it, also long enough.'.replaceAll(' ', '-');
const KEYS = `keys: [{ id: k2, secret: "${SECRET}" }, { id: k1, secret: "${OLD_SECRET}" }]`;
const STICKY = `sticky: { enabled: true, ${KEYS} }`;

type RawBackend = Awaited<ReturnType<typeof startRawBackend>>;

/** Three backends that answer with their ids. */
async function start(t: TestContext, more: readonly string[] = [], fields: readonly string[] = [], yaml = '') {
  const backends = await Promise.all(
    ['b0', 'b1', 'b2'].map((id) => startRawBackend(rawResponse(id, '200 OK', fields))),
  );
  t.after(() => Promise.all(backends.map((backend) => backend.close())));
  const traffic = await startTraffic(poolYaml(backends, ['algorithm: round-robin', STICKY, ...more]) + yaml);
  t.after(() => traffic.close());
  return { traffic, backends: backends as readonly RawBackend[] };
}

const setCookie = ({ headers }: HttpAnswer): string | undefined => headers['set-cookie']?.[0];
const pairOf = (answer: HttpAnswer): string => setCookie(answer)!.split(';')[0]!;

function ask({ url }: Traffic, cookie?: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  return httpRequest(url, { headers: cookie === undefined ? headers : { ...headers, cookie } });
}

/** A cookie made this many seconds ago, of a session that began earlier. */
function madeAgo(backend: string, seconds: number, beganAgo = seconds, key = { id: 'k2', secret: SECRET }): string {
  const nowS = Math.floor(Date.now() / 1000);
  const session = {
    keyId: key.id,
    opaqueId: opaqueId(key.secret, backend),
    startedS: nowS - beganAgo,
    seenS: nowS - seconds,
  };
  return `sluice_sticky=${writeSession(session, key.secret)}`;
}

for (const algorithm of [
  'round-robin',
  'weighted-round-robin',
  'least-connections',
  'random',
  'two-choices',
  'consistent-hash',
]) {
  test(`a client stays with the backend that answered it first: ${algorithm}`, async (t) => {
    const { traffic } = await start(t);
    const again = await startTraffic(
      poolYaml(
        traffic.snapshot.pools[0]!.backends.map(({ url }) => ({ url })),
        [`algorithm: ${algorithm}`, STICKY],
      ),
    );
    t.after(() => again.close());
    const first = await ask(again);
    const cookie = pairOf(first);
    for (let count = 0; count < 10; count += 1) {
      const answer = await ask(again, cookie);
      assert.equal(answer.body, first.body);
      assert.equal(setCookie(answer), undefined, 'the cookie is young: it is not set again');
    }
  });
}

test('the cookie is one for the gateway alone, and keeps the answer out of shared caches', async (t) => {
  const { traffic, backends } = await start(t, [], ['Cache-Control: public, max-age=60', 'Set-Cookie: own=1']);
  const answer = await ask(traffic);
  const [own, ours] = answer.headers['set-cookie']!;
  assert.equal(own, 'own=1');
  assert.match(
    ours!,
    /^sluice_sticky=v1\.k2\.[\w-]{16}\.[0-9a-z]+-0\.[\w-]{43}; Path=\/; Max-Age=1800; HttpOnly; SameSite=Lax$/,
  );
  assert.equal(answer.headers['cache-control'], 'private, max-age=60');

  const bound = await ask(traffic, `a=1; ${ours!.split(';')[0]!}; b=2`);
  assert.equal(bound.headers['cache-control'], 'public, max-age=60', 'no cookie set, nothing to keep private');
  const backend = backends[Number(bound.body[1])]!;
  assert.match(backend.requests.at(-1)!, /\r\ncookie: a=1; b=2\r\n/i);
  await ask(traffic, ours!.split(';')[0]);
  assert.doesNotMatch(backend.requests.at(-1)!, /cookie/i);
  assert.ok(backends.every(({ requests }) => requests.every((request) => !request.includes('sluice_sticky'))));
});

test('the cookie is Secure when a trusted proxy says that the client came by TLS', async (t) => {
  const secure = { 'x-forwarded-proto': 'https' };
  const { traffic: trusting } = await start(t, [], [], 'server: { trust_proxy: [127.0.0.0/8] }\n');
  assert.match(setCookie(await ask(trusting, undefined, secure))!, /; Secure$/);
  assert.match(setCookie(await ask(trusting, undefined, { 'x-forwarded-proto': 'https, http' }))!, /; Secure$/);
  assert.doesNotMatch(setCookie(await ask(trusting, undefined, { 'x-forwarded-proto': 'http, https' }))!, /Secure/);
  const { traffic: plain } = await start(t);
  assert.doesNotMatch(setCookie(await ask(plain, undefined, secure))!, /Secure/);
});

test('of several cookies of the name, the valid one binds, and none is passed on', async (t) => {
  const { traffic, backends } = await start(t);
  const first = await ask(traffic);
  const good = pairOf(first);
  for (const cookies of [
    `sluice_sticky=v1.old.x.y.z; ${good}`,
    `${good}; sluice_sticky=v1.old.x.y.z`,
    `a=1; sluice_sticky=; sluice_sticky=2; ${good}; sluice_sticky=3`,
  ]) {
    const answer = await ask(traffic, cookies);
    assert.equal(answer.body, first.body, cookies);
    assert.equal(setCookie(answer), undefined, 'the valid cookie will do');
  }
  assert.ok(backends.every(({ requests }) => requests.every((request) => !request.includes('sluice_sticky'))));
});

test('the cookie of one pool does not reach the backends of another', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(`pools:
  one: { sticky: { enabled: true, cookie: one }, backends: [{ url: "${backend.url}" }] }
  two: { sticky: { enabled: true, cookie: two }, backends: [{ url: "${backend.url}" }] }
  three: { backends: [{ url: "${backend.url}" }] }
routes:
  - { path_prefix: /one, pool: one }
  - { path_prefix: /two, pool: two }
  - { path_prefix: /three, pool: three }
`);
  t.after(() => traffic.close());
  for (const path of ['/one', '/two', '/three']) {
    await httpRequest(`${traffic.url}${path}`, { headers: { cookie: 'one=forged; kept=1; two=forged' } });
    assert.match(backend.requests.at(-1)!, /\r\ncookie: kept=1\r\n/i, path);
  }
});

test('the cookie has the scope that is configured', async (t) => {
  const backend = await startRawBackend(rawResponse('ok'));
  t.after(() => backend.close());
  const traffic = await startTraffic(
    poolYaml(
      [{ url: backend.url }],
      [
        'sticky: { enabled: true, same_site: none, secure: always, path: /app, domain: example.com, partitioned: true }',
      ],
    ),
  );
  t.after(() => traffic.close());
  const field = setCookie(await ask(traffic))!;
  assert.match(field, /; Path=\/app; Max-Age=1800; HttpOnly; SameSite=None; Domain=example\.com; Partitioned; Secure$/);
});

test('a cookie that is not ours is ignored, and never passed on', async (t) => {
  const { traffic, backends } = await start(t);
  const good = pairOf(await ask(traffic));
  const forged = [
    'sluice_sticky=',
    'sluice_sticky=v1',
    `${good}x`,
    good.replace('v1.k2', 'v1.k1'),
    good.replace('v1.k2', 'v1.k3'),
    good.replace(/.{5}$/, 'AAAAA'),
    madeAgo('b0', 0, 0, { id: 'k2', secret: OLD_SECRET }),
    // Correctly signed, but for a backend of another pool.
    madeAgo('elsewhere', 0),
  ];
  for (const cookie of forged) {
    const answer = await ask(traffic, cookie);
    assert.equal(answer.status, 200);
    assert.notEqual(setCookie(answer), undefined, cookie);
  }
  assert.ok(backends.every(({ requests }) => requests.every((request) => !request.includes('sluice_sticky'))));
});

test('a cookie is renewed after a tenth of the idle time; a session ends by age and by silence', async (t) => {
  const { traffic } = await start(t);
  assert.equal(setCookie(await ask(traffic, madeAgo('b1', 170))), undefined);

  const renewed = await ask(traffic, madeAgo('b1', 200, 3600));
  assert.equal(renewed.body, 'b1');
  assert.match(setCookie(renewed)!, /Max-Age=1800;/);
  assert.equal((await ask(traffic, pairOf(renewed))).body, 'b1');
  // Seven hours and 55 minutes old: five are left.
  const last = setCookie(await ask(traffic, madeAgo('b1', 200, 28_500)))!;
  const maxAge = Number(/Max-Age=(\d+)/.exec(last)![1]);
  assert.ok(maxAge >= 298 && maxAge <= 301, last);

  const bodies = async (cookie: string): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 3 }, () => ask(traffic, cookie)));
    return new Set(answers.map(({ body }) => body)).size;
  };
  assert.equal(await bodies(madeAgo('b1', 1790)), 1);
  assert.equal(await bodies(madeAgo('b1', 1801)), 3, 'idle for too long');
  assert.equal(await bodies(madeAgo('b1', 100, 28_801)), 3, 'older than max_age');
});

test('a key that no longer signs still verifies, and its cookies are signed again', async (t) => {
  const { traffic } = await start(t);
  const answer = await ask(traffic, madeAgo('b2', 5, 5, { id: 'k1', secret: OLD_SECRET }));
  assert.equal(answer.body, 'b2');
  assert.match(setCookie(answer)!, /^sluice_sticky=v1\.k2\./);
  assert.equal((await ask(traffic, pairOf(answer))).body, 'b2');
});

test('a backend that drains keeps its clients and gets no new ones; one that is gone loses them', async (t) => {
  const { traffic } = await start(t);
  const table = traffic.tables.backends;
  const cookie = madeAgo('b0', 5);
  table.setDraining(0, true);
  for (let count = 0; count < 4; count += 1) {
    assert.equal((await ask(traffic, cookie)).body, 'b0');
    assert.notEqual((await ask(traffic)).body, 'b0');
  }
  table.setEnabled(0, false);
  const moved = await ask(traffic, cookie);
  assert.notEqual(moved.body, 'b0');
  table.setEnabled(0, true);
  table.setDraining(0, false);
  assert.equal((await ask(traffic, pairOf(moved))).body, moved.body, 'it stays where it went');
});

test('a client that a retry took elsewhere stays there', async (t) => {
  const resets = await startRawBackend((_request, socket) => socket.destroy());
  const works = await startRawBackend(rawResponse('works'));
  t.after(() => Promise.all([resets.close(), works.close()]));
  const traffic = await startTraffic(poolYaml([resets, works], [STICKY]));
  t.after(() => traffic.close());
  const answer = await ask(traffic, madeAgo('b0', 5));
  assert.equal(answer.body, 'works');
  assert.equal((await ask(traffic, pairOf(answer))).body, 'works');
  assert.equal(resets.requests.length, 1);
});

test('a client whose backend is merely full is answered by another one and stays bound', async (t) => {
  const full = await startHeldBackend();
  const other = await startRawBackend(rawResponse('other'));
  t.after(() => Promise.all([full.close(), other.close()]));
  const backends: readonly BackendYaml[] = [{ url: full.url, max_in_flight: 1 }, { url: other.url }];
  const traffic = await startTraffic(poolYaml(backends, [STICKY]));
  t.after(() => traffic.close());
  const running = ask(traffic, madeAgo('b0', 5));
  await full.asked(1);
  const answer = await ask(traffic, madeAgo('b0', 5));
  assert.equal(answer.body, 'other');
  assert.equal(setCookie(answer), undefined);
  full.answer();
  assert.equal((await running).body, '/');
});

test('a key is made at start when none is given', async (t) => {
  const { traffic } = await start(t, []);
  const own = await startTraffic(
    poolYaml(
      traffic.snapshot.pools[0]!.backends.map(({ url }) => ({ url })),
      ['sticky: { enabled: true, cookie: lb }'],
    ),
  );
  t.after(() => own.close());
  const first = await ask(own);
  assert.match(setCookie(first)!, /^lb=v1\.auto\./);
  for (let count = 0; count < 5; count += 1) assert.equal((await ask(own, pairOf(first))).body, first.body);
});

test('a WebSocket is bound like any request: the 101 carries the cookie', async (t) => {
  const backends = await Promise.all([startUpgradeBackend(echo), startUpgradeBackend(echo)]);
  t.after(() => Promise.all(backends.map((backend) => backend.close())));
  const traffic = await startTraffic(poolYaml(backends, ['algorithm: round-robin', STICKY]));
  t.after(() => traffic.close());
  const open = async (fields: readonly string[]): Promise<string> => {
    const client = new RawClient(traffic.port);
    t.after(() => client.destroy());
    return client.send(upgradeRequest('/', fields)).until('\r\n\r\n');
  };
  const head = await open([]);
  const [, cookie] = /\r\nset-cookie: (sluice_sticky=[^;]+);/i.exec(head)!;
  assert.match(head, /^HTTP\/1\.1 101 /);
  const bound = backends.findIndex(({ heads }) => heads.length === 1);
  for (let count = 0; count < 4; count += 1) {
    assert.doesNotMatch(await open([`Cookie: ${cookie}; a=1`]), /set-cookie/i);
  }
  assert.equal(backends[bound]!.heads.length, 5);
  assert.ok(backends[bound]!.heads.slice(1).every((each) => /\r\ncookie: a=1\r\n/i.test(each)));
});
