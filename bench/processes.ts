/** Programs under measurement: started on a core of their own, their CPU time and memory read, ended by id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

export interface Running {
  readonly name: string;
  readonly pid: number;
  /** Its output, for when it fails. */
  output(): string;
  readonly exited: Promise<void>;
  hasExited(): boolean;
}

/** Clock ticks of /proc per second: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const BYTES_PER_MIB = 2 ** 20;
/** Then it is killed, ms. */
const STOP_TIMEOUT_MS = 5000;

/** It has started once it uses no more than this share of a core for this long. */
const QUIET_MS = 500;
const MAX_QUIET_SHARE = 0.3;
const SETTLING_TIMEOUT_MS = 20_000;

/** @param core undefined: any */
export function start(
  name: string,
  [command, ...words]: readonly [string, ...string[]],
  core: number | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Running {
  // taskset becomes the program: the process id stays.
  const child: ChildProcess =
    core === undefined
      ? spawn(command, words, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn('taskset', ['-c', String(core), command, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let hasExited = false;
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-20_000)));
  }
  const exited = new Promise<void>((resolve) => {
    const over = (): void => {
      hasExited = true;
      resolve();
    };
    child.once('error', (error) => {
      output += error.message;
      over();
    });
    child.once('exit', over);
  });
  return { name, pid: child.pid ?? 0, output: () => output, exited, hasExited: () => hasExited };
}

export async function end(running: Running): Promise<void> {
  if (running.hasExited() || running.pid === 0) return;
  process.kill(running.pid, 'SIGTERM');
  const timeout = new AbortController();
  const late = wait(STOP_TIMEOUT_MS, true, { signal: timeout.signal }).catch(() => false);
  const isLate = await Promise.race([running.exited.then(() => false), late]);
  timeout.abort();
  if (!isLate) return;
  for (const pid of tree(running.pid).reverse()) process.kill(pid, 'SIGKILL');
  await running.exited;
}

/** User and system time of the process and its children so far, µs. */
export function cpuMicros(pid: number): number {
  const ticks = tree(pid).map((each) => {
    const fields = statFields(each);
    return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return (sum(ticks) / TICKS_PER_SECOND) * 1e6;
}

/** Resident memory of the process and its children, MiB. Shared pages count for each. */
export function residentMiB(pid: number): number {
  const pages = tree(pid).map((each) => Number(statFields(each)[21] ?? 0));
  return (sum(pages) * 4096) / BYTES_PER_MIB;
}

/** Peak resident memory of the process, MiB; not of its children. */
export function peakResidentMiB(pid: number): number {
  const [, kib = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return (Number(kib) * 1024) / BYTES_PER_MIB;
}

/** It answers before everything has started (a database, say), which would distort the next measurement. */
export async function settled(pid: number): Promise<void> {
  const deadline = Date.now() + SETTLING_TIMEOUT_MS;
  for (let isBusy = true; isBusy && Date.now() < deadline;) {
    const before = cpuMicros(pid);
    await wait(QUIET_MS);
    isBusy = cpuMicros(pid) - before > QUIET_MS * 1000 * MAX_QUIET_SHARE;
  }
}

/** The process, its children, theirs, … */
function tree(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statFields(Number(name))[1]));
  }
  const found = [pid];
  for (let at = 0; at < found.length; at += 1) {
    for (const [child, parent] of parents) if (parent === found[at]) found.push(child);
  }
  return found;
}

/** Fields of /proc/PID/stat after the name in parentheses: state, ppid, … Empty if the process has gone. */
function statFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
