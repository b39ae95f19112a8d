/** The gateway as a process of its own, as users run it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The runner's, or else that of all tests: not the user's. */
const compileCache = process.env['NODE_COMPILE_CACHE'] ?? `${root}node_modules/.cache/sluice-tests/compiled`;

export interface SluiceProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Everything it printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves with the match when standard output matches. Rejects if the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>;
}

export interface RunningGateway extends SluiceProcess {
  readonly trafficUrl: string;
  readonly adminUrl: string;
}

export interface HowToRun {
  /** Its limit of open files. Default: ours. */
  readonly openFiles?: number;
  /** Words in front of the command, such as to enter a namespace. Default: none. */
  readonly inside?: readonly string[];
  /** Which runs it. Default: ours. */
  readonly node?: string;
}

/** Killed after the test, if it has not ended by then. */
export function spawnSluice(
  t: Pick<TestContext, 'after'>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  { openFiles, inside = [], node = process.execPath }: HowToRun = {},
): SluiceProcess {
  const limit = openFiles === undefined ? '' : `ulimit -n ${openFiles}; `;
  const [program, ...words] = [...inside, 'sh', '-c', `${limit}exec "$0" "$@"`, node, ...args];
  const child = spawn(program!, words, {
    cwd: root,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache, ...env },
  });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // After 'exit' there may still be output to come.
  const exit = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exit;
  });
  return {
    child,
    pid: child.pid!,
    stdout: () => stdout,
    stderr: () => stderr,
    exit,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(stdout);
          if (found === null) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
        void exit.then((code) => reject(new Error(`ended with ${code} before ${pattern}:\n${stdout}\n${stderr}`)));
      }),
  };
}

export interface RunOptions extends HowToRun {
  /** The file. */
  readonly yaml: string;
  /** Its name. Default: `sluice.yaml`. */
  readonly fileName?: string;
  /** More files in its folder, by name. */
  readonly beside?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: an empty one of its own. */
  readonly dataDir?: string;
  /** Default: `bin/sluice.js`, which runs the build unless a source is newer, else the sources. */
  readonly program?: string;
}

/** `sluice` on a file of its own, ports 0, two threads. */
export function spawnGateway(
  t: Pick<TestContext, 'after'>,
  options: RunOptions,
): SluiceProcess & { readonly file: string } {
  const folder = temporaryFolder(t);
  const { fileName = 'sluice.yaml', beside = {} } = options;
  const file = join(folder, fileName);
  for (const [name, text] of Object.entries({ ...beside, [fileName]: options.yaml })) {
    writeFileSync(join(folder, name), text);
  }
  const { args = [], env = {}, dataDir = join(folder, 'data'), program = 'bin/sluice.js' } = options;
  const flags = ['--host', '127.0.0.1', '--port', '0', '--admin-port', '0', '--threads', '2', '--data-dir', dataDir];
  return { ...spawnSluice(t, [program, '--config', file, ...flags, ...args], env, options), file };
}

/** The same, resolved when it runs. */
export async function runGatewayProcess(
  t: Pick<TestContext, 'after'>,
  options: RunOptions,
): Promise<RunningGateway & { readonly file: string }> {
  const sluice = spawnGateway(t, options);
  const [line] = await sluice.printed(/^.*"sluice runs".*$/m);
  const { gateway, admin } = JSON.parse(line) as { gateway: string; admin: string };
  return { ...sluice, trafficUrl: gateway, adminUrl: admin };
}

export function temporaryFolder(t: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-process-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
