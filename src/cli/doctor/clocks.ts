/** This machine's clock: against others, against files that it dated, and against the time that has passed. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, ok, warning } from './finding.ts';

/** Beyond it, times of gateways and of what they store disagree visibly. */
const CLOCK_MS = 2000;
const SYNCHRONISE = 'timedatectl set-ntp true, or chrony';

/** @param nowMs of this machine */
export function checkClock(other: string, theirMs: number, nowMs = Date.now()): Finding {
  const differenceMs = Math.round(nowMs - theirMs);
  if (Math.abs(differenceMs) <= CLOCK_MS) return ok('clock', `as that of ${other}, within 2 s`);
  const how = `${seconds(differenceMs)} ${differenceMs > 0 ? 'ahead of' : 'behind'} that of ${other}`;
  const why = 'times of certificates, tokens, quotas and logs are wrong on one of the two';
  return warning('clock', how, why, `synchronise both: ${SYNCHRONISE}`);
}

/** Of a program while it runs. @member monotonicMs since it started, by a clock that is never set */
export interface RunningClock {
  /** Milliseconds since the epoch, by the wall clock at that time. */
  readonly startedMs: number;
  readonly monotonicMs: number;
}

/** Whether the wall clock was set while a program ran; none: it was not. @param who `this command` */
export function checkJump(
  who: string,
  { startedMs, monotonicMs }: RunningClock,
  nowMs = Date.now(),
): readonly Finding[] {
  const jumpMs = Math.round(nowMs - startedMs - monotonicMs);
  if (Math.abs(jumpMs) <= CLOCK_MS) return [];
  const how = `set ${jumpMs > 0 ? 'forward' : 'back'} by ${seconds(jumpMs)} while ${who} ran`;
  return [warning('clock', how, 'quotas, tokens and histories before and after it do not fit together', SYNCHRONISE)];
}

/** Files of the data folder that were written later than now: the clock was ahead then, or is behind now. */
export function checkFileTimes(dataDir: string, nowMs = Date.now()): readonly Finding[] {
  const [latest] = timesIn(dataDir).toSorted((a, b) => b.writtenMs - a.writtenMs);
  if (latest === undefined || latest.writtenMs - nowMs <= CLOCK_MS) return [];
  const how = `${latest.path} was written ${seconds(latest.writtenMs - nowMs)} from now`;
  const why = 'the clock was ahead then, or is behind now: what was stored with a later time expires too late';
  return [warning('clock', how, why, SYNCHRONISE)];
}

function timesIn(folder: string): readonly { readonly path: string; readonly writtenMs: number }[] {
  try {
    return readdirSync(folder).map((name) => {
      const path = join(folder, name);
      return { path, writtenMs: statSync(path).mtimeMs };
    });
  } catch {
    // Not there yet, or not for us to see.
    return [];
  }
}

function seconds(ms: number): string {
  return `${Math.abs(ms / 1000).toFixed(1)} s`;
}
