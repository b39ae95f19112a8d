import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pino } from 'pino';
import type { ServedCertificate } from '../../../../src/certificates/certificate.ts';
import { openCertificate } from '../../../../src/certificates/shared-certificate.ts';
import { CertificateKeeper } from '../../../../src/certificates/control/certificate-keeper.ts';
import type { ConfiguredCertificate } from '../../../../src/certificates/control/certificate-source.ts';
import { SETTLE_MS } from '../../../../src/certificates/core/settled-change.ts';
import { PemFiles } from '../../../../src/certificates/pem-files.ts';
import { pairKey, readPair, type PairFiles } from '../../../../src/certificates/read-pair.ts';
import { GatewayError } from '../../../../src/errors.ts';
import { authority, type Issued } from '../../../support/issued.ts';
import { pemFolder } from '../../../support/pem-folder.ts';

const root = authority();

interface Sent {
  readonly set: readonly ServedCertificate[];
  readonly removed: readonly string[];
}

function start(t: TestContext) {
  const write = pemFolder(t);
  const sent: Sent[] = [];
  const events: string[] = [];
  const clock = { nowMs: Date.now() };
  const keeper = new CertificateKeeper({
    cwd: '/',
    authorityFolder: join(dirname(write('any.pem', '')), 'data'),
    log: pino({ level: 'silent' }),
    wallMs: () => clock.nowMs,
    onEvent: (severity, host, message) => events.push(`${severity} ${host}: ${message}`),
  });
  keeper.connect(async (set, removed) => void sent.push({ set: set.map(openCertificate), removed }));
  const put = (name: string, { cert, key }: Issued, hosts: readonly string[] | null = null): ConfiguredCertificate => ({
    hosts,
    certFile: write(`${name}.pem`, cert + root.cert),
    keyFile: write(`${name}.key`, key),
    internal: false,
  });
  const use = (...sources: readonly ConfiguredCertificate[]): Promise<void> => keeper.use(keeper.prepare(sources));
  /** Changes are read once they have rested. */
  const settle = async (): Promise<void> => {
    await keeper.look();
    await keeper.look();
  };
  const served = (): readonly ServedCertificate[] => keeper.served.map(openCertificate);
  return { keeper, served, sent, events, clock, write, put, use, settle };
}

test('only what has changed is sent, each with a higher version', async (t) => {
  const { served, sent, put, use } = start(t);
  const a = put('a', root.issue(['a.test']));
  const b = put('b', root.issue(['b.test', 'c.test']), ['b.test']);
  await use(a, b);
  await use(a, b);
  assert.equal(sent.length, 1);
  const [first, second] = sent[0]!.set;
  assert.deepEqual([first!.hosts, first!.isDefault], [['a.test'], true]);
  assert.deepEqual([second!.hosts, second!.isDefault], [['b.test'], false]);
  put('b', root.issue(['b.test']));
  await use(a, b);
  assert.deepEqual(
    sent[1]!.set.map(({ id }) => id),
    [second!.id],
  );
  assert.ok(sent[1]!.set[0]!.version > second!.version);
  await use(b);
  assert.deepEqual(sent[2]!.removed, [first!.id]);
  assert.deepEqual([sent[2]!.set.length, sent[2]!.set[0]!.isDefault], [1, true]);
  assert.deepEqual(served(), sent[2]!.set);
});

test('if one cannot be served, all faults are reported and nothing changes', async (t) => {
  const { keeper, sent, put, use } = start(t);
  const a = put('a', root.issue(['a.test']));
  await use(a);
  const before = keeper.served;
  put('a', { ...root.issue(['a.test']), key: root.issue(['a.test']).key });
  const isRefusal = (error: unknown): boolean => {
    assert.ok(error instanceof GatewayError);
    assert.deepEqual(
      error.details?.map(({ field }) => field),
      ['tls.certificates.0.key_file', 'tls.certificates.1.cert_file'],
    );
    assert.match(error.details[0]!.message, /^tls\.certificates\.0\.key_file: ".*a\.key" does not belong to the first/);
    return true;
  };
  assert.throws(() => keeper.prepare([a, { ...a, certFile: '/nowhere' }]), isRefusal);
  assert.deepEqual(keeper.served, before);
  assert.equal(sent.length, 1);
});

