/** Certificates are uploaded and removed by the API, stored without a readable key, and judged like files. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { pino } from 'pino';
import { KeyCipher } from '../../../../src/acme/control/key-cipher.ts';
import { UploadKeeper } from '../../../../src/certificates/control/upload-keeper.ts';
import type { SharedCertificate } from '../../../../src/certificates/shared-certificate.ts';
import { fakeAdminApp, fakeDatabase, noCertificates } from '../../../support/admin-app.ts';
import { eventually } from '../../../support/eventually.ts';
import { fakeCertificate } from '../../../support/fake-certificate.ts';
import { authority, ecKeys, keyPem } from '../../../support/issued.ts';
import { MemoryAuditStore } from '../../../support/memory-audit-store.ts';
import { MemoryClientStore } from '../../../support/memory-client-store.ts';
import { MemoryUploadStore } from '../../../support/memory-upload-store.ts';

const PATH = '/v1/api/certificates';
const root = authority();

async function start(t: TestContext, obstacle: string | null = null) {
  const store = new MemoryUploadStore();
  const audit = new MemoryAuditStore();
  const lines: string[] = [];
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const configured = [
    fakeCertificate({ hosts: ['taken.test'] }),
    fakeCertificate({ id: 'ordered', hosts: ['ordered.test'], source: 'acme' }),
  ];
  const events: string[] = [];
  const cipher = new KeyCipher(randomBytes(32));
  const keeper = new UploadKeeper({
    cipher: async () => cipher,
    configured: () => configured,
    log: logger,
    wallMs: Date.now,
    onEvent: (_severity, host, message) => void events.push(`${host}: ${message}`),
  });
  /** As the threads have them. */
  const served = new Map<string, SharedCertificate>();
  keeper.connect(async (set, removed) => {
    for (const id of removed) served.delete(id);
    for (const each of set) served.set(each.id, each);
  });
  keeper.open(store, obstacle);
  const app = await fakeAdminApp({
    logger,
    database: fakeDatabase(new MemoryClientStore(), audit),
    certificates: {
      ...noCertificates,
      list: () => [...configured, ...keeper.list()],
    },
    uploads: keeper,
  });
  t.after(() => app.close());
  return {
    store,
    audit,
    lines,
    events,
    configured,
    keeper,
    served: () => [...served.values()].flatMap(({ hosts }) => hosts),
    post: (payload: object, headers: Record<string, string> = {}) =>
      app.inject({ method: 'POST', url: PATH, payload, headers }),
    remove: (id: string, headers: Record<string, string> = {}) =>
      app.inject({ method: 'DELETE', url: `${PATH}/${id}`, headers }),
  };
}

function pair(hosts: readonly string[], wanted?: Parameters<typeof root.issue>[1]) {
  const { cert, key } = root.issue(hosts, wanted);
  return { cert_pem: cert + root.cert, key_pem: key };
}

test('an uploaded certificate is served and listed; one for the same hosts replaces it; removed, it is gone', async (t) => {
  const { post, remove, served, events } = await start(t);
  const created = await post(pair(['a.test', '*.a.test']));
  assert.equal(created.statusCode, 201);
  const view = created.json<{ id: string; version: number; source: string; serial: string; warnings: string[] }>();
  assert.equal(created.headers.location, `${PATH}/${view.id}`);
  assert.equal(created.headers.etag, `"${view.version}"`);
  assert.deepEqual([view.source, view.warnings], ['uploaded', []]);
  assert.deepEqual(served(), ['a.test', '*.a.test']);

  const replaced = await post(pair(['*.a.test', 'a.test']));
  assert.equal(replaced.statusCode, 200);
  const { id, version, serial } = replaced.json<typeof view>();
  assert.equal(id, view.id);
  assert.ok(version > view.version);
  assert.notEqual(serial, view.serial);

  assert.equal((await remove(id)).statusCode, 204);
  assert.deepEqual(served(), []);
  assert.equal((await remove(id)).statusCode, 404);
  assert.deepEqual(
    events.map((event) => /(?:uploaded|replaced|removed)/.exec(event)![0]),
    ['uploaded', 'replaced', 'removed'],
  );
});

test('If-Match guards a replacement and a removal', async (t) => {
  const { post, remove, store } = await start(t);
  assert.equal((await post(pair(['a.test']), { 'if-match': '"1"' })).statusCode, 412);
  const { id, version } = (await post(pair(['a.test']))).json<{ id: string; version: number }>();
  const stale = { 'if-match': `"${version + 7}"` };
  assert.equal((await post(pair(['a.test']), stale)).statusCode, 412);
  assert.equal((await remove(id, stale)).statusCode, 412);
  assert.equal((await store.all())[0]!.version, version);
  const fresh = await post(pair(['a.test']), { 'if-match': `"${version}"` });
  assert.equal(fresh.statusCode, 200);
  assert.equal((await remove(id, { 'if-match': String(fresh.headers.etag) })).statusCode, 204);
});

