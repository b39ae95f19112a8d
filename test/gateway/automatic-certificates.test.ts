/** Certificates ordered from a real ACME server, by a whole gateway. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { test } from 'node:test';
import {
  type CertificateRow,
  certificateRows as rows,
  served,
  startAcmeWorld as startWorld,
} from '../support/acme-world.ts';
import { fakeDatabase } from '../support/admin-app.ts';
import { eventually } from '../support/eventually.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { MemoryClientStore } from '../support/memory-client-store.ts';
import { pebbleMissing } from '../support/pebble.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const skip = pebbleMissing;

async function issued(gateway: TestGateway): Promise<void> {
  await eventually('the certificate is issued', async () => {
    const all = await rows(gateway);
    const failed = all.find(({ error }) => error !== null);
    assert.equal(failed?.error ?? null, null);
    return all.every(({ state }) => state === 'ok');
  });
}

for (const challenge of ['tls-alpn-01', 'http-01']) {
  test(`a certificate for a name is ordered by ${challenge} and served by all threads`, { skip }, async (t) => {
    const world = await startWorld(t);
    const yaml = world.yaml([{ hosts: ['a.example.com', 'www.a.example.com'], acme: 'le' }], {
      challenges: [challenge],
    });
    const gateway = await startTestGateway(t, yaml, { port: world.port });
    assert.equal((await httpRequest(gateway.trafficUrl)).status, 200, 'traffic does not wait for it');
    await issued(gateway);
    const root = new X509Certificate(await world.pebble.root());
    for (let each = 0; each < 8; each += 1) {
      const leaf = await served(world.tlsPort, 'www.a.example.com');
      assert.equal(leaf?.subjectAltName, 'DNS:a.example.com, DNS:www.a.example.com');
      assert.ok(!leaf.verify(root.publicKey), 'an intermediate is between them');
    }
    const events = JSON.parse((await gateway.admin('/v1/api/events?kind=certificate')).body) as {
      items: { message: string }[];
    };
    assert.match(events.items[0]!.message, /^certificate for a\.example\.com issued by le; valid until /);
    assert.doesNotMatch(JSON.stringify([gateway.log, await rows(gateway)]), /PRIVATE KEY/);
  });
}

for (const challenge of ['tls-alpn-01', 'http-01']) {
  test(`a certificate for an address is ordered by ${challenge}`, { skip }, async (t) => {
    const world = await startWorld(t);
    const yaml = world.yaml([{ hosts: ['127.0.0.1'], acme: 'le' }], { challenges: [challenge] });
    await issued(await startTestGateway(t, yaml, { port: world.port }));
    assert.equal((await served(world.tlsPort, ''))?.subjectAltName, 'IP Address:127.0.0.1');
  });
}

test('only tokens that are known are answered; all other paths go on to the backend', { skip }, async (t) => {
  const world = await startWorld(t);
  const yaml = world.yaml([{ hosts: ['a.example.com'], acme: 'le' }], { challenges: ['http-01'] });
  const gateway = await startTestGateway(t, yaml, { port: world.port });
  await issued(gateway);
  for (const path of [
    '/.well-known/acme-challenge/abc',
    '/.well-known/acme-challenge/',
    '/.well-known/acme-challenge',
  ]) {
    assert.equal((await httpRequest(gateway.trafficUrl + path)).body, `backend got ${path}`);
  }
});

test('until there is a certificate, unknown names are refused, or get a self-signed one', { skip }, async (t) => {
  const world = await startWorld(t, { httpPort: 1, tlsPort: 1 });
  const certificates = [{ hosts: ['a.example.com'], acme: 'le' }];
  const gateway = await startTestGateway(t, world.yaml(certificates), { port: world.port });
  assert.equal(await served(world.tlsPort, 'a.example.com'), undefined);
  gateway.write(world.yaml(certificates, {}, { unknown_name: 'default' }));
  await gateway.reload('test');
  const leaf = await served(world.tlsPort, 'a.example.com');
  assert.ok(leaf?.verify(leaf.publicKey));
  const plain = await httpRequest(gateway.trafficUrl, { headers: { host: 'a.example.com' } });
  assert.equal(plain.status, 200, 'clients are not redirected to a certificate that they refuse');
});

test('a failure is shown with its reason and the next attempt, and an admin can ask for one', { skip }, async (t) => {
  const world = await startWorld(t, { tlsPort: 1 });
  const yaml = world.yaml([{ hosts: ['a.example.com'], acme: 'le' }], { challenges: ['tls-alpn-01', 'http-01'] });
  const gateway = await startTestGateway(t, yaml, { port: world.port });
  await eventually('the order fails', async () => (await rows(gateway))[0]!.error !== null);
  const [row] = await rows(gateway);
  assert.match(row!.error!, /^le: a\.example\.com by tls-alpn-01: Failed to connect to /);
  assert.equal(row!.state, 'pending');
  const inMs = Date.parse(row!.next_attempt!) - Date.now();
  assert.ok(inMs > 40_000 && inMs < 70_000, String(inMs));
  // The next one is by http-01, which works.
  const { status } = await gateway.admin(`/v1/api/certificates/${row!.id}/renew`, { method: 'POST' });
  assert.equal(status, 202);
  await eventually('it is issued', async () => (await rows(gateway))[0]!.state === 'ok');
  assert.equal((await rows(gateway))[0]!.error, null);
  assert.equal((await gateway.admin('/v1/api/certificates/other/renew', { method: 'POST' })).status, 404);
  const before = (await rows(gateway))[0]!.serial;
  await gateway.admin(`/v1/api/certificates/${row!.id}/renew`, { method: 'POST' });
  await eventually('it is renewed', async () => (await rows(gateway))[0]!.serial !== before);
});

test('a wildcard is validated by the hook for dns-01, which cleans up', { skip }, async (t) => {
  const world = await startWorld(t);
  const folder = temporaryFolder(t);
  const hook = join(folder, 'hook.js');
  const done = join(folder, 'done');
  const script = `#!${process.execPath}
    const [, , action, name, value] = process.argv;
    require('node:fs').appendFileSync(${JSON.stringify(done)}, action + ' ' + name + '\\n');
    const path = action === 'present' ? '/set-txt' : '/clear-txt';
    fetch(${JSON.stringify(world.pebble.dnsUrl)} + path, { method: 'POST', body: JSON.stringify({ host: name + '.', value }) })
      .then(({ ok }) => process.exit(ok ? 0 : 1));`;
  writeFileSync(hook, script);
  chmodSync(hook, 0o755);
  const yaml = world.yaml([{ hosts: ['*.example.com'], acme: 'le' }], { dns_hook: hook });
  await issued(await startTestGateway(t, yaml, { port: world.port }));
  assert.equal((await served(world.tlsPort, 'b.example.com'))?.subjectAltName, 'DNS:*.example.com');
  const name = '_acme-challenge.example.com';
  assert.equal(readFileSync(done, 'utf8'), `present ${name}\ncleanup ${name}\n`);
});

test('an account that is bound to another one', { skip }, async (t) => {
  const eab = { kid: 'kid-1', hmac: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };
  const world = await startWorld(t, { binding: eab });
  const yaml = world.yaml([{ hosts: ['a.example.com'], acme: 'le' }], { eab });
  await issued(await startTestGateway(t, yaml, { port: world.port }));
});

test('what is stored is served at the next start, without another order', { skip }, async (t) => {
  const world = await startWorld(t);
  const yaml = world.yaml([{ hosts: ['a.example.com'], acme: 'le' }], {}, { storage_key: 'a0'.repeat(32) });
  const database = fakeDatabase(new MemoryClientStore());
  const first = await startTestGateway(t, yaml, { port: world.port, database });
  await issued(first);
  const { serial } = (await rows(first))[0]!;
  await first.stop();
  await world.pebble.stop();
  const second = await startTestGateway(t, yaml, { port: world.port, database });
  assert.equal((await served(world.tlsPort, 'a.example.com'))?.serialNumber, serial);
  assert.equal((await rows(second))[0]!.serial, serial);
});

test(
  'a certificate that becomes internal is served until then, and one that is not configured any more is not',
  { skip },
  async (t) => {
    const world = await startWorld(t);
    const other = { hosts: ['other.example.com'], internal: true };
    const gateway = await startTestGateway(t, world.yaml([other, { hosts: ['a.example.com'], acme: 'le' }]), {
      port: world.port,
    });
    await issued(gateway);
    gateway.write(world.yaml([other, { hosts: ['a.example.com'], internal: true }]));
    await gateway.reload('test');
    assert.match((await served(world.tlsPort, 'a.example.com'))!.issuer, /Sluice internal CA/);
    gateway.write(world.yaml([other]));
    await gateway.reload('test');
    assert.equal(await served(world.tlsPort, 'a.example.com'), undefined);
    gateway.write(world.yaml([other, { hosts: ['a.example.com'], acme: 'le' }]));
    await gateway.reload('test');
    assert.match((await served(world.tlsPort, 'a.example.com'))!.issuer, /Pebble/);
  },
);

test(
  'the chain to the preferred root is served; if there is none, another one is, and operators hear of it',
  { skip },
  async (t) => {
    const world = await startWorld(t, { alternateRoots: 1 });
    const root = new X509Certificate(await world.pebble.root(1));
    const chainTo = async (port: number): Promise<string> => {
      const socket = connect({ host: '127.0.0.1', port, servername: 'a.example.com', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { issuerCertificate } = socket.getPeerCertificate(true);
      socket.destroy();
      return new X509Certificate(issuerCertificate.raw).issuer;
    };
    const certificates = [{ hosts: ['a.example.com'], acme: 'le' }];
    const yaml = (name: string) => world.yaml(certificates, { preferred_chain: name });
    const gateway = await startTestGateway(t, yaml(root.subject.replace(/^CN=/, '')), { port: world.port });
    await issued(gateway);
    assert.equal(await chainTo(world.tlsPort), root.subject);
    gateway.write(yaml('No such root'));
    await gateway.reload('test');
    const [{ id, serial }] = (await rows(gateway)) as readonly [CertificateRow];
    await gateway.admin(`/v1/api/certificates/${id}/renew`, { method: 'POST' });
    await eventually('it is renewed', async () => (await rows(gateway))[0]!.serial !== serial);
    assert.notEqual(await chainTo(world.tlsPort), root.subject);
    assert.ok(gateway.log.some(({ msg }) => msg === 'the authority offers no chain to this root'));
  },
);

test('the key of the account is changed, and orders go on with the same account', { skip }, async (t) => {
  const world = await startWorld(t);
  const yaml = world.yaml([{ hosts: ['a.example.com'], acme: 'le' }]);
  const gateway = await startTestGateway(t, yaml, { port: world.port });
  await issued(gateway);
  const accounts = (): number => [...world.pebble.log().matchAll(/There are now (\d+) accounts/g)].length;
  const registered = accounts();
  for (let times = 0; times < 2; times += 1) {
    const answer = await gateway.admin('/v1/api/acme/le/rollover', { method: 'POST' });
    assert.equal(answer.status, 200, answer.body);
    assert.match(answer.json<{ account: string }>().account, /\/my-account\//);
  }
  assert.equal([...world.pebble.log().matchAll(/POST \/rollover-account-key/g)].length, 2);
  const [{ id, serial }] = (await rows(gateway)) as readonly [CertificateRow];
  await gateway.admin(`/v1/api/certificates/${id}/renew`, { method: 'POST' });
  await eventually('it is renewed', async () => (await rows(gateway))[0]!.serial !== serial);
  assert.equal(accounts(), registered, 'no other account was registered');
  for (const [path, status] of [
    ['other', 404],
    ['letsencrypt', 404],
  ] as const) {
    assert.equal((await gateway.admin(`/v1/api/acme/${path}/rollover`, { method: 'POST' })).status, status);
  }
  await world.pebble.stop();
  const away = await gateway.admin('/v1/api/acme/le/rollover', { method: 'POST' });
  assert.equal(away.status, 502);
  assert.match(away.body, /GW_ACME_FAILED.*le: no answer from/);
});
