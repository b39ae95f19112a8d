/** What a small GET allocates on the heap of its traffic thread, by the part of the program that does. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WARM_UP_SECONDS } from '../compare.ts';
import type { Lab } from '../lab.ts';
import { everythingOn, type Peer, sluice } from '../peers.ts';
import type { Effort } from '../scenario.ts';
import type { Sampled } from './inside-sluice.ts';

export interface AllocatingPart {
  /** A folder of sources, or a package. */
  readonly name: string;
  readonly bytes: number;
}

export interface Allocations {
  readonly bytesPerRequest: number;
  /** By bytes, descending. */
  readonly parts: readonly AllocatingPart[];
  /** Of the traffic thread, after the load and a full collection. */
  readonly heapMiB: number;
}

type Node = Sampled['profile']['head'];

const CONNECTIONS = 64;
const FILE_TIMEOUT_MS = 20_000;
const inside = new URL('./inside-sluice.ts', import.meta.url).href;
const root = new URL('../../', import.meta.url).href;

export async function measureAllocations(lab: Lab, effort: Effort): Promise<Allocations> {
  const file = join(lab.folder('allocations'), 'sampled.json');
  const peer: Peer = {
    name: 'Sluice, sampled',
    version: '',
    // From the sources: the names of what is built are short ones.
    command: (context) => {
      const [node, , ...words] = sluice(context, everythingOn);
      const main = fileURLToPath(new URL('src/main.ts', root));
      return ['env', `SLUICE_BENCH_ALLOCATIONS=${file}`, node, '--import', inside, main, ...words];
    },
  };
  const contestant = await lab.require(peer);
  const load = { connections: CONNECTIONS, seconds: effort.isQuick ? 2 : WARM_UP_SECONDS };
  await lab.measure(contestant, load);
  process.kill(contestant.running.pid, 'SIGUSR2');
  await untilWritten(`${file}.begun`);
  const { requests } = await lab.measure(contestant, load);
  process.kill(contestant.running.pid, 'SIGUSR2');
  await untilWritten(file);
  await lab.leave(contestant);
  return allocationsOf(JSON.parse(readFileSync(file, 'utf8')) as Sampled, requests);
}

export function allocationsOf({ profile, heapBytes }: Sampled, requests: number): Allocations {
  const sums = new Map<string, number>();
  const add = ({ callFrame, selfSize, children }: Node): void => {
    const name = partOf(callFrame.url, root);
    sums.set(name, (sums.get(name) ?? 0) + selfSize);
    children.forEach(add);
  };
  add(profile.head);
  const parts = [...sums]
    .map(([name, bytes]) => ({ name, bytes: bytes / requests }))
    .filter(({ bytes }) => bytes >= 1)
    .toSorted((one, other) => other.bytes - one.bytes);
  return {
    bytesPerRequest: [...sums.values()].reduce((sum, bytes) => sum + bytes, 0) / requests,
    parts,
    heapMiB: heapBytes / 2 ** 20,
  };
}

/** @param url of a script: a file, or `node:…` for Node's own. */
export function partOf(url: string, folder: string): string {
  const [, packageName] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (packageName !== undefined) return packageName;
  return url.startsWith(folder) ? dirname(url.slice(folder.length)) : 'Node and V8';
}

async function untilWritten(file: string): Promise<void> {
  const deadlineMs = performance.now() + FILE_TIMEOUT_MS;
  while (!existsSync(file)) {
    if (performance.now() > deadlineMs) throw new Error('the gateway wrote no profile');
    await wait(50);
  }
}