test('it is judged like files, and nothing is stored if it cannot be served', async (t) => {
  const { post, store } = await start(t);
  const good = pair(['a.test']);
  for (const [body, field, why] of [
    [{ ...good, cert_pem: 'none' }, 'cert_pem', /contains no PEM certificate$/],
    [{ ...good, key_pem: 'none' }, 'key_pem', /contains no PEM private key$/],
    [{ ...good, key_pem: keyPem(ecKeys().privateKey) }, 'key_pem', /not belong to the first certificate in cert_pem$/],
    [{ ...good, hosts: ['a.test', 'b.test'] }, 'hosts.1', /"b\.test" is not in the certificate, which is for a\.test$/],
    [{ ...good, hosts: ['a test'] }, 'hosts.0', /allowed: a host name/],
    [{ cert_pem: good.cert_pem }, 'key_pem', /is required/],
  ] as const) {
    const { statusCode, json } = await post(body);
    const { error, details } = json<{ error: string; details: { field: string; message: string }[] }>();
    assert.deepEqual([statusCode, error, details[0]!.field], [400, 'GW_VALIDATION', field]);
    assert.match(details[0]!.message, why);
  }
  assert.deepEqual(await store.all(), []);
  const expired = await post(pair(['a.test'], { notBeforeMs: 0, notAfterMs: 1000 }));
  assert.equal(expired.statusCode, 201);
  assert.match(expired.json<{ warnings: string[] }>().warnings[0]!, /^cert_pem certificate 1 in it expired/);
});

test('a host has one certificate: the configured one is kept, also if it comes later', async (t) => {
  const { post, configured, keeper, served } = await start(t);
  const taken = await post(pair(['taken.test']));
  assert.deepEqual([taken.statusCode, taken.json<{ error: string }>().error], [409, 'GW_CERTIFICATE_EXISTS']);
  assert.match(taken.body, /\\"taken\.test\\" has another certificate: in the configuration/);
  const { id } = (await post(pair(['b.test', 'c.test']))).json<{ id: string }>();
  const other = await post(pair(['b.test']));
  assert.equal(other.statusCode, 409);
  assert.match(other.body, new RegExp(id));

  configured.push(fakeCertificate({ hosts: ['b.test'] }));
  await keeper.use();
  assert.deepEqual(served(), ['c.test']);
  assert.equal(keeper.list()[0]!.error, 'not served for b.test: another certificate is');
  configured.push(fakeCertificate({ hosts: ['c.test'] }));
  await keeper.use();
  assert.deepEqual(served(), []);
  configured.splice(2);
  await keeper.use();
  assert.deepEqual(served(), ['b.test', 'c.test']);
});

test('an upload is served until the authority has issued what the configuration asks for', async (t) => {
  const { post, configured, keeper, served } = await start(t);
  await post(pair(['a.test']));
  configured.push(fakeCertificate({ hosts: ['a.test'], source: 'acme', state: 'pending' }));
  await keeper.use();
  assert.deepEqual(served(), ['a.test']);
  configured.splice(2, 1, fakeCertificate({ hosts: ['a.test'], source: 'acme' }));
  await keeper.use();
  assert.deepEqual(served(), []);
});

test('those of the configuration are refused with a reason', async (t) => {
  const { remove } = await start(t);
  const ordered = await remove('ordered');
  assert.deepEqual([ordered.statusCode, ordered.json<{ error: string }>().error], [409, 'GW_CERTIFICATE_IN_FILE']);
  const unknown = await remove('taken.test');
  assert.equal(unknown.statusCode, 404);
  assert.match(unknown.body, /those of the configuration file are removed there/);
});

test('what stands in the way of storing keys is said', async (t) => {
  const { post } = await start(t, 'tls.storage_key is missing');
  const answer = await post(pair(['a.test']));
  assert.equal(answer.statusCode, 409);
  assert.match(answer.body, /GW_CERTIFICATES_NOT_STORED.*tls\.storage_key is missing/);
});

test('no key is in the storage, an answer, the audit log or the log', async (t) => {
  const { post, remove, store, audit, lines } = await start(t);
  const body = pair(['a.test']);
  const [, secret] = /PRIVATE KEY-----\n(.{40})/.exec(body.key_pem)!;
  const bodies = [
    body,
    { ...body, cert_pem: 'none' },
    { ...body, key_pem: [body.key_pem] },
    { ...body, [body.key_pem]: 1 },
  ];
  const answers = [];
  for (const each of bodies) answers.push((await post(each)).body);
  const stored = JSON.stringify(await store.all());
  const { id } = (await store.all())[0]!;
  await remove(id);
  await eventually('they are recorded', async () => (await audit.list({ limit: 20 })).length === 5);
  const items = await audit.list({ limit: 20 });
  assert.deepEqual(
    items.map(({ action, target, status }) => [action, target, status]),
    [
      ['deleteCertificate', id, 204],
      ['uploadCertificate', null, 400],
      ['uploadCertificate', null, 400],
      ['uploadCertificate', null, 400],
      ['uploadCertificate', id, 201],
    ],
  );
  assert.equal((items.at(-1)!.after as { source: string }).source, 'uploaded');
  for (const text of [stored, ...answers.slice(0, 3), JSON.stringify(items), lines.join('')]) {
    assert.ok(!text.includes(secret!), text.slice(0, 200));
  }
});

test('what was encrypted with another key is reported, and served once it can be read', async (t) => {
  const { post, store, served } = await start(t);
  await post(pair(['a.test']));
  const [row] = await store.all();
  const other = await start(t);
  await other.store.put(row!);
  await other.keeper.refresh();
  assert.deepEqual([other.served(), served()], [[], ['a.test']]);
  const [report] = other.keeper.list();
  assert.equal(report!.state, 'pending');
  assert.match(report!.error!, /encrypted with another key: set the tls\.storage_key of that time/);
});
