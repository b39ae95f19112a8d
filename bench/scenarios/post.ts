/** POST, 1 KiB up and 1 KiB down. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareCosts } from '../compare.ts';
import { CADDY, peerNamed, SLUICE } from '../peers.ts';
import { ratioFinding, type Scenario } from '../scenario.ts';

export const post: Scenario = {
  name: 'post',
  run: async (lab, effort) => {
    const script = join(lab.folder('post'), 'post.lua');
    writeFileSync(script, `wrk.method = "POST"\nwrk.body = string.rep("k", 1024)\n`);
    const contestants = [await lab.require(peerNamed(CADDY)), await lab.require(peerNamed(SLUICE))];
    const [, sluice] = await compareCosts(lab, effort, contestants, { path: '/kib', script });
    for (const contestant of contestants) await lab.leave(contestant);
    return [ratioFinding('POST 1 KiB → 1 KiB: CPU a request', 'Caddy', sluice!.toFirst, 0.5)];
  },
};
