/** Programs that no npm package provides: in CI they must be there, elsewhere their tests are skipped with a reason. */
import { spawnSync } from 'node:child_process';

/** For a test's `skip`: false when every program is there. */
export function missing(packageName: string, ...programs: readonly string[]): string | false {
  const absent = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined);
  if (absent.length === 0 || process.env['CI'] === 'true') return false;
  return `${absent.join(' and ')} not found: install the Debian package ${packageName}`;
}