test('new files are served once they have rested, by the threads that run', async (t) => {
  const { keeper, served: current, sent, events, put, use, settle } = start(t);
  const a = put('a', root.issue(['a.test']));
  await use(a, put('b', root.issue(['b.test'])));
  await settle();
  assert.equal(sent.length, 1);
  const next = root.issue(['a.test', 'new.test']);
  put('a', next);
  await keeper.look();
  assert.equal(sent.length, 1);
  await keeper.look();
  assert.equal(sent.length, 2);
  const [served] = sent[1]!.set;
  assert.deepEqual([served!.hosts, served!.keyPem, served!.isDefault], [['a.test', 'new.test'], next.key, true]);
  assert.ok(served!.version > sent[0]!.set[1]!.version);
  assert.deepEqual(current()[0], served, 'a thread that starts later gets it, too');
  assert.match(events[0]!, /^info a\.test: certificate for a\.test replaced; valid until 2/);
  await settle();
  assert.equal(sent.length, 2);
});

test('certificate and key may be replaced one after the other', async (t) => {
  const { keeper, sent, events, clock, put, use, settle } = start(t);
  const old = root.issue(['a.test']);
  const a = put('a', old);
  await use(a);
  const next = root.issue(['a.test']);
  put('a', { cert: next.cert, key: old.key });
  await settle();
  clock.nowMs += SETTLE_MS - 1;
  await settle();
  assert.deepEqual([sent.length, events.length, keeper.list()[0]!.error], [1, 0, null]);
  put('a', next);
  await settle();
  assert.equal(sent[1]!.set[0]!.keyPem, next.key);
});

test('files that cannot be served are refused once, and those before are served on until others follow', async (t) => {
  const { keeper, sent, events, clock, write, put, use, settle } = start(t);
  const a = put('a', root.issue(['a.test']));
  await use(a);
  write('a.key', 'not a key');
  await settle();
  clock.nowMs += SETTLE_MS;
  await settle();
  await settle();
  assert.equal(sent.length, 1);
  const { error } = keeper.list()[0]!;
  assert.match(error!, /^".*a\.key" contains no PEM private key$/);
  assert.equal(events.length, 1);
  assert.match(
    events[0]!,
    /^error a\.test: new certificate for a\.test refused, the one before is served on: ".*a\.key"/,
  );
  assert.deepEqual(pick(keeper.scrape()), [0, 1]);
  put('a', root.issue(['a.test']));
  await settle();
  assert.deepEqual([sent.length, keeper.list()[0]!.error], [2, null]);
  assert.deepEqual(pick(keeper.scrape()), [1, 1]);
});

const pick = ({ replacedTotal, refusedTotal }: ReturnType<CertificateKeeper['scrape']>) => [
  replacedTotal,
  refusedTotal,
];

test('files that are restored as they were clear the error, which is reported, and nothing is sent', async (t) => {
  const { keeper, sent, events, clock, write, put, use, settle } = start(t);
  const pair = root.issue(['a.test']);
  await use(put('a', pair));
  write('a.pem', '');
  await settle();
  clock.nowMs += SETTLE_MS;
  await settle();
  assert.notEqual(keeper.list()[0]!.error, null);
  put('a', pair);
  await settle();
  assert.deepEqual([sent.length, keeper.list()[0]!.error], [1, null]);
  assert.deepEqual(events.slice(1), ['info a.test: files of the certificate for a.test can be served again']);
  // Only touched: nothing to report.
  put('a', pair);
  await settle();
  assert.equal(events.length, 2);
});

test('a symbolic link that points to another folder is a change, as Kubernetes makes it', async (t) => {
  const { sent, write, use, settle } = start(t);
  const folder = dirname(write('any', ''));
  for (const name of ['one', 'two']) {
    const { cert, key } = root.issue([`${name}.test`]);
    mkdirSync(join(folder, name));
    write(join(name, 'tls.crt'), cert + root.cert);
    write(join(name, 'tls.key'), key);
  }
  symlinkSync('one', join(folder, '..data'));
  const [certFile, keyFile] = ['tls.crt', 'tls.key'].map((name) => {
    symlinkSync(join('..data', name), join(folder, name));
    return join(folder, name);
  });
  await use({ hosts: null, certFile: certFile!, keyFile: keyFile!, internal: false });
  symlinkSync('two', join(folder, '..next'));
  renameSync(join(folder, '..next'), join(folder, '..data'));
  await settle();
  assert.deepEqual(sent[1]!.set[0]!.hosts, ['two.test']);
});

