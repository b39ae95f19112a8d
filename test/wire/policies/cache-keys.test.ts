/** What one client sends must not decide what another one gets (cache poisoning). */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SignJWT } from 'jose';
import { type PolicyWorld, startPolicyWorld } from '../../support/policy-world.ts';
import { parted } from '../../support/decoded-body.ts';
import { eventually } from '../../support/eventually.ts';
import { rawResponse as response, startRawBackend } from '../../support/raw-socket.ts';

const PROXIED = 'server: { trust_proxy: [127.0.0.1] }\n';

/** Answers with the heads that it got, so that whatever a client can change shows. */
function start(t: TestContext, route: string, top = ''): Promise<PolicyWorld> {
  return startPolicyWorld(t, `${top}routes:\n  - { name: api, pool: default, ${route} }\n`, (request, socket) => {
    socket.write(response(request, '200 OK', ['Cache-Control: max-age=60']));
  });
}

interface Asked {
  readonly target?: string;
  readonly fields: readonly string[];
}

/** The first poisons, the second is the victim: whether it gets the stored answer of the first. */
async function isShared({ ask }: PolicyWorld, first: Asked, second: Asked): Promise<boolean> {
  await ask(first.target ?? '/', first.fields);
  return /cache-status: sluice; hit/.test(await ask(second.target ?? '/', second.fields));
}

test('hosts, paths and queries have answers of their own', async (t) => {
  const world = await start(t, 'cache: {}');
  const shop = { fields: ['Host: shop.test'] };
  assert.equal(await isShared(world, shop, { fields: ['Host: evil.test'] }), false);
  assert.equal(await isShared(world, shop, { fields: ['Host: shop.test:8080'] }), false);
  assert.equal(await isShared(world, shop, { fields: ['Host: SHOP.test'] }), true);
  for (const target of ['/a', '/%61', '/a/', '//a', '/a?', '/a?b', '/A']) {
    assert.equal(await isShared(world, shop, { ...shop, target }), false, target);
  }
});

test('what the gateway drops or writes itself changes nothing', async (t) => {
  const world = await start(t, 'cache: {}');
  const evil = [
    'X-Forwarded-Host: evil.test',
    'X-Forwarded-Proto: https',
    'X-Original-URL: /admin',
    'X-Forwarded-Prefix: /x',
  ];
  await world.ask('/', evil);
  const victim = await world.ask('/');
  assert.match(victim, /cache-status: sluice; hit/);
  assert.doesNotMatch(parted(victim).body, /evil|admin|proto: https|prefix/i);
});

test('the location that a trusted proxy states is part of the key, that of a client is dropped', async (t) => {
  const from = (country: string): Asked => ({ fields: [`X-Country: ${country}`] });
  const world = await start(t, 'cache: {}', `${PROXIED}geo: { header: X-Country }\n`);
  assert.equal(await isShared(world, from('DE'), from('AT')), false);
  assert.equal(await isShared(world, from('DE'), { fields: [] }), false);
  assert.equal(await isShared(world, from('DE'), from('DE')), true);
  const open = await start(t, 'cache: {}', 'geo: { header: X-Country }\n');
  assert.equal(await isShared(open, from('DE'), from('AT')), true);
  assert.doesNotMatch(await open.ask('/'), /x-country/i);
});

test('what a trusted proxy passes on about the URL is part of the key, addresses are not', async (t) => {
  for (const field of [
    'X-Forwarded-Host: evil.test',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Prefix: /x',
    'X-Forwarded-Port: 1',
    'X-Original-URL: /admin',
    'X-Forwarded-User: admin',
    'Forwarded: for=1.2.3.4;host=evil.test',
    'X_Original_URL: /admin',
  ]) {
    const world = await start(t, 'cache: {}', PROXIED);
    assert.equal(await isShared(world, { fields: [field] }, { fields: [] }), false, field);
  }
  const world = await start(t, 'cache: {}', PROXIED);
  const from = (address: string): Asked => ({
    fields: [`X-Forwarded-For: ${address}`, `X-Real-IP: ${address}`, `Forwarded: for=${address};proto=https`],
  });
  assert.equal(await isShared(world, from('192.0.2.1'), from('192.0.2.2')), true);
});

test('what the route fills in from the request is part of the key', async (t) => {
  const world = await start(
    t,
    "cache: {}, request_headers: { set: { x-tenant: '{header.x-org}', x-id: '{request_id}' } }",
  );
  assert.equal(await isShared(world, { fields: ['X-Org: evil'] }, { fields: ['X-Org: shop'] }), false);
  assert.equal(await isShared(world, { fields: ['X-Org: shop'] }, { fields: ['X-Org: shop', 'X-Other: 1'] }), true);
});

