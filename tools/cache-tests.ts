/**
 * `npm run cache-tests -- FOLDER`: runs the public tests for HTTP caches (https://github.com/http-tests/cache-tests) against
 * the response cache of a gateway, and compares the results with those that are published with them.
 *
 * node tools/cache-tests.ts FOLDER [--json]
 *
 * FOLDER is a checkout of that repository, after `npm install` in it. --json prints the result of each test. Everything is on
 * loopback; it takes about a minute.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [given] = positionals;
if (given === undefined) {
  console.error(
    'Usage: npm run cache-tests -- FOLDER [--json], a checkout of https://github.com/http-tests/cache-tests',
  );
  process.exit(2);
}
const folder = resolve(given);

/** The parts of the suite that are used here. */
interface Suite {
  readonly tests: readonly { readonly id: string; readonly kind?: Kind; readonly browser_only?: boolean }[];
}
type Kind = 'required' | 'optimal' | 'check';
type Results = Readonly<Record<string, true | readonly [string, string] | undefined>>;
type Verdict = readonly [symbol: string, ...rest: readonly string[]];

const load = (file: string): Promise<unknown> => import(pathToFileURL(join(folder, file)).href);
const { default: suites } = (await load('tests/index.mjs')) as { readonly default: readonly Suite[] };
const { runTests, getResults } = (await load('test-engine/client/runner.mjs')) as {
  readonly runTests: (suites: readonly Suite[], isBrowser: boolean, base: string) => Promise<void>;
  readonly getResults: () => Results;
};
const { determineTestResult, resultTypes } = (await load('test-engine/lib/results.mjs')) as {
  readonly determineTestResult: (suites: readonly Suite[], id: string, results: Results) => Verdict;
  readonly resultTypes: Readonly<Record<string, Verdict>>;
};

const temporary = mkdtempSync(join(tmpdir(), 'sluice-cache-tests-'));
const running: ChildProcess[] = [];
try {
  const [originPort, port, adminPort] = [await freePort(), await freePort(), await freePort()];
  start(['test-engine/server/server.mjs'], folder, {
    npm_config_protocol: 'http',
    npm_config_port: String(originPort),
    npm_config_pidfile: join(temporary, 'origin.pid'),
  });
  const config = join(temporary, 'sluice.yaml');
  writeFileSync(config, yamlFor(originPort, port, adminPort));
  start([fileURLToPath(new URL('../bin/sluice.js', import.meta.url)), '--config', config], temporary, {});
  await Promise.all([listens(originPort), listens(port)]);
  await runTests(suites, false, `http://127.0.0.1:${port}`);
  print(getResults());
} finally {
  for (const child of running) {
    if (child.exitCode !== null) continue;
    child.kill();
    await once(child, 'exit');
  }
  rmSync(temporary, { recursive: true, force: true });
}

/** Failing on purpose is part of the tests: nothing that a gateway does about failing backends may interfere. */
function yamlFor(originPort: number, publicPort: number, adminPort: number): string {
  return `server: { host: 127.0.0.1, port: ${publicPort}, threads: 1, drain_delay: 0s }
admin: { port: ${adminPort} }
database: { data_dir: "${temporary}" }
rate_limit: { enabled: false }
health_check: { enabled: false }
circuit_breaker: { enabled: false }
passive_health: { enabled: false }
retries: { attempts: 0 }
log: { level: error, access: { enabled: false } }
pools: { default: { backends: [{ url: "http://127.0.0.1:${originPort}" }] } }
routes: [{ path_prefix: /, pool: default, cache: {} }]
`;
}

function start(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>): void {
  running.push(
    spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] }),
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number): Promise<void> {
  for (let tries = 0; tries < 150; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((done) => {
      socket.once('connect', () => done(true)).once('error', () => done(false));
    });
    socket.destroy();
    if (isOpen) return;
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`nothing listens on port ${port}`);
}

function print(results: Results): void {
  const tests = suites.flatMap((suite) => suite.tests).filter((each) => each.browser_only !== true);
  if (values.json) {
    const verdicts = tests.map(({ id, kind = 'required' }) => [
      id,
      { kind, result: resultOf(id, results), said: results[id] },
    ]);
    console.log(JSON.stringify(Object.fromEntries(verdicts), null, 2));
    return;
  }
  const published = readdirSync(join(folder, 'results')).filter((file) => file.endsWith('.json'));
  const rows: [string, Results][] = [['sluice', results]];
  for (const file of published) {
    rows.push([file.replace('.json', ''), JSON.parse(readFileSync(join(folder, 'results', file), 'utf8')) as Results]);
  }
  const kinds: readonly Kind[] = ['required', 'optimal', 'check'];
  console.log(`passed${' '.repeat(10)}${kinds.map((kind) => kind.padStart(10)).join('')}`);
  for (const [name, of] of rows)
    console.log(name.padEnd(16) + kinds.map((kind) => passed(kind, of).padStart(10)).join(''));
  console.log(`of${' '.repeat(14)}${kinds.map((kind) => String(count(kind)).padStart(10)).join('')}\n`);
  for (const { id, kind = 'required' } of tests) {
    const result = resultOf(id, results);
    const said = results[id];
    if (kind === 'required' && result !== 'pass')
      console.log(`${result}: ${id}: ${Array.isArray(said) ? said[1] : ''}`);
  }

  function count(kind: Kind): number {
    return tests.filter((each) => (each.kind ?? 'required') === kind).length;
  }

  function passed(kind: Kind, of: Results): string {
    const good = tests.filter(
      (each) => (each.kind ?? 'required') === kind && ['pass', 'yes'].includes(resultOf(each.id, of)),
    );
    return String(good.length);
  }
}

function resultOf(id: string, results: Results): string {
  const verdict = determineTestResult(suites, id, results);
  return Object.entries(resultTypes).find(([, type]) => type === verdict)?.[0] ?? 'unknown';
}
