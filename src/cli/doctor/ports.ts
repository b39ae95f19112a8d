/** Whether the gateway could listen, and who does if it could not. */
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { failed, type Finding, ok } from './finding.ts';

export interface WantedPort {
  /** The key: `server.port`. */
  readonly key: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export async function checkPort({ key, host, port }: WantedPort): Promise<Finding> {
  if (port === 0) return ok(key, 'any free port');
  const server = createServer().listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
    server.close();
    return ok(key, `${host}:${port} is free`);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES') {
      const why = 'ports below 1024 need a privilege';
      return failed(
        key,
        `not allowed to listen on ${host}:${port}`,
        why,
        `AmbientCapabilities=CAP_NET_BIND_SERVICE, or another ${key}`,
      );
    }
    if (code !== 'EADDRINUSE')
      return failed(
        key,
        `${host}:${port}: ${message}`,
        'the gateway cannot start',
        `choose another address with ${key.replace('port', 'host')}`,
      );
    const owner = ownerOf(port);
    if (owner !== null && /(^|[/\0])(sluice(\.js)?|main\.ts)(\0|$)/.test(owner.command))
      return ok(key, `${host}:${port} is in use by a running gateway (process ${owner.pid})`);
    const who = owner === null ? 'another program, of another user' : `process ${owner.pid} (${shown(owner.command)})`;
    return failed(
      key,
      `${host}:${port} is in use by ${who}`,
      'the gateway cannot start',
      `stop it, or choose another ${key}`,
    );
  }
}

interface Owner {
  readonly pid: number;
  /** Words with zero bytes between them. */
  readonly command: string;
}

/** Null: it is not known, as of other users' processes, or without /proc. */
function ownerOf(port: number): Owner | null {
  try {
    const links = new Set(listenersOn(port).map((inode) => `socket:[${inode}]`));
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (socketsOf(pid).some((link) => links.has(link)))
        return { pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') };
    }
  } catch {
    // No Linux, or the process has just ended.
  }
  return null;
}

/** Inodes of the sockets, proc(5): local address, state 0A (listening). */
function listenersOn(port: number): readonly string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hex}`))
      .map((fields) => fields[9]!),
  );
}

function socketsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function shown(command: string): string {
  return command.replaceAll('\0', ' ').trim().slice(0, 60);
}
