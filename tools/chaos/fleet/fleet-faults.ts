/** What goes wrong in a fleet, and how much of a limit may be admitted meanwhile. */
import { setTimeout as wait } from 'node:timers/promises';
import type { FleetChaosLab } from './fleet-chaos-lab.ts';

export interface FleetFault {
  readonly name: string;
  readonly expects: string;
  /** Requests that may break with the connection to a gateway that ends. Default 0. */
  readonly maxBroken?: number;
  /** Of the client that exceeds its limit: admitted to allowed, from the fault until all is back. */
  bounds(gateways: number): readonly [number, number];
  /** Applies it for `holdMs`, then lifts it. Returns what was wrong meanwhile. */
  run(lab: FleetChaosLab, holdMs: number): Promise<readonly string[]>;
}

/**
 * Over a few seconds on a busy machine. More: a gateway that is new has not heard of the limit. Less: leases are lost,
 * and a gateway with few of the requests does not use its share.
 */
const [LEAST, MOST] = [0.85, 1.15];
const ABOUT_THE_LIMIT = (): readonly [number, number] => [LEAST, MOST];

/** Connections of the load to one of three gateways, when it is killed. */
const MAX_BROKEN = 20;

export const FLEET_FAULTS: readonly FleetFault[] = [
  {
    name: 'redis-hangs',
    expects: 'every gateway admits its share; what was admitted counts afterwards',
    bounds: ABOUT_THE_LIMIT,
    run: async ({ fleet }, holdMs) => {
      fleet.redis.pause();
      try {
        const noticed = await becameLost(fleet);
        await wait(holdMs);
        return noticed;
      } finally {
        fleet.redis.resume();
      }
    },
  },
  {
    name: 'redis-killed',
    expects: 'every gateway admits its share; Redis comes back empty, and the limit is still used up',
    bounds: ABOUT_THE_LIMIT,
    run: async ({ fleet }, holdMs) => {
      await fleet.redis.kill();
      const noticed = await becameLost(fleet);
      await wait(holdMs);
      await fleet.redis.start();
      return noticed;
    },
  },
  {
    name: 'gateway-cut-off',
    expects: 'the first gateway alone loses Redis: it admits its share on top of the limit, and pays it back',
    bounds: (gateways) => [LEAST, MOST + 1 / gateways],
    run: async ({ fleet, networks }, holdMs) => {
      networks[0]!.silence();
      try {
        const noticed = await becameLost(fleet, [0]);
        await wait(holdMs);
        const others = [...fleet.gateways.keys()].slice(1);
        const modes = await Promise.all(others.map(async (index) => (await fleet.sharing(index)).mode));
        return [...noticed, ...(modes.includes('lost') ? ['a gateway that reaches Redis lost it, too'] : [])];
      } finally {
        networks[0]!.restore();
      }
    },
  },
  {
    name: 'gateway-killed',
    expects: 'only requests on its connections break; the others admit the whole limit',
    maxBroken: MAX_BROKEN,
    bounds: ABOUT_THE_LIMIT,
    run: async ({ fleet }, holdMs) => {
      await fleet.gateways[0]!.kill();
      await wait(holdMs);
      await fleet.restart(0);
      return [];
    },
  },
  {
    name: 'rolling-restart',
    expects: 'no answer is an error while one gateway after the other stops and starts',
    bounds: ABOUT_THE_LIMIT,
    run: async ({ fleet, restarts }) => {
      const wrong: string[] = [];
      for (const index of [...fleet.gateways.keys()].slice(0, restarts)) {
        if (!(await fleet.gateways[index]!.stop())) wrong.push(`gateway ${index + 1} did not stop by itself`);
        await fleet.restart(index);
      }
      return wrong;
    },
  },
];

async function becameLost(fleet: FleetChaosLab['fleet'], indexes?: readonly number[]): Promise<readonly string[]> {
  return (await fleet.become('lost', indexes)) ? [] : ['the loss of Redis was not noticed'];
}
