/** A process whose configuration file is on a read-only mount, as in a container. */
import { spawnSync } from 'node:child_process';

/** In a mount namespace of its own: each YAML file among the arguments is mounted over itself. */
const SCRIPT = `set -e
mount --make-rprivate /
for file do
  case $file in *.yaml) mount --bind "$file" "$file"; mount -o remount,bind,ro "$file" ;; esac
done
exec "$@"`;

/** Words in front of its command. */
export const withReadOnlyFile: readonly string[] = ['unshare', '-m', 'sh', '-c', SCRIPT, 'sh'];

/** For a test's `skip`: false where a process can mount. */
export function cannotMount(): string | false {
  const [program, ...words] = withReadOnlyFile;
  return spawnSync(program!, [...words, 'true']).status === 0 ? false : 'needs root and mount namespaces';
}
