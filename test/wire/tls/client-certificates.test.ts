/** Mutual TLS: who is admitted, how the others are refused, what limits and backends learn of the certificate. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, test, type TestContext } from 'node:test';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { connect as connectHttp2 } from 'node:http2';
import { type ClientAuthority, clientAuthority, type ClientCertificate } from '../../support/client-authority.ts';
import { httpRequest } from '../../support/http-request.ts';
import { askHttp2 } from '../../support/http2-client.ts';
import { missing } from '../../support/installed.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';
import { rawResponse, startRawBackend } from '../../support/raw-socket.ts';
import { dialTls, secured, sessionOf } from '../../support/tls-client.ts';
import { poolOf, startTraffic } from '../../support/traffic.ts';

const skip = missing('openssl', 'openssl');
const ROOT = authority();
const opened: ClientAuthority[] = [];
function newAuthority(name: string): ClientAuthority {
  const made = clientAuthority(name);
  opened.push(made);
  return made;
}
after(() => {
  for (const made of opened) made.close();
});

interface Wanted {
  /** Keys of the policy for api.test. */
  readonly policy?: string;
  readonly crl?: string;
  readonly tls?: string;
  readonly more?: string;
}

async function start(t: TestContext, clients: ClientAuthority, { policy = '', crl, tls = '', more = '' }: Wanted = {}) {
  const backend = await startRawBackend(rawResponse('hello'));
  t.after(() => backend.close());
  const file = pemFolder(t);
  const { cert, key } = ROOT.issue(['api.test', 'www.test', 'other.test']);
  const crlKey = crl === undefined ? '' : `, crl_file: ${file('crl.pem', crl)}`;
  const traffic = await startTraffic(`${poolOf([backend.url])}
tls:
  port: 0
${tls}
  certificates: [{ cert_file: ${file('a.pem', cert)}, key_file: ${file('a.key', key)} }]
  client_auth:
    - { hosts: [api.test], ca_file: ${file('ca.pem', clients.cert)}${crlKey}${policy} }
    - { hosts: [other.test], ca_file: ${file('other.pem', ROOT.cert)} }
${more}`);
  t.after(() => traffic.close());
  const dial = (shown?: ClientCertificate, options: ConnectionOptions = {}) =>
    dialTls(t, traffic.tlsPort!, { ca: ROOT.cert, servername: 'api.test', ...shown, ...options });
  const ask = (shown?: ClientCertificate, options: ConnectionOptions & { host?: string; fields?: string } = {}) => {
    const { host = 'api.test', fields = '', ...more } = options;
    return dial(shown, more).send(`GET / HTTP/1.1\r\nHost: ${host}\r\n${fields}Connection: close\r\n\r\n`).closed();
  };
  return { backend, traffic, dial, ask };
}

const field = (request: string, name: string): string | undefined =>
  new RegExp(`\\r\\n${name}: ([^\\r]*)`, 'i').exec(request)?.[1];

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a host that requires a certificate, ${maxVersion}`, { skip }, async (t) => {
    const clients = newAuthority('clients');
    const { ask, backend, traffic } = await start(t, clients);
    const reasons: unknown[] = [undefined];
    assert.match(await ask(clients.issue('alice'), { maxVersion }), /^HTTP\/1\.1 200 /);
    for (const [why, shown] of [
      ['the client sent none', undefined],
      ['it has expired (CERT_HAS_EXPIRED)', clients.issue('late', undefined, 0)],
      [
        'its authority is not accepted here (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
        newAuthority('strangers').issue('mallory'),
      ],
    ] as const) {
      const answer = await ask(shown, { maxVersion });
      assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n[^]*GW_CLIENT_CERTIFICATE/, why);
      assert.ok(answer.includes(why), answer);
      reasons.push(`A valid client certificate is required: ${why}`);
    }
    assert.equal(backend.requests.length, 1);
    await traffic.logged(({ reason }) => reason === reasons.at(-1));
    const lines = traffic.log.filter(({ msg }) => msg === 'request');
    assert.deepEqual(
      lines.map(({ reason }) => reason),
      reasons,
    );
    assert.equal('reason' in lines[0]!, false);
  });
}

test(
  'a revoked certificate is refused, and its earlier session cannot be resumed past the list',
  { skip },
  async (t) => {
    const clients = newAuthority('clients');
    const [good, bad] = [clients.issue('good'), clients.issue('bad')];
    const before = await start(t, clients);
    const first = before.dial(bad);
    const session = await sessionOf(first.socket);
    assert.match(await first.send('GET / HTTP/1.1\r\nHost: api.test\r\n\r\n').until('hello'), /200 OK/);
    const { ask, dial } = await start(t, clients, { crl: clients.revoke(bad) });
    assert.match(await ask(good), /^HTTP\/1\.1 200 /);
    assert.match(await ask(bad), /403 Forbidden[^]*CERT_REVOKED/);
    const again = dial(bad, { session });
    await secured(again.socket);
    assert.equal(again.socket.isSessionReused(), false);
  },
);

test('a resumed session still has its certificate', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const { dial } = await start(t, clients);
  const first = dial(clients.issue('alice'));
  const session = await sessionOf(first.socket);
  const again = dial(undefined, { session });
  await secured(again.socket);
  assert.equal(again.socket.isSessionReused(), true);
  assert.match(await again.send('GET / HTTP/1.1\r\nHost: api.test\r\n\r\n').until('hello'), /200 OK/);
});

test('a session of a host without client certificates is none of one with them', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const { dial, ask } = await start(t, clients);
  const first = dial(undefined, { servername: 'www.test' });
  const session = await sessionOf(first.socket);
  const again = dial(undefined, { session });
  await secured(again.socket);
  assert.equal(again.socket.isSessionReused(), false);
  assert.match(await ask(undefined, { session }), /403 Forbidden/);
});

test('other hosts ask for no certificate', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const { ask } = await start(t, clients);
  assert.match(await ask(undefined, { servername: 'www.test', host: 'www.test' }), /200 OK/);
});

test('a connection for one host does not serve another with other rules: 421', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const { ask, backend } = await start(t, clients);
  const alice = clients.issue('alice');
  for (const [servername, host] of [
    ['www.test', 'api.test'],
    ['www.test', 'API.test:8443'],
    ['api.test', 'www.test'],
    ['api.test', 'other.test'],
  ] as const) {
    assert.match(await ask(alice, { servername, host }), /^HTTP\/1\.1 421 [^]*GW_MISDIRECTED/, `${servername} ${host}`);
  }
  assert.equal(backend.requests.length, 0);
});

test('each stream of an HTTP/2 connection is judged by its own host', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const { traffic, backend } = await start(t, clients);
  const statuses = async (servername: string, shown?: ClientCertificate): Promise<readonly number[]> => {
    const session = connectHttp2(`https://${servername}:${traffic.tlsPort}`, {
      createConnection: () =>
        connectTls({
          host: '127.0.0.1',
          port: traffic.tlsPort!,
          ca: ROOT.cert,
          servername,
          ALPNProtocols: ['h2'],
          ...shown,
        }),
    });
    t.after(() => session.destroy());
    const hosts = ['api.test', 'www.test', 'other.test'];
    const answers = hosts.map((host) => askHttp2(session, '/', { headers: { ':authority': host } }));
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  assert.deepEqual(await statuses('www.test'), [421, 200, 421]);
  assert.deepEqual(await statuses('api.test'), [403, 421, 421]);
  assert.deepEqual(await statuses('api.test', clients.issue('alice')), [200, 421, 421]);
  assert.equal(backend.requests.length, 2);
});

