/** Checks of the machine: Node, descriptors, memory, disk. */
import { readFileSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { autoConnections } from '../../config/open-files.ts';
import { failed, type Finding, ok, warning } from './finding.ts';

const MIB = 2 ** 20;

export interface Machine {
  /** `24.21.0`. */
  readonly node: string;
  /** Infinity: unknown or none. */
  readonly openFiles: number;
  /** Of the control group; Infinity: none. */
  readonly memoryLimit: number;
  /** Of the machine. */
  readonly memory: number;
  /** Bytes for us on the disk of the data folder; null: unknown. */
  readonly freeDisk: number | null;
}

export interface Needs {
  readonly threads: number;
  /** 0: no limit. */
  readonly maxConnections: number;
  readonly maxClients: number;
}

export function readMachine(dataDir: string, openFiles: number): Machine {
  const { node } = process.versions;
  return { node, openFiles, memoryLimit: memoryLimit(), memory: totalmem(), freeDisk: freeDisk(dataDir) };
}

/** Control groups version 2, else 1; both write a huge number or a word for none. */
function memoryLimit(): number {
  for (const file of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    try {
      const bytes = Number(readFileSync(file, 'utf8'));
      return Number.isFinite(bytes) && bytes < totalmem() ? bytes : Infinity;
    } catch {
      // The other version, or no Linux.
    }
  }
  return Infinity;
}

/** The folder may not exist yet: then of the nearest that does. */
function freeDisk(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return dirname(folder) === folder ? null : freeDisk(dirname(folder));
  }
}

/** At rest with the embedded database, and for each further thread; the client table beside it. */
const BASE_BYTES = 150 * MIB;
const THREAD_BYTES = 40 * MIB;
const CLIENT_BYTES = 60;
const LITTLE_DISK = 256 * MIB;

export function checkMachine(machine: Machine, needs: Needs): readonly Finding[] {
  return [checkNode(machine), checkOpenFiles(machine, needs), checkMemory(machine, needs), checkDisk(machine)];
}

function checkNode({ node }: Machine): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  if ((major === 24 && minor >= 5) || major === 26) return ok('Node', node);
  const fix = 'run it with Node 24 (24.5 or later) or 26';
  return failed('Node', `${node} is not supported`, 'Sluice is tested with Node 24 and 26 only', fix);
}

function checkOpenFiles({ openFiles }: Machine, { maxConnections }: Needs): Finding {
  if (openFiles === Infinity) return ok('open files', 'no limit is known');
  const allowed = autoConnections(openFiles);
  const found = `${openFiles}, enough for ${allowed} client connections`;
  if (maxConnections === 0 || maxConnections > allowed) {
    const wanted = maxConnections === 0 ? 'no limit' : String(maxConnections);
    const why = 'clients alone could use up all descriptors, and none would be left for backends';
    const fix = `raise the limit (ulimit -n, LimitNOFILE=), or lower server.max_connections`;
    return warning('open files', `${found}; server.max_connections is ${wanted}`, why, fix);
  }
  if (allowed >= 1000) return ok('open files', found);
  const why = 'further clients are turned away';
  return warning('open files', found, why, 'raise the limit: ulimit -n 65536, or LimitNOFILE=65536 in systemd');
}

function checkMemory({ memoryLimit: limit, memory }: Machine, { threads, maxClients }: Needs): Finding {
  const has = Math.min(limit, memory);
  const needed = BASE_BYTES + Math.max(0, threads - 2) * THREAD_BYTES + maxClients * CLIENT_BYTES;
  const found = `${mib(has)}${limit < memory ? ', by the limit of the container' : ''}; about ${mib(needed)} at rest`;
  if (has >= 2 * needed) return ok('memory', found);
  const fix = 'raise the limit, or lower server.threads or rate_limit.max_clients';
  if (has >= needed) return warning('memory', found, 'load needs more, and the system may then kill the gateway', fix);
  return failed('memory', found, 'the system kills the gateway', fix);
}

function checkDisk({ freeDisk: free }: Machine): Finding {
  if (free === null) return ok('disk', 'free space is unknown');
  if (free >= LITTLE_DISK) return ok('disk', `${mib(free)} free for the data folder`);
  const why = 'on a full disk, changes by the API are refused and levels of limits are lost in a restart';
  return warning('disk', `${mib(free)} free for the data folder`, why, 'free some, or move database.data_dir');
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
