import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { InternalAuthority } from '../../../../src/certificates/control/internal-authority.ts';
import { pemFolder } from '../../../support/pem-folder.ts';

const DAY_MS = 86_400_000;
// Certificates know seconds only.
const now = Math.floor(Date.now() / 1000) * 1000;

function newFolder(t: TestContext): string {
  return join(dirname(pemFolder(t)('any.pem', '')), 'data', 'deeper');
}

test('the root is made once, and kept in one file that only its owner can read', (t) => {
  const folder = newFolder(t);
  const { rootPem } = InternalAuthority.open(folder, now);
  assert.equal(InternalAuthority.open(folder, now).rootPem, rootPem);
  assert.deepEqual(readdirSync(folder), ['internal-ca.pem']);
  assert.equal(statSync(join(folder, 'internal-ca.pem')).mode & 0o777, 0o600);
  const root = new X509Certificate(rootPem);
  assert.ok(root.ca);
  assert.equal(Math.round((root.validToDate.getTime() - now) / DAY_MS), 3650);
  assert.doesNotMatch(rootPem, /PRIVATE/);
});

test('openssl accepts what it issues, as strictly as it can', (t) => {
  const write = pemFolder(t);
  const opened = InternalAuthority.open(newFolder(t), now);
  const root = write('root.pem', opened.rootPem);
  const leaf = write('leaf.pem', opened.issue(['*.dev.test', 'localhost', '127.0.0.1', '::1'], now).chainPem);
  for (const check of [
    ['-verify_hostname', 'a.dev.test'],
    ['-verify_ip', '::1'],
  ]) {
    const args = ['verify', '-x509_strict', '-purpose', 'sslserver', ...check, '-CAfile', root, leaf];
    const { stdout, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
    if (error !== undefined) return t.skip('needs openssl');
    assert.match(stdout, /: OK$/m, stderr);
  }
});

test('a leaf lives a week, and never longer than the root', (t) => {
  const opened = InternalAuthority.open(newFolder(t), now);
  const { leaf } = opened.issue(['a.test'], now);
  assert.equal(Math.round((leaf.validToDate.getTime() - now) / 1000), (7 * DAY_MS) / 1000);
  const late = opened.issue(['a.test'], now + 3645 * DAY_MS).leaf;
  assert.equal(late.validToDate.getTime(), new X509Certificate(opened.rootPem).validToDate.getTime());
});

test('an expired root is replaced, a damaged one is not', (t) => {
  const folder = newFolder(t);
  const { rootPem } = InternalAuthority.open(folder, now);
  const next = InternalAuthority.open(folder, now + 3651 * DAY_MS);
  assert.notEqual(next.rootPem, rootPem);
  const path = join(folder, 'internal-ca.pem');
  const text = readFileSync(path, 'utf8');
  for (const damaged of ['', next.rootPem, rootPem + text.slice(next.rootPem.length)]) {
    writeFileSync(path, damaged);
    assert.throws(() => InternalAuthority.open(folder, now), /^Error: ".*internal-ca\.pem" is damaged; remove it/);
    assert.equal(readFileSync(path, 'utf8'), damaged);
  }
});

test('of two gateways that start with one folder, both have the same root', (t) => {
  const folder = newFolder(t);
  const roots = [0, 1].map(() => InternalAuthority.open(folder, now).rootPem);
  assert.equal(roots[0], roots[1]);
});
