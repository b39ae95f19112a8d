/** A real pgbouncer in front of a test's server, in transaction mode, with the Debian package's settings otherwise. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

export interface Pgbouncer {
  /** As the server's URL, through the pooler. */
  urlOf(url: string): string;
  stop(): Promise<void>;
}

/** @param url of any database of the server. */
export async function startPgbouncer(url: string): Promise<Pgbouncer> {
  const { username, password, port: serverPort } = new URL(url);
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-pgbouncer-'));
  const config = join(folder, 'pgbouncer.ini');
  await writeFile(
    config,
    `[databases]
* = host=127.0.0.1 port=${serverPort} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
`,
  );
  // It refuses to run as root.
  await chmod(folder, 0o755);
  await chmod(config, 0o644);
  const asUser = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const log = await open(join(folder, 'log'), 'w');
  const process_ = spawn('pgbouncer', [...asUser, config], { stdio: ['ignore', log.fd, log.fd] });
  await once(process_, 'spawn');
  return {
    urlOf: (given) => {
      const pooled = new URL(given);
      pooled.port = String(port);
      return pooled.href;
    },
    stop: async () => {
      const exit = once(process_, 'exit');
      process_.kill('SIGINT');
      await exit;
      await log.close();
      await rm(folder, { recursive: true });
    },
  };
}
