/** Processes that tools start, and end by their id. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

export async function kill(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Asks it to end, and kills it if it has not within `timeoutMs`. False: it had to be killed. */
export async function end(child: ChildProcess, timeoutMs: number): Promise<boolean> {
  if (hasEnded(child)) return true;
  const exit = once(child, 'exit');
  let isKilled = false;
  const timer = setTimeout(() => {
    isKilled = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  child.kill('SIGTERM');
  await exit;
  clearTimeout(timer);
  return !isKilled;
}
