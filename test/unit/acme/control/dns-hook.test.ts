import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { runDnsHook, txtRecord } from '../../../../src/acme/control/dns-hook.ts';
import { temporaryFolder } from '../../../support/sluice-process.ts';

const RECORD = { name: '_acme-challenge.example.com', value: 'value $(touch x)' };
const signal = new AbortController().signal;

function hook(t: TestContext, script: string): { readonly file: string; readonly out: string } {
  const folder = temporaryFolder(t);
  const [file, out] = [join(folder, 'hook'), join(folder, 'out')];
  writeFileSync(file, `#!/bin/sh\nOUT='${out}'\n${script}\n`);
  chmodSync(file, 0o755);
  return { file, out };
}

test('the record is a digest of the answer (RFC 8555, 8.4)', () => {
  assert.deepEqual(txtRecord('example.com', 'token.thumbprint'), {
    name: '_acme-challenge.example.com',
    value: '61rBZ_4knHblO0MNoxFsXZ_eTFUHum0B6IVRbhvUn5I',
  });
});

test('the program gets what to do, the name and the value, without a shell in between', async (t) => {
  const { file, out } = hook(t, 'printf "%s|" "$@" > "$OUT"');
  await runDnsHook(file, 'present', RECORD, signal);
  assert.equal(readFileSync(out, 'utf8'), `present|${RECORD.name}|${RECORD.value}|`);
});

test('a failure is reported with what the program said, on one line', async (t) => {
  const { file } = hook(t, 'printf "no such\\nzone" >&2; exit 3');
  await assert.rejects(runDnsHook(file, 'cleanup', RECORD, signal), {
    message: 'hook cleanup ended with 3: no such zone',
  });
  await assert.rejects(
    runDnsHook(join(file, 'missing'), 'present', RECORD, signal),
    /missing present ended with ENOTDIR/,
  );
});

test('it ends when the gateway stops', async (t) => {
  const { file } = hook(t, 'exec sleep 60');
  const stopping = new AbortController();
  const run = runDnsHook(file, 'present', RECORD, stopping.signal);
  stopping.abort();
  await assert.rejects(run, /hook present/);
});
