import { execFileSync } from 'node:child_process';

/** What differs from where this branch left main, committed or not. */
export function changedFiles(): readonly string[] {
  const base = git('merge-base', 'HEAD', 'main')[0]!;
  return [...git('diff', '--name-only', '--no-renames', base), ...git('ls-files', '--others', '--exclude-standard')];
}

/** All that git knows, and what is new. */
export function projectFiles(): ReadonlySet<string> {
  return new Set(git('ls-files', '--cached', '--others', '--exclude-standard'));
}

function git(...words: readonly string[]): string[] {
  return execFileSync('git', words, { encoding: 'utf8', maxBuffer: 64 << 20 })
    .split('\n')
    .filter((line) => line !== '');
}
