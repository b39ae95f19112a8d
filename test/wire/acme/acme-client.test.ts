/** The ACME client against Let's Encrypt's test server. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { AcmeClient, type Registration } from '../../../src/acme/control/protocol/acme-client.ts';
import { acmeHttp } from '../../../src/acme/control/protocol/acme-http.ts';
import { AcmeProblem } from '../../../src/acme/control/protocol/acme-problem.ts';
import { certificateRequest } from '../../../src/acme/control/protocol/certificate-request.ts';
import { parseCertificates } from '../../../src/certificates/pem-files.ts';
import { type Pebble, pebbleMissing, startPebble } from '../../support/pebble.ts';

const skip = pebbleMissing;
const NO_ACCOUNT: Registration = { email: 'ops@example.com', binding: null };

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function clientOf({ directory, caPem }: Pick<Pebble, 'directory' | 'caPem'>, accountKey = newKey()): AcmeClient {
  return new AcmeClient({
    directoryUrl: directory,
    http: acmeHttp({ caPem, signal: new AbortController().signal }),
    accountKey,
    wallMs: Date.now,
    wait: (ms) => wait(Math.min(ms, 50)),
  });
}

/** Answers http-01 challenges. */
async function startAnswers(t: TestContext): Promise<{ readonly port: number; readonly tokens: Map<string, string> }> {
  const tokens = new Map<string, string>();
  const server = createServer(({ url = '' }, response) => {
    const answer = tokens.get(url.replace('/.well-known/acme-challenge/', ''));
    response.writeHead(answer === undefined ? 404 : 200).end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, tokens };
}

async function certificateFor(
  client: AcmeClient,
  hosts: readonly string[],
  tokens: Map<string, string>,
  preferred: string | null = null,
) {
  const order = await client.newOrder({ hosts, profile: null, replaces: null });
  for (const url of order.authorizations) {
    const { challenges } = await client.authorization(url);
    const challenge = challenges.find(({ type }) => type === 'http-01')!;
    tokens.set(challenge.token, client.keyAuthorization(challenge.token));
    await client.accept(challenge);
    await client.authorized(url);
  }
  const privateKey = newKey();
  await client.finalize(await client.ready(order.url), certificateRequest(hosts, privateKey));
  const chain = parseCertificates((await client.download(await client.issued(order.url), preferred)).pem);
  return { leaf: chain[0]!, chain, privateKey };
}

for (const badNonces of [0, 20, 50]) {
  test(
    `a certificate for names and an address, while ${badNonces} % of the nonces are refused`,
    { skip },
    async (t) => {
      const { port, tokens } = await startAnswers(t);
      const pebble = await startPebble(t, { httpPort: port, badNonces });
      const client = clientOf(pebble);
      await client.register(NO_ACCOUNT);
      const { leaf, chain, privateKey } = await certificateFor(
        client,
        ['a.example.com', 'b.example.com', '127.0.0.1'],
        tokens,
      );
      assert.equal(leaf.subjectAltName, 'DNS:a.example.com, DNS:b.example.com, IP Address:127.0.0.1');
      assert.ok(leaf.checkPrivateKey(privateKey));
      assert.ok(leaf.verify(chain[1]!.publicKey));
      assert.ok(chain.at(-1)!.verify(new X509Certificate(await pebble.root()).publicKey));
    },
  );
}

test('a key that is registered already gets its account again', { skip }, async (t) => {
  const pebble = await startPebble(t);
  const privateKey = newKey();
  const account = await clientOf(pebble, privateKey).register(NO_ACCOUNT);
  assert.equal(await clientOf(pebble, privateKey).register(NO_ACCOUNT), account);
  const known = clientOf(pebble, privateKey);
  known.useAccount(account);
  await known.newOrder({ hosts: ['a.example.com'], profile: null, replaces: null });
});

test('an authority that wants an external account gets its binding', { skip }, async (t) => {
  const binding = { kid: 'kid-1', hmac: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
  const pebble = await startPebble(t, { binding });
  await assert.rejects(clientOf(pebble).register(NO_ACCOUNT), {
    message: 'this authority needs an external account: set eab.kid and eab.hmac',
  });
  const wrong = { ...binding, hmac: 'AAAA' };
  await assert.rejects(clientOf(pebble).register({ email: null, binding: wrong }), AcmeProblem);
  assert.match(await clientOf(pebble).register({ email: null, binding }), /^https:\/\/127\.0\.0\.1:\d+\/my-account\//);
});

test('a failed validation is reported with the reason of the authority', { skip }, async (t) => {
  const client = clientOf(await startPebble(t));
  await client.register(NO_ACCOUNT);
  const order = await client.newOrder({ hosts: ['a.example.com'], profile: null, replaces: null });
  const [url] = order.authorizations;
  const { challenges } = await client.authorization(url!);
  await client.accept(challenges.find(({ type }) => type === 'http-01')!);
  await assert.rejects(client.authorized(url!), /^AcmeProblem: a\.example\.com by http-01: .+ \(connection/);
  await assert.rejects(client.ready(order.url), /connection refused \(connection\)$/);
});

test('a profile that the authority does not offer is not asked for', { skip }, async (t) => {
  const client = clientOf(await startPebble(t));
  await client.register(NO_ACCOUNT);
  await assert.rejects(client.newOrder({ hosts: ['a.example.com'], profile: 'shortlived', replaces: null }), {
    message: 'the authority does not offer the profile "shortlived": it has none',
  });
});

test('an authority whose certificate is not trusted, and one that is away, are named', { skip }, async (t) => {
  const pebble = await startPebble(t);
  const { host } = new URL(pebble.directory);
  const stranger = clientOf({ directory: pebble.directory, caPem: (await startPebble(t)).caPem });
  await assert.rejects(stranger.register(NO_ACCOUNT), {
    message: `no answer from ${host}: unable to verify the first certificate`,
  });
  await pebble.stop();
  await assert.rejects(clientOf(pebble).register(NO_ACCOUNT), {
    message: `no answer from ${host}: connect ECONNREFUSED ${host}`,
  });
});

test('of several chains, the one to the preferred root is taken; without it, the first', { skip }, async (t) => {
  const { port, tokens } = await startAnswers(t);
  const pebble = await startPebble(t, { httpPort: port, alternateRoots: 2 });
  const client = clientOf(pebble);
  await client.register(NO_ACCOUNT);
  const roots = await Promise.all([0, 1, 2].map(async (at) => new X509Certificate(await pebble.root(at))));
  const names = roots.map(({ subject }) => subject.replace(/^CN=/, ''));
  assert.equal(new Set(names).size, 3);
  for (const [preferred, at] of [
    [null, 0],
    [names[0]!, 0],
    [names[1]!, 1],
    [names[2]!, 2],
    ['no such root', 0],
  ] as const) {
    const { leaf, chain } = await certificateFor(client, ['a.example.com'], tokens, preferred);
    assert.ok(leaf.verify(chain[1]!.publicKey), String(preferred));
    assert.ok(chain.at(-1)!.verify(roots[at]!.publicKey), String(preferred));
  }
});
