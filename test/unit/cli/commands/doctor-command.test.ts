import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Finding } from '../../../../src/cli/doctor/finding.ts';
import { command } from '../../../support/admin-server.ts';
import { authority } from '../../../support/issued.ts';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-doctor-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

async function findings(cwd: string): Promise<{ code: number; items: readonly Finding[] }> {
  const { code, out, err } = await command(['doctor', '--json'], {}, cwd);
  assert.equal(err, '');
  return { code, items: (JSON.parse(out) as { items: readonly Finding[] }).items };
}

const POOL = 'pools: { a: { backends: [{ url: http://127.0.0.1:1 }] } }\n';

test('doctor finds nothing wrong with a fresh configuration', async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'sluice.yaml'), `server: { port: 0 }\nadmin: { port: 0 }\n${POOL}`);
  const { code, items } = await findings(cwd);
  assert.equal(code, 0, JSON.stringify(items));
  assert.ok(items.every(({ status, why, fix }) => (status === 'ok') === (why === null && fix === null)));
  assert.deepEqual(
    items
      .filter(({ check }) => ['files', 'server.port', 'admin.port', 'database'].includes(check))
      .map(({ status }) => status),
    ['ok', 'ok', 'ok', 'ok'],
  );
});

test('doctor names a port that is taken, open secrets and an old certificate, and ends with 1', async (t) => {
  const cwd = folder(t);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port: tlsPort } = other.address() as AddressInfo;
  const issued = authority().issue(['a.test'], { notAfterMs: Date.now() + 3 * 86_400_000 });
  writeFileSync(join(cwd, 'a.pem'), issued.cert);
  writeFileSync(join(cwd, 'a.key'), issued.key);
  chmodSync(join(cwd, 'a.key'), 0o644);
  const text = `server: { host: 127.0.0.1, port: ${port} }
admin: { port: 0, token: a-token-that-is-only-here }
tls: { port: ${tlsPort}, certificates: [{ cert_file: a.pem, key_file: a.key }] }
${POOL}`;
  writeFileSync(join(cwd, 'sluice.yaml'), text);
  chmodSync(join(cwd, 'sluice.yaml'), 0o644);
  const { code, items } = await findings(cwd);
  assert.equal(code, 1);
  const found = items
    .filter(({ status }) => status !== 'ok')
    .map(({ check, status, message }) => `${status} ${check}: ${message}`);
  assert.ok(found.includes(`warning files: ${join(cwd, 'sluice.yaml')} can be read by others`), found.join('\n'));
  assert.ok(found.includes(`error files: ${join(cwd, 'a.key')} can be read by others`), found.join('\n'));
  assert.ok(
    found.some((line) => line.startsWith(`error server.port: 127.0.0.1:${port} is in use by `)),
    found.join('\n'),
  );
  assert.ok(
    found.some((line) => line.startsWith(`error tls.port: 127.0.0.1:${tlsPort} is in use by `)),
    found.join('\n'),
  );
  assert.ok(
    found.some((line) => /^warning certificate: a\.test expires in [23] days$/.test(line)),
    found.join('\n'),
  );
  const text2 = await command(['doctor'], {}, cwd);
  assert.match(
    text2.out,
    /^error +server\.port +127\.0\.0\.1:\d+ is in use by .*\n +why: the gateway cannot start\n +fix: stop it, or choose another server\.port\n/m,
  );
  assert.match(text2.out, /\n\d errors, \d warnings\n$/);
  assert.doesNotMatch(text2.out, /a-token-that/);
});

test('doctor says that a database and a Redis cannot be reached, without their passwords', async (t) => {
  const cwd = folder(t);
  const text = `server: { port: 0 }
admin: { port: 0 }
database: { url: "postgres://u:s3cret@127.0.0.1:1/d?connect_timeout=2" }
redis: { url: "redis://:s3cret@127.0.0.1:1" }
${POOL}`;
  writeFileSync(join(cwd, 'sluice.yaml'), text, { mode: 0o600 });
  const { code, items } = await findings(cwd);
  assert.equal(code, 1);
  const failed = items.filter(({ status }) => status === 'error').map(({ check }) => check);
  assert.deepEqual(failed, ['database', 'Redis']);
  assert.doesNotMatch(JSON.stringify(items), /s3cret/);
});

test('doctor ends with 2 if the configuration is invalid', async (t) => {
  const cwd = folder(t);
  writeFileSync(join(cwd, 'sluice.yaml'), 'pools: 3\n');
  const { code, err } = await command(['doctor'], {}, cwd);
  assert.equal(code, 2);
  assert.match(err, /^sluice\.yaml:1:8: pools: /);
  assert.equal((await command(['doctor', 'a', 'b'], {}, cwd)).code, 2);
});