test('a new certificate does not take a host of another one', async (t) => {
  const { keeper, sent, clock, put, use, settle } = start(t);
  await use(put('a', root.issue(['a.test'])), put('b', root.issue(['b.test'])));
  put('a', root.issue(['a.test', 'b.test']));
  await settle();
  clock.nowMs += SETTLE_MS;
  await settle();
  assert.equal(sent.length, 1);
  assert.match(keeper.list()[0]!.error!, /^".*a\.pem" is for b\.test, as ".*b\.pem" is$/);
});

test('an expired certificate does not replace one that is valid, and does after that has expired, too', async (t) => {
  const { keeper, served, sent, events, clock, put, use, settle } = start(t);
  const good = root.issue(['a.test']);
  const a = put('a', good);
  await use(a);
  const old = root.issue(['a.test'], { notBeforeMs: clock.nowMs - 2000, notAfterMs: clock.nowMs - 1000 });
  put('a', old);
  await settle();
  clock.nowMs += SETTLE_MS;
  await settle();
  assert.match(keeper.list()[0]!.error ?? '', /^the new certificate expired at 2\S+; the one before is valid until 2/);
  assert.equal(events.length, 1);
  await use(a);
  await use(a, put('b', root.issue(['b.test'])));
  assert.equal(served()[0]!.keyPem, good.key);
  assert.deepEqual(
    sent.map(({ set }) => set.length),
    [1, 1],
  );
  clock.nowMs += 40 * 86_400_000;
  await use(a);
  assert.equal(served()[0]!.keyPem, old.key);
});

test('a certificate that expires is reported once for each state', async (t) => {
  const { keeper, events, clock, put, use, settle } = start(t);
  await use(put('a', root.issue(['a.test'], { notBeforeMs: clock.nowMs, notAfterMs: clock.nowMs + 600_000 })));
  await settle();
  assert.deepEqual(events, []);
  clock.nowMs += 550_000;
  await settle();
  clock.nowMs += 100_000;
  await settle();
  const { notBefore, notAfter } = keeper.list()[0]!;
  const [from, until] = [new Date(notBefore).toISOString(), new Date(notAfter).toISOString()];
  assert.deepEqual(events, [
    `warn a.test: certificate for a.test: expiring (valid from ${from} until ${until})`,
    `error a.test: certificate for a.test: expired (valid from ${from} until ${until})`,
  ]);
  assert.equal(keeper.list()[0]!.state, 'expired');
});

test('a reload that reads the files first leaves nothing for the watch', async (t) => {
  const { sent, put, use, settle } = start(t);
  const a = put('a', root.issue(['a.test']));
  await use(a);
  put('a', root.issue(['a.test']));
  await use(a);
  await settle();
  assert.equal(sent.length, 2);
});

test('a reload does not bring back a certificate that was replaced since it read the files', async (t) => {
  const { keeper, sent, served, put, use, settle } = start(t);
  const a = put('a', root.issue(['a.test']));
  await use(a);
  const prepared = keeper.prepare([a]);
  const next = root.issue(['a.test']);
  put('a', next);
  await settle();
  await keeper.use(prepared);
  assert.deepEqual([sent.length, served()[0]!.keyPem], [2, next.key]);
});

