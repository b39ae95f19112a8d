import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);

function sluice(entry: string, args: readonly string[], cwd: string) {
  const script = fileURLToPath(new URL(entry, root));
  return spawnSync(process.execPath, [script, ...args], {
    cwd,
    encoding: 'utf8',
    env: { NODE_DISABLE_COMPILE_CACHE: '1' },
  });
}

const BAD = `server:
  prot: 8080
  port: "80a"
  trust_proxy: ["fe80::1%eth0", 010.0.0.1]
rate_limit:
  default: { capacity: 0, rate_per_second: -1 }
  global: { capacity: .nan, rate_per_second: 1e400 }
pools:
  default:
    algorithm: roundrobin
    backends:
      - url: ftp://127.0.0.1
      - url: "http://root:hunter2@127.0.0.1"
routes:
  - pool: defualt
`;
const EXPECTED = [
  'bad.yaml:2:3: server.prot: unknown key "prot"; did you mean "port"?',
  'bad.yaml:3:9: server.port: found "80a"; allowed: an integer from 0 to 65535',
  'bad.yaml:4:17: server.trust_proxy.0: found "fe80::1%eth0"; ',
  'bad.yaml:4:33: server.trust_proxy.1: found "010.0.0.1"; ',
  'bad.yaml:6:24: rate_limit.default.capacity: found 0; ',
  'bad.yaml:6:44: rate_limit.default.rate_per_second: found -1; ',
  'bad.yaml:7:23: rate_limit.global.capacity: found .nan; ',
  'bad.yaml:7:46: rate_limit.global.rate_per_second: found 1e400; ',
  'bad.yaml:10:16: pools.default.algorithm: found "roundrobin"; ',
  'bad.yaml:12:14: pools.default.backends.0.url: found "ftp://127.0.0.1"; ',
  'bad.yaml:13:14: pools.default.backends.1.url: found "http://***@127.0.0.1"; ',
  'bad.yaml:15:11: routes.0.pool: there is no pool "defualt"; ',
  '12 problems found; nothing was started',
];

test('the real process reports every problem of a file and ends with 2', (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'bad.yaml'), BAD);
  for (const args of [
    ['check', 'bad.yaml'],
    ['--config', 'bad.yaml'],
  ]) {
    const { status, stdout, stderr } = sluice('src/main.ts', args, cwd);
    assert.equal(status, 2, stderr);
    assert.equal(stdout, '');
    const lines = stderr.trimEnd().split('\n');
    assert.equal(lines.length, EXPECTED.length, stderr);
    for (const [at, line] of lines.entries()) assert.ok(line.startsWith(EXPECTED[at]!), line);
    assert.doesNotMatch(stderr, /hunter2/);
  }
});

test('the real process ends with 2 for a file that is not there', () => {
  const { status, stderr } = sluice('src/main.ts', ['check', 'no.yaml'], tmpdir());
  assert.equal(status, 2);
  assert.equal(stderr, 'no.yaml: cannot be read: the file does not exist\n1 problem found; nothing was started\n');
});

test('the launcher checks the sample', () => {
  const { status, stdout } = sluice('bin/sluice.js', ['check', 'sluice.example.yaml'], fileURLToPath(root));
  assert.equal(status, 0);
  assert.match(stdout, /^sluice\.example\.yaml: valid/);
});

test('a reader that has enough is no failure', () => {
  const script = fileURLToPath(new URL('src/main.ts', root));
  const command = `set -o pipefail; "${process.execPath}" "${script}" completion bash | (exec 0<&-; sleep 0)`;
  const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
  assert.deepEqual([status, stderr], [0, '']);
});

test('version says what runs', () => {
  const cwd = fileURLToPath(root);
  const { stdout } = sluice('src/main.ts', ['version', '--json'], cwd);
  const { version, commit, build, node } = JSON.parse(stdout) as Record<string, unknown>;
  const { version: expected } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as { version: string };
  assert.deepEqual([version, commit, build, node], [expected, null, 'source', process.versions.node]);
  assert.match(
    sluice('src/main.ts', ['version'], cwd).stdout,
    /^version +\d\S+\ncommit +unknown\nbuild +source\nnode +\d/,
  );
});
