/** Tokens on a real port; their keys arrive as the control thread sends them. */
import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { CompactEncrypt, SignJWT, UnsecuredJWT } from 'jose';
import { createApiKey, hashApiKey } from '../../../src/identity/api-key.ts';
import { type PolicyWorld, startPolicyWorld } from '../../support/policy-world.ts';
import { RawClient } from '../../support/raw-socket.ts';
import { createIssuer, ISSUER, type TokenIssuer } from '../../support/token-issuer.ts';

const URL = 'https://id.test/jwks';
const SECRET = 'a secret of the tests, long enough'.replaceAll(' ', '-');

interface World extends PolicyWorld {
  readonly issuer: TokenIssuer;
  /** Asks with this token in Authorization. */
  bear(token: string, fields?: readonly string[]): Promise<string>;
}

function routes(jwt = '', more = ''): string {
  return `- pool: default
  auth: { jwt: { issuer: "${ISSUER}", audience: [api], jwks_url: "${URL}"${jwt} } }
  ${more}`;
}

async function startTokenWorld(t: TestContext, yaml = routes(), alg = 'ES256'): Promise<World> {
  const [world, issuer] = await Promise.all([startPolicyWorld(t, yaml), createIssuer(alg)]);
  send(world, [issuer]);
  return {
    ...world,
    issuer,
    bear: (token, fields = []) => world.ask('/', [`Authorization: Bearer ${token}`, ...fields]),
  };
}

function send({ thread }: PolicyWorld, issuers: readonly TokenIssuer[]): void {
  thread.handle({
    type: 'keys',
    id: 1,
    sets: [{ source: `url ${URL}`, keys: issuers.map(({ jwk }) => jwk as { kty: string }) }],
  });
}

const INVALID =
  /^HTTP\/1\.1 401 [^]*\r\nwww-authenticate: Bearer realm="Sluice", error="invalid_token", error_description="[A-Za-z0-9. ]+"\r\n/i;

test('a token passes, its claims are known to headers and the log, and none is asked for with a challenge', async (t) => {
  const { ask, bear, issuer, requests, logged } = await startTokenWorld(
    t,
    routes(
      ', forward_claims: { x-user: sub, X-Roles: realm.roles, x-none: none }',
      'request_headers: { set: { x-org: "{jwt.org}", x-sub: "{auth_user}" } }',
    ),
  );
  const token = await issuer.token({ org: 'é', realm: { roles: ['a', 'b'] } });
  const forged = ['x-user: root', 'X_Roles: root', 'x-none: root'];
  assert.match(await bear(token, forged), /^HTTP\/1\.1 200 /);
  assert.match(requests[0]!, /\r\nx-user: alice\r\n/);
  assert.match(requests[0]!, /\r\nx-roles: a,b\r\n/);
  assert.match(requests[0]!, /\r\nx-org: \xc3\xa9\r\nx-sub: alice\r\n/);
  assert.doesNotMatch(requests[0]!, /root|x-none/);
  assert.match(requests[0]!, new RegExp(`\r\nauthorization: Bearer ${token}\r\n`));
  const line = await logged(({ status }) => status === 200);
  assert.deepEqual([line['auth'], line['user']], ['jwt', 'alice']);
  assert.match(await ask('/'), /^HTTP\/1\.1 401 [^]*\r\nwww-authenticate: Bearer realm="Sluice"\r\n/i);
  assert.match(await ask('/', ['Authorization: Basic YTpi']), /"GW_AUTH_REQUIRED"/);
});

for (const alg of ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA']) {
  test(`a token signed with ${alg} passes`, async (t) => {
    const { bear, issuer } = await startTokenWorld(t, routes(), alg);
    assert.match(await bear(await issuer.token()), /^HTTP\/1\.1 200 /);
  });
}

