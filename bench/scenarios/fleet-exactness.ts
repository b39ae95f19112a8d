/** How exactly gateways that share a limit keep it. */
import { REFUSED, takeTokens } from '../../src/limits/core/token-bucket.ts';
import { gatewayName } from '../../tools/fleet/fleet-lab.ts';
import type { RedisProcess } from '../../tools/fleet/redis-process.ts';
import { type FleetAnswer, type FleetLoad, loadFleet } from '../fleet-load.ts';
import { ask, type Contestant, type Lab } from '../lab.ts';
import { type Peer, sluiceWith } from '../peers.ts';
import { type Effort, type Finding, limitFinding } from '../scenario.ts';

const GATEWAYS = 4;

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
/** Of the capacity, and at least one token: how far the fleet may be above its limit in any window. */
const MOST_ABOVE = 0.04;
/** A load that no limit refuses. */
const BELOW = { rate: 100, offered: 0.8, seconds: 10 };
export const UNREACHABLE = { capacity: 1e9, rate_per_second: 1e6 };

/** Each rate has a route of its own with a limit for each client. */
export async function measureExactness(lab: Lab, effort: Effort, redis: RedisProcess): Promise<Finding[]> {
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
    const measured = await Promise.all(loads);
    findings.push(exactnessFinding(limit, measured), excessFinding(limit, measured));
  }
  findings.push(await measureBelow(gateways, ports, effort));
  for (const contestant of gateways) await lab.leave(contestant);
  return findings;
}

function exactnessFinding(limit: Limit, loads: readonly FleetLoad[]): Finding {
  const ratios = loads.map(({ sent, admitted, answers }) => {
    const allowed = allowedOf(limit, answers);
    // A load below the limit shows nothing.
    return allowed === sent ? undefined : admitted / allowed;
  });
  return {
    work: `${nameOf(limit)}: admitted / allowed, even, 90/10, bursty`,
    measured: ratios.map((ratio) => ratio?.toFixed(3) ?? 'the load was below the limit').join(', '),
    target: '0.99 to 1.01',
    isMet: ratios.every((ratio) => ratio !== undefined && ratio >= 0.99 && ratio <= 1.01),
  };
}

function nameOf({ rate, cost }: Limit): string {
  const costs = cost === 1 ? '' : `, each request costs ${cost}`;
  return `${GATEWAYS} gateways, one limit of ${rate.toLocaleString('en')}/s${costs}`;
}

function excessFinding(limit: Limit, loads: readonly FleetLoad[]): Finding {
  const most = Math.max(1, MOST_ABOVE * limit.rate);
  const excesses = loads.map(({ answers }) => excessOf(limit, answers));
  return {
    work: `${nameOf(limit)}: most tokens above it in any window`,
    measured: excesses.map((excess) => excess.toFixed(1)).join(', '),
    target: `≤ ${most.toLocaleString('en')}`,
    isMet: excesses.every((excess) => excess <= most),
  };
}

/** The most tokens that were taken in any window beyond what its length refills and a full bucket has. */
function excessOf({ rate, cost }: Limit, answers: readonly FleetAnswer[]): number {
  const admitted = answers.filter(({ isAdmitted }) => isAdmitted).sort((left, right) => left.sentMs - right.sentMs);
  let takenTokens = 0;
  let beforeMs = 0;
  let excess = 0;
  for (const { sentMs } of admitted) {
    takenTokens = Math.max(0, takenTokens - ((sentMs - beforeMs) * rate) / 1000) + cost;
    beforeMs = sentMs;
    excess = Math.max(excess, takenTokens - rate);
  }
  return excess;
}

/** How many requests of a client below its limit wait for Redis. */
async function measureBelow(
  gateways: readonly Contestant[],
  ports: readonly number[],
  effort: Effort,
): Promise<Finding> {
  const { rate, offered, seconds } = BELOW;
  const before = await askedBy(gateways);
  const { sent } = await loadFleet({
    ports,
    shares: [1, 1, 1, 1],
    path: `/${rate}`,
    client: '10.0.1.1',
    ratePerSecond: rate * offered,
    seconds: effort.isQuick ? 2 : seconds,
  });
  const share = ((await askedBy(gateways)) - before) / sent;
  return limitFinding(
    `${GATEWAYS} gateways, ${offered} of a limit of ${rate}/s: requests that wait`,
    share * 100,
    '%',
    1,
    2,
  );
}

/** Decisions that waited for Redis, of all gateways. */
async function askedBy(gateways: readonly Contestant[]): Promise<number> {
  let asked = 0;
  for (const { adminPort } of gateways) {
    const { body } = await ask(`http://127.0.0.1:${adminPort}/metrics`);
    for (const [, value] of body.matchAll(/^sluice_shared_limit_decisions_total\{path="asked"\} (\d+)$/gm))
      asked += Number(value);
  }
  return asked;
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
