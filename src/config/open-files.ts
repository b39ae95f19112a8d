/** How many client connections the process's limit of open files (sockets included) allows. */
import { readFileSync } from 'node:fs';

/** Reserved for the admin port, the database, log and configuration, and for backends that are slow to close. */
const RESERVED_FILES = 128;

/** The highest descriptor that a client's connection may have: the reserve is above. A small limit keeps a quarter. */
export function maxClientDescriptor(openFiles: number): number {
  return openFiles - Math.min(RESERVED_FILES, Math.floor(openFiles / 4)) - 1;
}

/** For a connection to a backend: half of the reserve is for neither backends nor clients. */
export function maxBackendDescriptor(openFiles: number): number {
  if (openFiles === Infinity) return Infinity;
  return openFiles - Math.floor((openFiles - maxClientDescriptor(openFiles)) / 2) - 1;
}

/** For a connection to the admin port: a few are left for probes, the database, log and configuration. */
export function maxAdminDescriptor(openFiles: number): number {
  if (openFiles === Infinity) return Infinity;
  return openFiles - Math.floor((openFiles - maxClientDescriptor(openFiles)) / 8) - 1;
}

/** Each client connection also needs one to a backend. */
const FILES_PER_CONNECTION = 2;

/**
 * Current limit of this process; Infinity: none, or the platform does not report it. Node has raised the soft limit to
 * the hard one.
 */
export function openFileLimit(): number {
  try {
    const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}

/** The meaning of `server.max_connections: auto`. 0: no limit. @param openFiles of the process */
export function autoConnections(openFiles: number): number {
  if (openFiles === Infinity) return 0;
  return Math.min(MOST, Math.max(1, Math.floor((openFiles - RESERVED_FILES) / FILES_PER_CONNECTION)));
}

/** As the key allows. */
const MOST = 10_000_000;
