/** Limits that several gateways share by Redis: what a request costs, and how exact they are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REDIS_MISSING, RedisProcess } from '../../tools/fleet/redis-process.ts';
import { compareCosts, type Compared } from '../compare.ts';
import type { Contestant, Lab } from '../lab.ts';
import { sluiceWith } from '../peers.ts';
import { median } from '../report.ts';
import { limitFinding, ratioFinding, type Effort, type Finding, type Scenario } from '../scenario.ts';
import { measureExactness, UNREACHABLE } from './fleet-exactness.ts';
import { measureOutages } from './fleet-outage.ts';
import { p99At } from './latency.ts';

const CLIENTS = 100_000;
/** Of the maximum rate: Redis, backends and load share a core, and at half of it that core is busy. */
const LATENCY_SHARE = 1 / 4;
/** A p99 of local limits above this is the machine's, and shows nothing of shared ones. */
const BUSY_MS = 5;

export const fleet: Scenario = {
  name: 'fleet',
  run: async (lab, effort) => {
    if (!lab.hasWrk) {
      console.log('  left out: it takes wrk');
      return [];
    }
    const core = lab.loadCore;
    const redis = await RedisProcess.start(core === undefined ? [] : ['taskset', '-c', `${core}`]);
    if (redis === undefined) {
      console.log(`  left out: ${REDIS_MISSING}`);
      return [];
    }
    try {
      return [
        ...(await measureCosts(lab, effort, redis)),
        ...(await measureExactness(lab, effort, redis)),
        ...(await measureOutages(lab, effort, redis)),
      ];
    } finally {
      await redis.close();
    }
  },
};

async function measureCosts(lab: Lab, effort: Effort, redis: RedisProcess): Promise<Finding[]> {
  const settings = {
    server: { trust_proxy: ['127.0.0.1/32'] },
    rate_limit: { max_clients: 1_000_000, default: UNREACHABLE },
  };
  const contestants = [
    await lab.require(sluiceWith('Sluice, local limits', settings)),
    await lab.require(sluiceWith('Sluice, shared limits', { ...settings, redis: { url: redis.url } })),
  ];
  const findings: Finding[] = [];
  for (const [work, clients, target] of [
    ['one client far below its limit', 1, 1.05],
    ['each request another client', CLIENTS, 1.25],
  ] as const) {
    const script = join(lab.folder('fleet'), `${clients}.lua`);
    writeFileSync(script, clientsScript(clients));
    const [, shared] = (await compareCosts(lab, effort, contestants, { script })) as [Compared, Compared];
    findings.push(ratioFinding(`shared limits, ${work}: CPU`, 'local limits', shared.toFirst, target));
    const commands = await commandsUnder(lab, effort, redis, contestants[1]!, script);
    findings.push(
      clients === 1
        ? limitFinding('shared limits, one client: commands to Redis', commands.perSecond, '/s', 100)
        : limitFinding(
            'shared limits, each request another: commands to Redis',
            commands.perRequest,
            'a request',
            1.1,
            2,
          ),
    );
    if (clients === 1 && lab.hasH2load) findings.push(await compareLatency(lab, effort, contestants, shared));
  }
  for (const contestant of contestants) await lab.leave(contestant);
  return findings;
}

async function commandsUnder(
  lab: Lab,
  effort: Effort,
  redis: RedisProcess,
  shared: Contestant,
  script: string,
): Promise<{ readonly perSecond: number; readonly perRequest: number }> {
  const seconds = effort.isQuick ? 1 : 5;
  const before = await scriptsRun(redis);
  const { requests } = await lab.measure(shared, { seconds, connections: 64, script });
  const count = (await scriptsRun(redis)) - before;
  return { perSecond: count / seconds, perRequest: count / requests };
}

/** Settlements: other commands are a few a second. */
async function scriptsRun(redis: RedisProcess): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.ask('INFO commandstats'))?.[1] ?? 0);
}

async function compareLatency(
  lab: Lab,
  effort: Effort,
  contestants: readonly Contestant[],
  { requestsPerSecond }: Compared,
): Promise<Finding> {
  const rate = Math.round(requestsPerSecond * LATENCY_SHARE);
  const p99s: number[][] = contestants.map(() => []);
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const [at, contestant] of contestants.entries()) {
      p99s[at]!.push(await p99At(lab, contestant, rate, effort.seconds));
    }
  }
  const [local, shared] = p99s.map(median) as [number, number];
  return {
    work: `shared limits, one client: p99 at a quarter of the maximum rate (${rate}/s)`,
    measured: `${shared.toFixed(2)} ms (local limits ${local.toFixed(2)} ms${local > BUSY_MS ? ': a busy machine' : ''})`,
    target: '≤ + 0.2 ms',
    isMet: local <= BUSY_MS && shared <= local + 0.2,
  };
}

/** Strides through all, so that consecutive ones are not neighbours in the table. */
function clientsScript(clients: number): string {
  return `local n = 0
request = function()
  n = (n + 7919) % ${clients}
  local ip = string.format("10.%d.%d.%d", math.floor(n / 65536) % 256, math.floor(n / 256) % 256, n % 256)
  return wrk.format("GET", "/", { ["X-Forwarded-For"] = ip })
end
`;
}