test('a token that is not valid does not pass, remembered or not', async (t) => {
  const { bear, issuer, requests, tables } = await startTokenWorld(t);
  const nowS = Math.floor(Date.now() / 1000);
  const good = await issuer.token();
  const [head, body, signature] = good.split('.') as [string, string, string];
  const stranger = await createIssuer();
  const bad: Readonly<Record<string, string>> = {
    expired: await issuer.token({ exp: nowS - 31 }),
    'without exp': await issuer.token({ exp: undefined }),
    'not valid yet': await issuer.token({ nbf: nowS + 60 }),
    'for another service': await issuer.token({ aud: 'shop' }),
    'without audience': await issuer.token({ aud: undefined }),
    'of another issuer': await issuer.token({ iss: 'https://evil.test' }),
    'signed by a stranger under a known key id': await stranger.token(),
    'with other claims': [head, Buffer.from('{"sub":"root"}').toString('base64url'), signature].join('.'),
    'without a signature': `${head}.${body}.`,
    'with half a signature': good.slice(0, -40),
    'no token': 'nonsense',
    'three parts of nonsense': 'a.b.c',
    'with alg none': new UnsecuredJWT({ sub: 'alice' })
      .setIssuer(ISSUER)
      .setAudience('api')
      .setExpirationTime('1m')
      .encode(),
    'with alg none, and a signature': `${Buffer.from('{"alg":"none","kid":"k1"}').toString('base64url')}.${body}.${signature}`,
    encrypted: await new CompactEncrypt(Buffer.from('{"sub":"alice"}'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(Buffer.alloc(32)),
  };
  for (const [name, token] of Object.entries(bad)) {
    for (let at = 0; at < 2; at += 1) assert.match(await bear(token), INVALID, name);
  }
  assert.equal(requests.length, 0);
  const { expired, invalid } = tables.metrics.authFailures();
  assert.equal(expired, 2);
  assert.equal(invalid, 2 * (Object.keys(bad).length - 1));
  assert.match(await bear(await issuer.token({ exp: nowS - 10 })), /^HTTP\/1\.1 200 /, 'within the leeway');
});

test('a public key is no secret: HS256 is refused whatever it was signed with', async (t) => {
  const { bear, issuer } = await startTokenWorld(t, routes(), 'RS256');
  const pem = createPublicKey({ key: issuer.jwk as { kty: string }, format: 'jwk' }).export({
    type: 'spki',
    format: 'pem',
  });
  for (const secret of [String(pem), JSON.stringify(issuer.jwk), String(issuer.jwk.n)]) {
    const forged = await new SignJWT({ sub: 'root' })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setIssuer(ISSUER)
      .setAudience('api')
      .setExpirationTime('1m')
      .sign(Buffer.from(secret));
    assert.match(await bear(forged), INVALID);
  }
});

test('a key in the head of a token, or its URL, is ignored', async (t) => {
  const { bear } = await startTokenWorld(t);
  const stranger = await createIssuer('ES256', 'k1');
  const url = 'http://127.0.0.1:1/keys';
  for (const header of [{ jwk: stranger.jwk }, { jku: url }, { x5u: url }] as const) {
    assert.match(await bear(await stranger.token({}, header)), INVALID);
  }
});

test('a key id is only compared: paths, SQL and names of properties find nothing', async (t) => {
  const world = await startTokenWorld(t);
  const ids = ['../../etc/passwd', "k1' OR '1'='1", '__proto__', 'constructor', '', 'k1\0'];
  const answers = Promise.all(ids.map(async (kid) => world.bear(await world.issuer.token({}, { kid }))));
  await missed(world, world.messages);
  world.thread.handle({ type: 'keys_read', source: `url ${URL}` });
  for (const answer of await answers) assert.match(answer, INVALID);
});

test('a token with an unknown key waits for one fetch, and others like it are refused at once', async (t) => {
  const { bear, issuer, messages, ...world } = await startTokenWorld(t);
  const next = await createIssuer('ES256', 'k2');
  const waiting = bear(await next.token());
  await missed(world, messages);
  send(world as never, [issuer, next]);
  world.thread.handle({ type: 'keys_read', source: `url ${URL}` });
  assert.match(await waiting, /^HTTP\/1\.1 200 /);
  const third = await createIssuer('ES256', 'k3');
  for (let at = 0; at < 5; at += 1) assert.match(await bear(await third.token()), INVALID);
  const refused = await bear(await third.token());
  assert.match(refused, /"The key of the token is not known\. Keys are fetched again at most every 30 seconds"/);
  const lines = world.log.filter(({ msg }) => msg === 'token refused: its key is unknown');
  assert.deepEqual(
    lines.map(({ source, kid, known }) => [source, kid, known]),
    [[`url ${URL}`, 'k3', ['k1', 'k2']]],
  );
  assert.equal(messages.filter(({ type }) => type === 'keys_missed').length, 1);
});

/** Resolves when the thread has asked for keys. */
async function missed(world: Pick<PolicyWorld, 'thread'>, messages: PolicyWorld['messages']): Promise<void> {
  while (!messages.some(({ type }) => type === 'keys_missed')) await new Promise(setImmediate);
}

test('as long as there were no keys, the answer is 503, not 401', async (t) => {
  const world = await startPolicyWorld(t, routes());
  const issuer = await createIssuer();
  const token = await issuer.token();
  const waiting = world.ask('/', [`Authorization: Bearer ${token}`]);
  await missed(world, world.messages);
  world.thread.handle({ type: 'keys_read', source: `url ${URL}` });
  const refused = await waiting;
  assert.match(refused, /^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n[^]*"GW_AUTH_KEYS"/i);
  assert.doesNotMatch(refused, /www-authenticate/i);
  send(world, [issuer]);
  assert.match(await world.ask('/', [`Authorization: Bearer ${token}`]), /^HTTP\/1\.1 200 /);
  assert.equal(world.tables.metrics.authFailures().keys, 1);
});

test('a key that is withdrawn takes its tokens with it, remembered ones too', async (t) => {
  const world = await startTokenWorld(t);
  const token = await world.issuer.token();
  assert.match(await world.bear(token), /^HTTP\/1\.1 200 /);
  send(world, [await createIssuer()]);
  assert.match(await world.bear(token), INVALID);
});

test('a missing scope is 403', async (t) => {
  const { bear, issuer } = await startTokenWorld(t, routes(', scopes: [read, write]'));
  for (const claims of [{}, { scope: 'read' }, { scp: ['write'] }, { scope: 'readwrite' }]) {
    const answer = await bear(await issuer.token(claims));
    assert.match(
      answer,
      /^HTTP\/1\.1 403 [^]*Bearer realm="Sluice", error="insufficient_scope", scope="read write"\r\n/i,
    );
  }
  for (const claims of [{ scope: 'write x read' }, { scp: ['read', 'write'] }]) {
    assert.match(await bear(await issuer.token(claims)), /^HTTP\/1\.1 200 /);
  }
});

test('gRPC gets UNAUTHENTICATED or PERMISSION_DENIED', async (t) => {
  const { ask, issuer } = await startTokenWorld(t, routes(', scopes: [read]'));
  const grpc = ['Content-Type: application/grpc', 'TE: trailers'];
  assert.match(await ask('POST /a.B/C', grpc), /\r\ngrpc-status: 16\r\n/);
  const token = await issuer.token();
  assert.match(await ask('POST /a.B/C', [...grpc, `Authorization: Bearer ${token}`]), /\r\ngrpc-status: 7\r\n/);
});

test('max_age and required_claims are demanded', async (t) => {
  const { bear, issuer } = await startTokenWorld(t, routes(', max_age: 5m, required_claims: [exp, org]'));
  const nowS = Math.floor(Date.now() / 1000);
  assert.match(await bear(await issuer.token({ org: 'a' })), /^HTTP\/1\.1 200 /);
  assert.match(await bear(await issuer.token()), INVALID);
  assert.match(await bear(await issuer.token({ org: 'a', iat: nowS - 331 })), INVALID);
  assert.match(await bear(await issuer.token({ org: 'a', iat: undefined })), INVALID);
});

test('a secret verifies HS256 only', async (t) => {
  const { ask } = await startPolicyWorld(
    t,
    `- { pool: default, auth: { jwt: { audience: [api], secret: "${SECRET}", algorithms: [HS256] } } }`,
  );
  const token = (alg: string, secret = SECRET): Promise<string> =>
    new SignJWT({ sub: 'alice' })
      .setProtectedHeader({ alg })
      .setAudience('api')
      .setExpirationTime('1m')
      .sign(Buffer.from(secret));
  assert.match(await ask('/', [`Authorization: Bearer ${await token('HS256')}`]), /^HTTP\/1\.1 200 /);
  assert.match(await ask('/', [`Authorization: Bearer ${await token('HS256', 'another '.repeat(8))}`]), INVALID);
  assert.match(await ask('/', [`Authorization: Bearer ${await token('HS512')}`]), INVALID);
  const rsa = await createIssuer('RS256');
  assert.match(await ask('/', [`Authorization: Bearer ${await rsa.token()}`]), INVALID);
});

test('a token without a key id is tried with each key of its kind', async (t) => {
  const { bear, issuer, ...world } = await startTokenWorld(t);
  send(world as never, [await createIssuer('ES256', 'a'), issuer, await createIssuer('RS256', 'b')]);
  assert.match(await bear(await issuer.token({}, { kid: undefined })), /^HTTP\/1\.1 200 /);
  const stranger = await createIssuer();
  assert.match(await bear(await stranger.token({}, { kid: undefined })), INVALID);
});

test('a token comes from a cookie, and of several the one that was verified reaches backends', async (t) => {
  const { ask, issuer, requests } = await startTokenWorld(t, routes(', from: cookie, name: session'));
  const token = await issuer.token();
  await ask('/', [`Cookie: a=1; session=${token}; session=evil; b=2`, 'Cookie: session=worse']);
  assert.match(requests[0]!, new RegExp(`\r\ncookie: a=1; b=2; session=${token}\r\n`));
  assert.doesNotMatch(requests[0]!, /evil|worse/);
  assert.match(await ask('/', ['Cookie: session=evil']), INVALID);
  assert.match(await ask('/', [`Authorization: Bearer ${token}`]), /"GW_AUTH_REQUIRED"/);
});

test('a token comes from the query, or from a field of its own', async (t) => {
  const query = await startTokenWorld(t, routes(', from: query'));
  assert.match(await query.ask(`/a?b=c&access_token=${await query.issuer.token()}`), /^HTTP\/1\.1 200 /);
  assert.match(await query.ask('/a?b=c'), /^HTTP\/1\.1 401 /);
  const field = await startTokenWorld(t, routes(', name: X-Token, forward_token: false'));
  const token = await field.issuer.token();
  assert.match(await field.ask('/', [`x-token: ${token}`, 'X_Token: evil']), /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(field.requests[0]!, /token/i);
});

test('credentials of another kind that nobody looked at do not reach backends', async (t) => {
  const { ask, issuer, requests, thread } = await startTokenWorld(
    t,
    `- { pool: default, auth: { api_key: required, jwt: { audience: [api], jwks_url: "${URL}" } } }`,
  );
  const key = createApiKey();
  thread.handle({
    type: 'clients',
    id: 1,
    changes: [{ op: 'put', key: 'shop', kind: 'id', apiKeyHash: hashApiKey(key) }],
  });
  await ask('/', [`x-api-key: ${key}`, 'Authorization: Bearer forged.forged.forged']);
  assert.match(requests[0]!, /\r\nx-api-key: slk_/);
  assert.doesNotMatch(requests[0]!, /forged/);
  assert.match(await ask('/', [`Authorization: Bearer ${await issuer.token()}`]), /^HTTP\/1\.1 200 /);
  const both = await ask('/');
  assert.match(both, /\r\nwww-authenticate: ApiKey\r\nwww-authenticate: Bearer realm="Sluice"\r\n/i);
});

test('a huge token is refused by its size', async (t) => {
  const { bear, issuer } = await startTokenWorld(t);
  assert.match(await bear(await issuer.token({ pad: 'x'.repeat(20_000) })), /^HTTP\/1\.1 431 /);
});

test('a WebSocket needs a token', async (t) => {
  const { ask, requests } = await startTokenWorld(t);
  const fields = ['Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
  assert.match(await ask('/', [...fields, 'Connection: Upgrade', 'Authorization: Bearer a.b.c']), /^HTTP\/1\.1 401 /);
  assert.equal(requests.length, 0);
});

test('no client says in a trailer who it is, on any route', async (t) => {
  const {
    bear: _bear,
    port,
    requests,
  } = await startTokenWorld(
    t,
    `- { path_prefix: /open, pool: default }
- path_prefix: /
  pool: default
  auth: { jwt: { secret: "${SECRET}", from: header, name: X-Token, forward_claims: { x-user: sub } } }
`,
  );
  const token = await new SignJWT({ sub: 'alice' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(SECRET));
  for (const path of ['/open', '/']) {
    const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Token: ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const trailers = `X-User: root\r\n${path === '/' ? 'X-Token: root\r\n' : ''}X-Sum: 1\r\n`;
    const client = new RawClient(port).send(`${head}3\r\nabc\r\n0\r\n${trailers}\r\n`);
    assert.match(await client.closed(), /^HTTP\/1\.1 200 /);
  }
  const sent = requests.join('');
  assert.equal(sent.match(/X-Sum: 1/g)?.length, 2);
  assert.doesNotMatch(sent, /root/);
});