test('what operators see of a certificate has no key and no certificate in it', async (t) => {
  const { keeper, put, use } = start(t);
  const pair = root.issue(['a.test']);
  await use(put('a', pair));
  const [shown] = keeper.list();
  assert.deepEqual(
    [shown!.hosts, shown!.source, shown!.issuer, shown!.state],
    [['a.test'], 'file', 'CN=test root', 'ok'],
  );
  assert.match(shown!.fingerprintSha256, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.doesNotMatch(JSON.stringify([shown, keeper.scrape()]), /BEGIN|PRIVATE/);
});

const INTERNAL: ConfiguredCertificate = {
  hosts: ['localhost', '*.dev.test'],
  certFile: null,
  keyFile: null,
  internal: true,
};
const DAY_MS = 86_400_000;

test('an internal certificate is issued once, and renewed after two thirds of its life', async (t) => {
  const { keeper, sent, events, clock, use, settle } = start(t);
  assert.equal(keeper.rootPem(), null);
  await use(INTERNAL);
  await use(INTERNAL);
  await settle();
  assert.equal(sent.length, 1);
  const root = new X509Certificate(keeper.rootPem()!);
  const leaf = new X509Certificate(sent[0]!.set[0]!.chainPem);
  assert.ok(leaf.verify(root.publicKey));
  assert.deepEqual(sent[0]!.set[0]!.hosts, INTERNAL.hosts);
  assert.deepEqual([keeper.list()[0]!.source, keeper.list()[0]!.file], ['internal', null]);
  clock.nowMs += 4.5 * DAY_MS;
  await settle();
  assert.equal(sent.length, 1);
  clock.nowMs += 0.3 * DAY_MS;
  await settle();
  assert.equal(sent.length, 2);
  const next = new X509Certificate(sent[1]!.set[0]!.chainPem);
  assert.ok(next.validToDate > leaf.validToDate && next.verify(root.publicKey));
  assert.match(events[0]!, /^info localhost: certificate for localhost replaced/);
});

test('a reload issues what is new, and renews what is due', async (t) => {
  const { sent, clock, use } = start(t);
  await use(INTERNAL);
  await use(INTERNAL, { ...INTERNAL, hosts: ['other.test'] });
  assert.deepEqual(
    sent[1]!.set.map(({ hosts }) => hosts),
    [['other.test']],
  );
  clock.nowMs += 6 * DAY_MS;
  await use(INTERNAL);
  assert.deepEqual([sent[2]!.set.length, sent[2]!.removed], [1, ['internal other.test']]);
});

test('if the authority cannot be kept, that is an error at its key', (t) => {
  const folder = pemFolder(t)('a file', '');
  const keeper = new CertificateKeeper({
    cwd: '/',
    authorityFolder: folder,
    log: pino({ level: 'silent' }),
    wallMs: Date.now,
  });
  const isRefusal = (error: unknown): boolean => {
    assert.ok(error instanceof GatewayError);
    assert.match(
      error.message,
      /^tls\.certificates\.0\.internal: ".*internal-ca\.pem" cannot be used: E(EXIST|NOTDIR)$/,
    );
    return true;
  };
  assert.throws(() => keeper.prepare([INTERNAL]), isRefusal);
});

test('if the clock is set back before an internal certificate is valid, another one is issued', async (t) => {
  const { sent, clock, use, settle } = start(t);
  await use(INTERNAL);
  clock.nowMs -= DAY_MS;
  await settle();
  assert.equal(sent.length, 2);
  assert.ok(new X509Certificate(sent[1]!.set[0]!.chainPem).validFromDate.getTime() < clock.nowMs);
});

test('pairs that were read with the configuration are not read again, unless their files have changed since', async (t) => {
  const { keeper, sent, put, settle } = start(t);
  const source = put('a', root.issue(['a.test']));
  const { certFile, keyFile, hosts } = source as PairFiles;
  const files = { hosts, certFile, keyFile };
  const known = new Map([[pairKey(files), readPair(new PemFiles('/'), files, Date.now())]]);
  put('a', root.issue(['b.test']));
  await keeper.use(keeper.prepare([source], known));
  assert.deepEqual(keeper.served[0]!.hosts, ['a.test']);
  await settle();
  assert.deepEqual(sent[1]!.set[0]!.hosts, ['b.test']);
});

test('automatic certificates are left to others, also if one is the first and so the default', async (t) => {
  const { served, put, use } = start(t);
  const automatic = { hosts: ['auto.test'], certFile: null, keyFile: null, acme: 'le', internal: false };
  await use(automatic, put('a', root.issue(['a.test'])));
  assert.deepEqual(
    served().map(({ hosts, isDefault }) => [hosts, isDefault]),
    [[['a.test'], false]],
  );
});
