/** Limits that several gateways share by Redis: what a request costs, and how exact they are. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REFUSED, takeTokens } from '../../src/limits/core/token-bucket.ts';
import { gatewayName } from '../../tools/fleet/fleet-lab.ts';
import { REDIS_MISSING, RedisProcess } from '../../tools/fleet/redis-process.ts';
import { compareCosts, type Compared } from '../compare.ts';
import { type FleetAnswer, type FleetLoad, loadFleet } from '../fleet-load.ts';
import type { Contestant, Lab } from '../lab.ts';
import { type Peer, sluiceWith } from '../peers.ts';
import { median } from '../report.ts';
import { limitFinding, ratioFinding, type Effort, type Finding, type Scenario } from '../scenario.ts';
import { measureOutages } from './fleet-outage.ts';
import { p99At } from './latency.ts';

const GATEWAYS = 4;
const CLIENTS = 100_000;
interface Limit {
  /** Tokens a second of one client, of the whole fleet. */
  readonly rate: number;
  /** Of a request, tokens. */
  readonly cost: number;
}

/** Two cores do not send and refuse 15,000 requests a second, hence costs. */
const LIMITS: readonly Limit[] = [
  { rate: 1, cost: 1 },
  { rate: 5, cost: 1 },
  { rate: 100, cost: 1 },
  { rate: 10_000, cost: 20 },
  { rate: 100_000, cost: 100 },
];
/** Offered to allowed. */
const OFFERED = 1.5;
/** Requests a second, at least: with few, a token of a low limit waits for the next one, and how long is chance. */
const LEAST_OFFERED = 100;
/** Shares of the gateways: even, and one with nearly all; and all in the first half of each second. */
const PATTERNS = [
  { shares: [1, 1, 1, 1] },
  { shares: [27, 1, 1, 1] },
  { shares: [1, 1, 1, 1], isBursty: true },
] as const;
const EXACTNESS_SECONDS = 30;
/** Of the maximum rate: Redis, backends and load share a core, and at half of it that core is busy. */
const LATENCY_SHARE = 1 / 4;
/** A p99 of local limits above this is the machine's, and shows nothing of shared ones. */
const BUSY_MS = 5;
const UNREACHABLE = { capacity: 1e9, rate_per_second: 1e6 };

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

/** Each rate has a route of its own with a limit for each client. */
async function measureExactness(lab: Lab, effort: Effort, redis: RedisProcess): Promise<Finding[]> {
  const routes = LIMITS.map(({ rate, cost }) => ({
    path_prefix: `/${rate}`,
    pool: 'default',
    cost,
    rate_limit: { client: { capacity: rate, rate_per_second: rate } },
  }));
  const gateway = (index: number): Peer =>
    sluiceWith(`Sluice, ${gatewayName(index)}`, {
      // Of a limit of one a second, some connections get a request every 20 s.
      server: { trust_proxy: ['127.0.0.1/32'], head_timeout: '60s' },
      redis: { url: redis.url },
      fleet: { name: gatewayName(index) },
      rate_limit: { default: UNREACHABLE, shared: { expected_gateways: GATEWAYS } },
      routes: [...routes, { path_prefix: '/', pool: 'default' }],
    });
  const gateways: Contestant[] = [];
  for (let index = 0; index < GATEWAYS; index += 1) gateways.push(await lab.require(gateway(index), 'any'));
  const ports = gateways.map(({ url }) => Number(new URL(url).port));
  const seconds = effort.isQuick ? 5 : EXACTNESS_SECONDS;
  const findings: Finding[] = [];
  for (const limit of LIMITS) {
    const { rate, cost } = limit;
    const load = { ports, path: `/${rate}`, ratePerSecond: Math.max((rate / cost) * OFFERED, LEAST_OFFERED), seconds };
    const loads = PATTERNS.map((pattern, at) => loadFleet({ ...load, ...pattern, client: `10.0.0.${at + 1}` }));
    findings.push(exactnessFinding(limit, await Promise.all(loads)));
  }
  for (const contestant of gateways) await lab.leave(contestant);
  return findings;
}

function exactnessFinding(limit: Limit, loads: readonly FleetLoad[]): Finding {
  const { rate, cost } = limit;
  const ratios = loads.map(({ sent, admitted, answers }) => {
    const allowed = allowedOf(limit, answers);
    // A load below the limit shows nothing.
    return allowed === sent ? undefined : admitted / allowed;
  });
  const costs = cost === 1 ? '' : `, each request costs ${cost}`;
  return {
    work: `${GATEWAYS} gateways, one limit of ${rate.toLocaleString('en')}/s${costs}: admitted / allowed, even, 90/10, bursty`,
    measured: ratios.map((ratio) => ratio?.toFixed(3) ?? 'the load was below the limit').join(', '),
    target: '0.99 to 1.01',
    isMet: ratios.every((ratio) => ratio !== undefined && ratio >= 0.99 && ratio <= 1.01),
  };
}

/** What one bucket admits of these requests: one of a few tokens is often full, and loses what would refill it. */
function allowedOf({ rate, cost }: Limit, answers: readonly FleetAnswer[]): number {
  let tatMs = 0;
  let allowed = 0;
  for (const sentMs of answers.map((answer) => answer.sentMs).sort((left, right) => left - right)) {
    const next = takeTokens(tatMs, cost, rate, rate, sentMs);
    if (next === REFUSED) continue;
    tatMs = next;
    allowed += 1;
  }
  return allowed;
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
