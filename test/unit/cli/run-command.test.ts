import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import type { Context } from '../../../src/cli/context.ts';
import { runCommand } from '../../../src/cli/run-command.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { authority } from '../../support/issued.ts';
import { pemFolder } from '../../support/pem-folder.ts';

const BACKEND = ['--backend', 'http://127.0.0.1:8081'];

async function run(args: readonly string[], around: Partial<Context> = {}) {
  const result = {
    code: -1,
    out: '',
    err: '',
    started: [] as { settings: Settings; configFile: string | undefined }[],
  };
  result.code = await runCommand(args, {
    // A folder without sluice.yaml.
    cwd: import.meta.dirname,
    env: {},
    out: (text) => void (result.out += text),
    err: (text) => void (result.err += text),
    runGateway: async (settings, { source }) => void result.started.push({ settings, configFile: source.file }),
    ...around,
  });
  return result;
}

test('a valid configuration is run', async () => {
  const { code, started, err } = await run([...BACKEND, '--port', '0']);
  assert.equal(code, 0);
  assert.equal(err, '');
  assert.equal(started.length, 1);
  assert.equal(started[0]?.settings.server.port, 0);
  assert.equal(started[0]?.configFile, undefined);
});

test('check refuses a file of the database URL that cannot be used, as the start would', async () => {
  const url = 'postgres://u:s3cret@h/d?sslmode=verify-full&sslrootcert=/nonexistent/ca.pem';
  const { code, out, err } = await run(['check', ...BACKEND], { env: { DATABASE_URL: url } });
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.match(
    err,
    /^command line: database.url: sslrootcert: \/nonexistent\/ca.pem cannot be read: the file does not exist/,
  );
  assert.doesNotMatch(err, /s3cret/);
});

