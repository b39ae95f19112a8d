/**
 * The first minutes with a gateway, beside others that Debian has: what one has to write, how long the first request takes, what it
 * weighs, and what it says about a mistake. Writes docs/first-minutes.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startSampleBackends } from '../src/cli/sample-backends/sample-backends.ts';
import { ask } from './lab.ts';
import { end, residentMiB, start } from './processes.ts';

interface Peer {
  readonly name: string;
  readonly version: string;
  readonly steps: readonly string[];
  /** Installed, without what the system has anyway, MiB. */
  readonly installedMiB: number;
  readonly fileName: string;
  readonly config: (port: number, backend: string) => string;
  /** The right word, and the misspelt one. */
  readonly slip: readonly [string, string];
  readonly command: (file: string, folder: string) => readonly [string, ...string[]];
}

interface Row {
  readonly peer: Peer;
  readonly lines: number;
  readonly seconds: number;
  readonly residentMiB: number;
  readonly misspelt: string;
  readonly portTaken: string;
  readonly backendDown: string;
}

const STARTS = 5;
const DEADLINE_MS = 20_000;
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'first-minutes-'));
const { backends, close } = await startSampleBackends({ count: 1 });
const backend = backends[0]!.url;
try {
  const rows: Row[] = [];
  for (const peer of peers()) rows.push(await measured(peer));
  writeFileSync(join(root, 'docs/first-minutes.md'), page(rows));
  console.log('docs/first-minutes.md is written');
} finally {
  await close();
  rmSync(folder, { recursive: true, force: true });
}