test('a field that makes a backend see another method keeps a request out of the cache', async (t) => {
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
    const world = await start(t, 'cache: {}');
    assert.equal(await isShared(world, { fields: [`${name}: DELETE`] }, { fields: [] }), false, name);
  }
});

test('named fields, cookies and parameters have answers of their own, others share one', async (t) => {
  const world = await start(t, 'cache: { key: { query: [page], headers: [X-Version], cookies: [lang] } }');
  const first = { target: '/?page=1&utm=a', fields: ['X-Version: 1', 'Cookie: lang=de; session=a'] };
  assert.equal(await isShared(world, first, { ...first, target: '/?utm=b&page=1' }), true);
  assert.equal(
    await isShared(world, first, { ...first, fields: ['X-Version: 1', 'Cookie: session=b; lang=de'] }),
    true,
  );
  assert.equal(await isShared(world, first, { ...first, target: '/?page=2&utm=a' }), false);
  assert.equal(await isShared(world, first, { ...first, target: '/' }), false);
  assert.equal(await isShared(world, first, { ...first, fields: ['X-Version: 2', 'Cookie: lang=de'] }), false);
  assert.equal(await isShared(world, first, { ...first, fields: ['X-Version: 1', 'Cookie: lang=en'] }), false);
  assert.equal(await isShared(world, first, { ...first, fields: ['X-Version: 1'] }), false);
});

test('pools have answers of their own', async (t) => {
  const next = await startRawBackend(response('next', '200 OK', ['Cache-Control: max-age=60']));
  t.after(() => next.close());
  const { ask } = await startPolicyWorld(
    t,
    `  next: { backends: [{ url: "${next.url}" }] }
routes:
  - name: api
    cache: {}
    split: [{ pool: default, weight: 1 }, { pool: next, weight: 0, header: { x-canary: '1' } }]
`,
    response('default', '200 OK', ['Cache-Control: max-age=60']),
  );
  assert.match(await ask('/', ['X-Canary: 1']), /next$/);
  assert.match(await ask('/'), /default$/);
  assert.match(await ask('/', ['X-Canary: 1']), /hit[^]*next$/);
});

test('what authentication tells backends about the caller is part of the key', async (t) => {
  const secret = 'a-secret-of-the-tests-long-enough';
  const tokenOf = async (subject: string): Promise<string> => {
    const token = new SignJWT({ sub: subject }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
    return `Authorization: Bearer ${await token.sign(Buffer.from(secret))}`;
  };
  const route = `cache: {}, auth: { jwt: { secret: ${secret}, forward_token: false, forward_claims: { x-user: sub } } }`;
  const { ask, requests } = await startPolicyWorld(
    t,
    `routes:\n  - { name: api, pool: default, ${route} }\n`,
    (request, socket) => {
      socket.write(response(request, '200 OK', ['Cache-Control: public, max-age=60', 'Vary: X-User']));
    },
  );
  const alice = await tokenOf('alice');
  assert.match(parted(await ask('/', [alice])).body, /x-user: alice/);
  const bob = await tokenOf('bob');
  assert.match(parted(await ask('/', [bob])).body, /x-user: bob/);
  assert.match(await ask('/', [alice]), /cache-status: sluice; hit/);
  assert.equal(requests.length, 2);
});

test('an answer to a precondition is not stored: it is about what its own client has', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    'routes:\n  - { name: api, pool: default, cache: {} }\n',
    (request, socket) => {
      const status = /^if-(?:match|unmodified-since):/im.test(request) ? '412 Precondition Failed' : '200 OK';
      socket.write(response('', status, ['Cache-Control: max-age=60']));
    },
  );
  for (const [target, field] of [
    ['/a', 'If-Match: "none"'],
    ['/b', 'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT'],
  ] as const) {
    assert.match(await ask(target, [field]), /^HTTP\/1\.1 412 /);
    assert.match(await ask(target), /^HTTP\/1\.1 200 /);
  }
  assert.equal(requests.length, 4);
});

test('an answer that is fetched anew is for the host of an absolute target, not for that of the Host field', async (t) => {
  const { ask, requests } = await startPolicyWorld(
    t,
    'routes:\n  - { name: api, pool: default, cache: {} }\n',
    (request, socket) => {
      const fields = ['Cache-Control: max-age=10, stale-while-revalidate=100', 'Age: 20'];
      socket.write(response(request, '200 OK', fields));
    },
  );
  await ask('/');
  await ask('http://shop.test/', ['Host: evil.test']);
  await eventually('it is fetched anew', async () => requests.length === 2);
  assert.match(requests[1]!, /\r\nhost: shop\.test\r\n/i);
  assert.doesNotMatch(requests[1]!, /evil/);
});