test('without TLS, a host that requires a certificate serves nothing', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const { traffic } = await start(t, clients, { tls: '  redirect: off' });
  const answer = await httpRequest(traffic.url, { headers: { host: 'api.test' } });
  assert.equal(answer.status, 403);
  assert.equal(answer.json()['error'], 'GW_CLIENT_CERTIFICATE');
  assert.equal((await httpRequest(traffic.url, { headers: { host: 'www.test' } })).status, 200);
});

test('where it is optional, clients without a valid one pass as nobody in particular', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const policy = ', mode: optional, forward: true';
  const { ask, backend } = await start(t, clients, { policy });
  assert.match(await ask(clients.issue('alice')), /200 OK/);
  assert.match(await ask(newAuthority('strangers').issue('mallory')), /200 OK/);
  assert.match(await ask(), /200 OK/);
  const described = backend.requests.map((request) => field(request, 'x-forwarded-client-cert') !== undefined);
  assert.deepEqual(described, [true, false, false]);
});

test('the backend learns of the certificate what Envoy would say', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const { ask, backend } = await start(t, clients, { policy: ', forward: true' });
  const alice = clients.issue('alice "a", b', 'URI:spiffe://shop/alice,DNS:alice.test');
  const forged = 'X-Forwarded-Client-Cert: Hash=forged\r\nX_Forwarded_Client_Cert: Hash=forged\r\n';
  await ask(alice, { fields: forged });
  const hash = new X509Certificate(alice.cert).fingerprint256.replaceAll(':', '').toLowerCase();
  assert.equal(
    field(backend.requests[0]!, 'x-forwarded-client-cert'),
    `Hash=${hash};Subject="CN=alice \\\\\\"a\\\\\\"\\\\, b";URI=spiffe://shop/alice;DNS=alice.test`,
  );
  assert.doesNotMatch(backend.requests[0]!, /forged/);
});

test(
  'what a trusted proxy sends in X-Forwarded-Client-Cert passes, unless the gateway says it itself',
  { skip },
  async (t) => {
    const clients = newAuthority('clients');
    const alice = clients.issue('alice');
    const fields = 'X-Forwarded-Client-Cert: Hash=outer\r\n';
    const more = 'server: { trust_proxy: [127.0.0.0/8] }';
    const silent = await start(t, clients, { more });
    await silent.ask(alice, { fields });
    assert.equal(field(silent.backend.requests[0]!, 'x-forwarded-client-cert'), 'Hash=outer');
    const speaking = await start(t, clients, { more, policy: ', forward: true' });
    await speaking.ask(alice, { fields });
    assert.match(field(speaking.backend.requests[0]!, 'x-forwarded-client-cert')!, /^Hash=[0-9a-f]{64};/);
  },
);

test('each certificate has a limit of its own, which no field can claim', { skip }, async (t) => {
  const clients = newAuthority('clients');
  const more = 'rate_limit: { default: { capacity: 1, rate_per_second: 0.001 }, allowlist: [] }\n';
  const policy = ', identity: san';
  const { ask, traffic } = await start(t, clients, { policy, more });
  const [alice, bob] = [clients.issue('a', 'DNS:alice.test'), clients.issue('b', 'URI:spiffe://b,DNS:bob.test')];
  assert.match(await ask(alice), /200 OK/);
  assert.match(await ask(bob), /200 OK/);
  assert.match(await ask(alice), /429 /);
  // A new certificate of the same name is the same client.
  assert.match(await ask(clients.issue('c', 'DNS:alice.test')), /429 /);
  const seen = traffic.log.filter(({ msg }) => msg === 'request').map(({ client }) => client);
  assert.deepEqual(seen, ['id:cert:alice.test', 'id:cert:spiffe://b', 'id:cert:alice.test', 'id:cert:alice.test']);
});
