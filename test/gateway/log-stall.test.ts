/** Whatever happens to standard output and standard error, requests are answered, and the process ends on request. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { gatewayYaml } from '../support/gateway.ts';
import { httpRequest } from '../support/http-request.ts';
import { startLoad } from '../support/load.ts';
import { temporaryFolder } from '../support/sluice-process.ts';

const FLOOD = 1500;
/** Less than is kept for a reader that is behind: nothing of it may be dropped, however slow the disk. */
const FEW = 250;

interface Stalled {
  readonly child: ChildProcess;
  readonly exit: Promise<number | NodeJS.Signals>;
  readonly adminUrl: string;
  /** Sends requests that fill a megabyte of log on each thread, and more. */
  flood(count?: number): Promise<void>;
  metric(pattern: RegExp): Promise<number>;
}

type Output = number | 'pipe';

async function start(t: TestContext, stdout: Output, stderr: Output = 'pipe', more = ''): Promise<Stalled> {
  const { backends, close } = await startSampleBackends({ count: 1 });
  t.after(close);
  const folder = temporaryFolder(t);
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(folder, 'sluice.yaml');
  const calm = 'rate_limit: { enabled: false }\nserver: { drain_delay: 0s }\nhealth_check: { enabled: false }\n';
  writeFileSync(file, gatewayYaml([backends[0]!.url], calm + more));
  const flags = ['--host', '127.0.0.1', '--port', `${port}`, '--admin-port', `${adminPort}`, '--threads', '2'];
  const child = spawn(
    process.execPath,
    ['bin/sluice.js', '--config', file, ...flags, '--data-dir', join(folder, 'data')],
    { cwd: new URL('../../', import.meta.url), stdio: ['ignore', stdout, stderr] },
  );
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  t.after(async () => {
    child.stdout?.destroy();
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exit;
  });
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  await eventually(
    'it is ready',
    () =>
      httpRequest(`${adminUrl}/readyz`).then(
        ({ status }) => status === 200,
        () => false,
      ),
    60_000,
  );
  // A line of 3.3 KB: longer ones than 4 KB may mix with those of another thread in a pipe that is nearly full.
  const path = `/${'x'.repeat(3000)}`;
  return {
    child,
    exit,
    adminUrl,
    flood: async (count = FLOOD) => {
      const { statuses } = await startLoad(`http://127.0.0.1:${port}${path}`, { connections: 20, max: count }).done;
      assert.deepEqual(statuses, { 200: count });
    },
    metric: async (pattern) => {
      const { body } = await httpRequest(`${adminUrl}/metrics`);
      return [...body.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
    },
  };
}

const DROPPED = /^sluice_log_lines_dropped_total\{thread="\w+"\} (\d+)$/gm;

/** A named pipe that nobody reads: one end for the gateway, one that keeps it open for us. */
function unreadPipe(t: TestContext): { readonly path: string; readonly end: number; readonly mine: number } {
  const path = join(temporaryFolder(t), 'log');
  execFileSync('mkfifo', [path]);
  const mine = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const end = openSync(path, constants.O_WRONLY);
  return { path, end, mine };
}

/** Null: it was closed meanwhile. */
function fileOf(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}

describe('a log that nobody reads', { skip: process.platform !== 'linux' }, () => {
  test('a pipe that nobody reads: every request is answered, lines are dropped and counted, one line says so when it is read again', async (t) => {
    const { path, end, mine } = unreadPipe(t);
    const gateway = await start(t, end);
    closeSync(end);
    await gateway.flood();
    const dropped = await gateway.metric(DROPPED);
    assert.ok(dropped > 0, `${dropped} dropped`);
    assert.equal((await httpRequest(`${gateway.adminUrl}/readyz`)).status, 200);

    let text = '';
    const reader = spawn('cat', [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => reader.kill());
    reader.stdout.setEncoding('utf8').on('data', (more) => (text += more));
    // It has opened the pipe by then: without any reader, a write would fail with EPIPE.
    await once(reader.stdout, 'data');
    closeSync(mine);
    const notices = (): { dropped: number; cause: string }[] =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as { msg: string; dropped: number; cause: string })
        .filter(({ msg }) => msg === 'log lines dropped');
    await eventually('all dropped lines are reported', async () => {
      return notices().reduce((sum, notice) => sum + notice.dropped, 0) === dropped;
    });
    assert.ok(notices().length <= 2, 'one line for each thread');
    assert.ok(notices().every(({ cause }) => cause === 'EAGAIN'));

    // Its files are closed before its end is reported: the reader may be first.
    const read = once(reader, 'close');
    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.exit, 0);
    await read;
    assert.match(text, /"msg":"stopped"\}\n$/);
  });

  test('a pipe that nobody reads keeps its mode, which others count on, and does not keep the process from ending', async (t) => {
    const { end, mine } = unreadPipe(t);
    t.after(() => closeSync(mine));
    const gateway = await start(t, end);
    const folder = `/proc/${gateway.child.pid}`;
    const pipe = readlinkSync(`/proc/self/fd/${end}`);
    closeSync(end);
    const ways = readdirSync(`${folder}/fd`).filter((fd) => fileOf(`${folder}/fd/${fd}`) === pipe);
    assert.equal(ways.length, 2, 'standard output, and a way of its own');
    const flags = ways.map((fd) => /^flags:\s*(\d+)$/m.exec(readFileSync(`${folder}/fdinfo/${fd}`, 'utf8'))![1]!);
    assert.deepEqual(
      flags.map((octal) => (Number.parseInt(octal, 8) & constants.O_NONBLOCK) !== 0),
      ways.map((fd) => fd !== '1'),
    );
    await gateway.flood();
    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.exit, 0);
  });

  test('a socket that nobody reads, and then one whose reader is gone', async (t) => {
    // What Node gives a child process as a pipe is a socket.
    const gateway = await start(t, 'pipe');
    await gateway.flood();
    const dropped = await gateway.metric(DROPPED);
    assert.ok(dropped > 0, `${dropped} dropped`);
    gateway.child.stdout!.destroy();
    await gateway.flood();
    assert.ok((await gateway.metric(DROPPED)) > dropped);
    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.exit, 0);
  });

  test('a full disk', async (t) => {
    const full = openSync('/dev/full', 'w');
    const gateway = await start(t, full, full);
    closeSync(full);
    await gateway.flood();
    assert.ok((await gateway.metric(DROPPED)) > 0);
    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.exit, 0);
  });

  test('a file: every line is in it, whole', async (t) => {
    const path = join(temporaryFolder(t), 'log');
    const file = openSync(path, 'w');
    const gateway = await start(t, file);
    closeSync(file);
    await gateway.flood(FEW);
    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.exit, 0);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    assert.equal(messages.filter((msg) => msg === 'request').length, FEW);
    assert.equal(messages.at(-1), 'stopped');
  });

  test('a standard error that nobody reads does not keep a failing start from ending', async (t) => {
    const { end, mine } = unreadPipe(t);
    t.after(() => closeSync(mine));
    execFileSync('sh', ['-c', 'head -c 65536 /dev/zero >&3'], { stdio: ['ignore', 'ignore', 'ignore', end] });
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const child = spawn(process.execPath, ['bin/sluice.js', '--backend', 'http://127.0.0.1:9', '--port', `${port}`], {
      cwd: new URL('../../', import.meta.url),
      stdio: ['ignore', 'ignore', end],
    });
    closeSync(end);
    const [code] = await once(child, 'exit');
    assert.equal(code, 1);
  });
});