test('check warns about allowed but hardly intended settings, and reports the file as valid', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-check-'));
  try {
    const text = 'server: { trust_proxy: [0.0.0.0/0] }\npools: { a: { backends: [{ url: http://b }] } }\n';
    writeFileSync(join(folder, 'sluice.yaml'), text);
    const { code, out, err } = await run(['check'], { cwd: folder });
    assert.equal(code, 0);
    assert.match(err, /^sluice\.yaml: warning: server\.trust_proxy: every address is a trusted proxy: .*\n$/);
    assert.match(out, /^sluice\.yaml: valid/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('check reports everything that is wrong with certificates, each with its line, and what is only doubtful', async (t) => {
  const write = pemFolder(t);
  const root = authority();
  const [good, other, old] = [['a.test'], ['b.test'], ['c.test']].map((hosts, at) =>
    root.issue(hosts, at === 2 ? { notAfterMs: Date.now() - 1000 } : {}),
  );
  write('a.pem', good!.cert + root.cert);
  write('a.key', other!.key);
  write('c.pem', old!.cert + root.cert);
  const cwd = dirname(write('c.key', old!.key));
  const text = (first: string): string => `pools: { a: { backends: [{ url: http://b }] } }
tls:
  certificates:
${first}    - { cert_file: c.pem, key_file: c.key }
`;
  write(
    'sluice.yaml',
    text('    - { cert_file: a.pem, key_file: a.key }\n    - { cert_file: b.pem, key_file: c.key }\n'),
  );
  const wrong = await run(['check'], { cwd });
  assert.equal(wrong.code, 2);
  assert.deepEqual(wrong.err.split('\n').slice(0, 2), [
    'sluice.yaml:4:37: tls.certificates.0.key_file: "a.key" does not belong to the first certificate in cert_file',
    'sluice.yaml:5:20: tls.certificates.1.cert_file: "b.pem" cannot be read: the file does not exist',
  ]);
  write('sluice.yaml', text(''));
  const doubtful = await run(['check'], { cwd });
  assert.equal(doubtful.code, 0);
  assert.match(
    doubtful.err,
    /^sluice\.yaml: warning: tls\.certificates\.0\.cert_file: "c\.pem" certificate 1 in it expired at 2.*Z\n$/,
  );
  assert.match(doubtful.out, /^sluice\.yaml: valid/);
});

test('check --json has every problem with its place, and what is allowed', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-check-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const check = async (text: string, ...args: readonly string[]) => {
    writeFileSync(join(cwd, 'sluice.yaml'), text);
    const { code, out, err } = await run(['check', '--json', ...args], { cwd });
    assert.equal(err, '');
    return { code, ...(JSON.parse(out) as { valid: boolean; file: string; pools?: number; problems: unknown[] }) };
  };
  const pool = 'pools: { a: { backends: [{ url: http://b }] } }\n';
  assert.deepEqual(await check(pool), {
    code: 0,
    valid: true,
    file: 'sluice.yaml',
    pools: 1,
    backends: 1,
    routes: 1,
    problems: [],
  });
  const wrong = await check(`server:\n  port: x\n  prot: 1\n${pool}`);
  assert.deepEqual([wrong.code, wrong.valid], [2, false]);
  const at = { severity: 'error', file: 'sluice.yaml' };
  assert.deepEqual(wrong.problems, [
    {
      ...at,
      line: 2,
      column: 9,
      path: 'server.port',
      message: 'found "x"; allowed: an integer from 0 to 65535',
      allowed: 'an integer from 0 to 65535',
    },
    {
      ...at,
      line: 3,
      column: 3,
      path: 'server.prot',
      message: 'unknown key "prot"; did you mean "port"?',
      allowed: null,
    },
  ]);
  const doubtful = await check(`server:\n  trust_proxy: [0.0.0.0/0]\n${pool}`);
  assert.equal(doubtful.code, 0);
  const [warning] = doubtful.problems as { severity: string; line: number; column: number; path: string }[];
  assert.deepEqual(
    [warning!.severity, warning!.line, warning!.column, warning!.path],
    ['warning', 2, 16, 'server.trust_proxy'],
  );
  const missing = await run(['check', 'none.yaml', '--json'], { cwd });
  assert.deepEqual(
    [missing.code, (JSON.parse(missing.out) as { problems: { message: string }[] }).problems[0]!.message],
    [2, 'cannot be read: the file does not exist'],
  );
  assert.match((await run(['check', '--json', '--print'])).err, /one of --print and --json/);
  assert.match((await run(['--json', ...BACKEND])).err, /--json is for check/);
});

test('check starts nothing', async () => {
  const { code, started, out } = await run(['check', ...BACKEND]);
  assert.equal(code, 0);
  assert.equal(started.length, 0);
  assert.equal(out, 'command line: valid: 1 pool, 1 backend, 1 route\n');
});

test('a wrong configuration starts nothing and ends with 2', async () => {
  const { code, started, err } = await run([...BACKEND, '--port', 'x', '--threads', '0']);
  assert.equal(code, 2);
  assert.equal(started.length, 0);
  assert.match(
    err,
    /^--port: server\.port: found "x"; .*\n--threads: server\.threads: found 0; .*\n2 problems found; nothing was started\n$/,
  );
});

test('a wrong flag starts nothing and ends with 2', async () => {
  const { code, started, err } = await run(['--prot', '1', ...BACKEND]);
  assert.equal(code, 2);
  assert.equal(started.length, 0);
  assert.match(err, /unknown flag --prot; did you mean --port\?/);
});

test('no configuration at all ends with 2 and a hint', async () => {
  const { code, err } = await run([]);
  assert.equal(code, 2);
  assert.match(err, /no configuration: .*--backend http:/);
});

test('SLUICE_CONFIG is the file that the gateway watches', async () => {
  const file = new URL('../../../sluice.example.yaml', import.meta.url).pathname;
  const { code, started } = await run([], { env: { SLUICE_CONFIG: file } });
  assert.equal(code, 0);
  assert.equal(started[0]?.configFile, file);
});

test('a gateway that fails while running ends with 1 and says why', async () => {
  const busy = Object.assign(new Error('listen'), { code: 'EADDRINUSE', address: '0.0.0.0', port: 8080 });
  const { code, err } = await run(BACKEND, { runGateway: async () => Promise.reject(busy) });
  assert.equal(code, 1);
  assert.match(err, /^sluice: 0\.0\.0\.0:8080 is in use by another program/);
});

test('an unforeseen failure is reported with its stack', async () => {
  const { code, err } = await run(BACKEND, { runGateway: async () => Promise.reject(new TypeError('odd')) });
  assert.equal(code, 1);
  assert.match(err, /^sluice: TypeError: odd\n\s+at /);
});

test('help shows every flag, and version a version', async () => {
  const { code, out } = await run(['--help']);
  assert.equal(code, 0);
  for (const flag of ['config', 'host', 'port', 'admin-host', 'admin-port', 'threads', 'data-dir', 'backend']) {
    assert.match(out, new RegExp(`--${flag} `));
  }
  assert.match((await run(['-v'])).out, /^sluice \d+\.\d+\.\d+\n$/);
});

test('a configuration in code runs; what it prints goes to standard error, and --print shows what it means', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-code-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  const text = `import { defineConfig } from 'sluice';
console.log('one\\ntwo');
export default defineConfig(({ env }) => ({
  admin: { token: env.TOKEN, port: '\${PORT}' },
  pools: { a: { backends: [1, 2].map((port) => ({ url: 'http://b:' + port })) } },
}));\n`;
  writeFileSync(join(cwd, 'sluice.config.ts'), text);
  const around = { cwd, env: { TOKEN: 'hunter2', PORT: '0' } };
  const printed = 'sluice.config.ts: printed: one\nsluice.config.ts: printed: two\n';

  const running = await run([], around);
  assert.deepEqual([running.code, running.out, running.err], [0, '', printed]);
  assert.equal(running.started[0]!.settings.admin.token, 'hunter2');
  assert.equal(running.started[0]!.configFile, 'sluice.config.ts');

  const verdict = 'sluice.config.ts: valid: 1 pool, 2 backends, 1 route\n';
  const checked = await run(['check'], around);
  assert.deepEqual([checked.code, checked.out, checked.err], [0, verdict, printed]);

  const shown = await run(['check', '--print'], around);
  assert.deepEqual([shown.code, shown.err], [0, printed + verdict]);
  assert.equal(
    shown.out,
    'admin:\n  token: "***"\n  port: ${PORT}\npools:\n  a:\n    backends:\n      - url: http://b:1\n      - url: http://b:2\n',
  );
});

test('a configuration in code that fails is reported with its place, after what it printed', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-code-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'c.mjs'), "console.log('here');\nexport default () => {\n  throw new Error('no');\n};\n");
  const { code, out, err, started } = await run(['--config', 'c.mjs'], { cwd });
  assert.deepEqual([code, out, started], [2, '', []]);
  assert.equal(err, 'c.mjs: printed: here\nc.mjs:3:9: threw Error: no\n1 problem found; nothing was started\n');
});

test('two default files are one too many, unless one is named', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-code-'));
  t.after(() => rmSync(cwd, { recursive: true }));
  writeFileSync(join(cwd, 'sluice.yaml'), 'pools: { a: { backends: [{ url: http://b }] } }');
  writeFileSync(join(cwd, 'sluice.config.mjs'), 'throw 1;');
  const unclear = await run(['check'], { cwd });
  assert.equal(unclear.code, 2);
  assert.match(unclear.err, /^sluice: sluice\.yaml and sluice\.config\.mjs both exist; remove one, or choose one with/);
  assert.equal((await run(['check', 'sluice.yaml'], { cwd })).code, 0);
  assert.equal((await run(['check'], { cwd, env: { SLUICE_CONFIG: 'sluice.yaml' } })).code, 0);
});