function peers(): readonly Peer[] {
  const sluice = installSluice();
  return [
    {
      name: 'Sluice',
      version: (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version,
      steps: ['npm install --global sluice-*.tgz', 'sluice --backend http://127.0.0.1:8081'],
      installedMiB: sluice.installedMiB,
      fileName: 'sluice.yaml',
      config: (port, url) =>
        `server: { port: ${port} }\nadmin: { port: 0 }\npools:\n  web:\n    backends:\n      - url: ${url}\n`,
      slip: ['backends', 'bakends'],
      command: (file, data) => [process.execPath, sluice.program, '--config', file, '--data-dir', join(data, 'data')],
    },
    {
      name: 'Caddy',
      version: debian('caddy').version,
      steps: ['apt-get install caddy', 'caddy reverse-proxy --from :8080 --to 127.0.0.1:8081'],
      installedMiB: debian('caddy').mebibytes,
      fileName: 'Caddyfile',
      config: (port, url) => `{\n\tadmin off\n}\n:${port} {\n\treverse_proxy ${url}\n}\n`,
      slip: ['reverse_proxy', 'reverse_proxi'],
      command: (file) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', file],
    },
    {
      name: 'nginx',
      version: debian('nginx').version,
      steps: ['apt-get install nginx', 'write nginx.conf', 'nginx -c nginx.conf'],
      installedMiB: debian('nginx').mebibytes + debian('nginx-common').mebibytes,
      fileName: 'nginx.conf',
      config: (port, url) =>
        `pid nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\n  access_log off;\n  server {\n    listen ${port};\n    location / { proxy_pass ${url}; }\n  }\n}\n`,
      slip: ['proxy_pass', 'proxy_pas'],
      command: (file, prefix) => ['nginx', '-p', prefix, '-c', file, '-g', 'daemon off;'],
    },
    {
      name: 'HAProxy',
      version: debian('haproxy').version,
      steps: ['apt-get install haproxy', 'write haproxy.cfg', 'haproxy -f haproxy.cfg'],
      installedMiB: debian('haproxy').mebibytes,
      fileName: 'haproxy.cfg',
      config: (port, url) =>
        `defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\nfrontend public\n  bind :${port}\n  default_backend web\nbackend web\n  server web-1 ${new URL(url).host}\n`,
      slip: ['default_backend', 'default_bakend'],
      command: (file) => ['haproxy', '-f', file],
    },
  ];
}

async function measured(peer: Peer): Promise<Row> {
  const times: number[] = [];
  let memory = 0;
  for (let at = 0; at < STARTS; at += 1) {
    const run = await running(peer, peer.config(await freePort(), backend));
    try {
      times.push(await run.first(200));
      memory = residentMiB(run.process.pid);
    } finally {
      await end(run.process);
    }
  }
  const config = peer.config(8080, 'http://127.0.0.1:8081');
  return {
    peer,
    lines: config.trim().split('\n').length,
    seconds: times.sort((left, right) => left - right)[Math.floor(STARTS / 2)]! / 1000,
    residentMiB: memory,
    misspelt: await complaint(peer, peer.config(await freePort(), backend).replace(...peer.slip)),
    portTaken: await onTakenPort(peer),
    backendDown: await withoutBackend(peer),
  };
}

async function running(peer: Peer, config: string) {
  const place = mkdtempSync(join(folder, 'run-'));
  mkdirSync(join(place, 'logs'), { recursive: true });
  const file = join(place, peer.fileName);
  writeFileSync(file, config);
  const port = /\d{4,5}/.exec(config)![0];
  const began = performance.now();
  const process = start(peer.name, peer.command(file, place), undefined);
  const askOnce = () => ask(`http://127.0.0.1:${port}/api/hello`).catch(() => undefined);
  return {
    process,
    place,
    ask: askOnce,
    /** Milliseconds from its start to an answer with this status. */
    async first(status: number): Promise<number> {
      while (performance.now() - began < DEADLINE_MS && !process.hasExited()) {
        if ((await askOnce())?.status === status) return performance.now() - began;
        await wait(5);
      }
      throw new Error(`${peer.name}: no answer ${status}\n${process.output()}`);
    },
  };
}

/** The first line that names the mistake, of a gateway that does not start. */
async function complaint(peer: Peer, config: string): Promise<string> {
  const { process, place } = await running(peer, config);
  const isOver = await Promise.race([process.exited.then(() => true), wait(DEADLINE_MS, false)]);
  await end(process);
  if (!isOver) return 'starts all the same';
  const lines = process.output().replaceAll(`${place}/`, '').split('\n');
  const line =
    lines.find((each) => /emerg|alert|unknown|unrecognized|in use|EADDRINUSE|error:/i.test(each)) ?? lines[0]!;
  return line.trim().slice(0, 260);
}

async function onTakenPort(peer: Peer): Promise<string> {
  const server = createServer().listen(0);
  await new Promise((resolve) => void server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return (await complaint(peer, peer.config(port, backend))).replaceAll(String(port), '8080');
  } finally {
    server.close();
  }
}

async function withoutBackend(peer: Peer): Promise<string> {
  const run = await running(peer, peer.config(await freePort(), `http://127.0.0.1:${await freePort()}`));
  try {
    for (const began = performance.now(); performance.now() - began < DEADLINE_MS; await wait(20)) {
      const answer = await run.ask();
      if (answer === undefined) continue;
      const text = answer.body.replace(/\s+/g, ' ').replace(/"request_id":"[^"]*"/, '"request_id":"…"');
      return `${answer.status} ${text === '' ? '(empty)' : text}`.trim().slice(0, 260);
    }
    return 'no answer';
  } finally {
    await end(run.process);
  }
}

/** The package as `npm install` makes it, from the tarball. */
function installSluice(): { readonly program: string; readonly installedMiB: number } {
  const run = (command: string, words: readonly string[], cwd: string): void =>
    void execFileSync(command, words, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  run(process.execPath, ['scripts/build.js', '--quiet'], root);
  const made = join(folder, 'package');
  run(process.execPath, ['scripts/package/make-package.ts', made], root);
  const tarball = readdirSync(made).find((name) => name.endsWith('.tgz'))!;
  const place = join(folder, 'installed');
  mkdirSync(place);
  writeFileSync(join(place, 'package.json'), '{}');
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', join(made, tarball)], place);
  const [kibibytes] = execFileSync('du', ['-sk', join(place, 'node_modules')], { encoding: 'utf8' }).split('\t');
  return { program: join(place, 'node_modules/sluice/bin/sluice.js'), installedMiB: Number(kibibytes) / 1024 };
}

function debian(name: string): { readonly version: string; readonly mebibytes: number } {
  const format = '${Version} ${Installed-Size}';
  const [version, kibibytes] = execFileSync('dpkg-query', ['-W', '-f', format, name], { encoding: 'utf8' }).split(' ');
  return { version: version!, mebibytes: Number(kibibytes) / 1024 };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await new Promise((resolve) => void server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  return port;
}

function page(rows: readonly Row[]): string {
  const cell = (text: string): string => `\`${text.replaceAll('`', "'").replaceAll('|', String.raw`\|`)}\``;
  const list = (pick: (row: Row) => string): string =>
    rows.map((row) => `| ${row.peer.name} | ${cell(pick(row))} |`).join('\n');
  return `# The first five minutes

Written by \`node bench/first-minutes.ts\` on ${new Date().toISOString().slice(0, 10)}: one backend behind each gateway that could be installed beside
Sluice on the same machine, with its packages of Debian. Seconds are the median of ${STARTS} starts, from the start of the process to the first
answer of the backend; memory is read after that answer. ${availableParallelism()} cores, with a load of ${loadavg()[0]!.toFixed(1)} from this and other work: compare the rows, not
the numbers with those of another day.

| gateway | version | steps | lines of configuration | seconds to the first request | installed, MiB | memory, MiB |
| --- | --- | --- | --- | --- | --- | --- |
${rows
  .map(
    ({ peer, lines, seconds, residentMiB: memory }) =>
      `| ${peer.name} | ${peer.version} | ${peer.steps.length}: ${peer.steps.map(cell).join(', ')} | ${lines} | ${seconds.toFixed(2)} | ${peer.installedMiB.toFixed(1)} | ${memory.toFixed(0)} |`,
  )
  .join('\n')}

Sluice also needs Node, ${(statSync(process.execPath).size / 2 ** 20).toFixed(0)} MiB, which is not counted, and starts an admin API, health checks, limits and a database with
the first request; the others start what their configuration names.

## The first error

A misspelt key:

| gateway | says |
| --- | --- |
${list(({ misspelt }) => misspelt)}

The port is in use:

| gateway | says |
| --- | --- |
${list(({ portTaken }) => portTaken)}

The backend is down; what the client gets:

| gateway | answers |
| --- | --- |
${list(({ backendDown }) => backendDown)}

## Not measured

Traefik and Kong are not in Debian, so nothing here is measured. From their documentation, read on 2026-12-01:

- **Traefik**: a static configuration (flags or a file) names the entry point and the provider, a second, dynamic one has routers and services
  ([file provider](https://doc.traefik.io/traefik/v3.8/reference/routing-configuration/other-providers/file/)).
- **Kong**: without a database, a declarative \`kong.yml\` has services and routes; the admin API cannot change them then
  ([DB-less mode](https://developer.konghq.com/gateway/db-less-mode), [Docker](https://developer.konghq.com/gateway/install/docker-read-only)).
`;
}
