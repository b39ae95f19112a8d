import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { pino } from 'pino';
import type { ServedCertificate } from '../../../../src/certificates/certificate.ts';
import { CertificateKeeper, type CertificateSource } from '../../../../src/certificates/control/certificate-keeper.ts';
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
  const keeper = new CertificateKeeper({ cwd: '/', log: pino({ level: 'silent' }), wallMs: Date.now });
  keeper.connect(async (set, removed) => void sent.push({ set, removed }));
  const put = (name: string, { cert, key }: Issued, hosts: readonly string[] | null = null): CertificateSource => ({
    hosts,
    certFile: write(`${name}.pem`, cert + root.cert),
    keyFile: write(`${name}.key`, key),
  });
  const use = (...sources: readonly CertificateSource[]): Promise<void> => keeper.use(keeper.prepare(sources));
  return { keeper, sent, put, use };
}

test('only what has changed is sent, each with a higher version', async (t) => {
  const { keeper, sent, put, use } = start(t);
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
  assert.deepEqual(keeper.served, sent[2]!.set);
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
