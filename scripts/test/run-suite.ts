/** Runs the files of one suite with `node --test`, and passes its results on as they come. */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { ResultLine } from './result.ts';

export interface SuiteRun {
  /** The executable. */
  readonly node: string;
  /** Node options and files. */
  readonly args: readonly string[];
  /** Once it is aborted, everything that runs is killed. */
  readonly limit: AbortSignal;
  /** Node's own report goes to standard output at once, and so does the tests' output. */
  readonly isVerbose: boolean;
  /** Node's compile cache: each file has a process that loads the same modules. Default: none. */
  readonly compileCache?: string | undefined;
  readonly onLine: (line: ResultLine) => void;
}

export interface SuiteEnd {
  /** Its exit code, the signal that ended it, or `time limit`. */
  readonly exit: string;
  /** Output besides the results: of tests that share one process, and of Node itself. */
  readonly output: string;
}

const readEveryMs = 100;
/** Length of the output tail that is kept, characters. */
const keptOutput = 20_000;

/** Process groups that run now. A test's own processes are in that of their suite. */
const groups = new Set<number>();

export async function runSuite({ node, args, limit, isVerbose, compileCache, onLine }: SuiteRun): Promise<SuiteEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const path = join(folder, 'results');
  const results = openSync(path, 'a+');
  const reporters = [
    ...(isVerbose ? ['--test-reporter=spec', '--test-reporter-destination=stdout'] : []),
    `--test-reporter=${join(import.meta.dirname, 'result-reporter.ts')}`,
    `--test-reporter-destination=${path}`,
  ];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  // A failed test may leave a timer or a socket open, which would stall its suite until the limit.
  const ending = ['--test-force-exit', `--import=${join(import.meta.dirname, 'flush-results.js')}`];
  const child = spawn(node, ['--test', ...ending, ...reporters, ...args], {
    stdio: ['ignore', isVerbose ? 'inherit' : 'pipe', isVerbose ? 'inherit' : 'pipe'],
    env: { ...env, NODE_ENV: 'test', ...(compileCache === undefined ? {} : { NODE_COMPILE_CACHE: compileCache }) },
    detached: true,
  });
  let output = '';
  const keep = (text: string): void => void (output = (output + text).slice(-keptOutput));
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  const { pid } = child;
  if (pid !== undefined) groups.add(pid);
  const end = (): void => void (pid !== undefined && killGroup(pid));
  limit.addEventListener('abort', end, { once: true });
  const read = lineReader(results, onLine);
  const reading = setInterval(read, readEveryMs);
  try {
    const exit = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(String(code ?? signal)));
    });
    return { exit: limit.aborted ? 'time limit' : exit, output };
  } finally {
    limit.removeEventListener('abort', end);
    clearInterval(reading);
    read();
    if (pid !== undefined) groups.delete(pid);
    closeSync(results);
    rmSync(folder, { recursive: true });
  }
}

/** For an interrupted run: the groups are not the terminal's. */
export function killAll(): void {
  for (const pid of groups) killGroup(pid);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Each call passes on the lines added since the last. */
function lineReader(file: number, onLine: (line: ResultLine) => void): () => void {
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(65_536);
  let at = 0;
  let rest = '';
  return () => {
    for (;;) {
      const length = readSync(file, buffer, 0, buffer.length, at);
      if (length === 0) return;
      at += length;
      const lines = (rest + decoder.write(buffer.subarray(0, length))).split('\n');
      rest = lines.pop()!;
      for (const line of lines) onLine(JSON.parse(line) as ResultLine);
    }
  };
}
