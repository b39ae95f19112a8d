import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

const SCRIPT = join(import.meta.dirname, '../../../docker/make-secrets.sh');

describe('docker/make-secrets.sh', () => {
  let root: string;
  let secrets: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sluice-secrets-'));
    secrets = join(root, 'secrets');
    copyFileSync(SCRIPT, join(root, 'make-secrets.sh'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const make = (env: NodeJS.ProcessEnv = process.env) =>
    spawnSync('/bin/sh', [join(root, 'make-secrets.sh')], { env, encoding: 'utf8' });

  it('creates what is missing, in a folder that is closed, also if it was there', () => {
    mkdirSync(secrets, { mode: 0o755 });
    writeFileSync(join(secrets, 'admin_token'), 'mine');
    assert.equal(make().status, 0);
    assert.equal(statSync(secrets).mode & 0o777, 0o700);
    assert.equal(readFileSync(join(secrets, 'admin_token'), 'utf8'), 'mine');
    assert.match(readFileSync(join(secrets, 'valkey_password'), 'utf8'), /^[0-9a-f]{48}$/);
  });

  it('fails without random bytes, and leaves no empty secret', () => {
    const programs = join(root, 'programs');
    mkdirSync(programs);
    for (const name of ['dirname', 'mkdir', 'chmod', 'tr']) {
      const path = execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
      symlinkSync(path, join(programs, name));
    }
    const { status, stderr } = make({ PATH: programs });
    assert.equal(status, 1);
    assert.match(stderr, /no random bytes for .*admin_token/);
    assert.equal(statSync(join(secrets, 'admin_token'), { throwIfNoEntry: false }), undefined);
  });
});
