/** When a process started: with its id, a name for it that is not used twice. */
import { readFile } from 'node:fs/promises';

/**
 * `<boot id>/<clock ticks since boot>`: field 22 of /proc/<pid>/stat, proc(5). Null where there is no /proc, or no
 * such process any more (one that has ended and was not waited for is none).
 */
export async function processStart(pid: number): Promise<string | null> {
  try {
    const [boot, stat] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // The second field is the command's name in parentheses and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : `${boot.trim()}/${fields[19]}`;
  } catch {
    return null;
  }
}
