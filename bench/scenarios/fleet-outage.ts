/** Gateways that share a limit lose Redis and get it back: how soon they notice, and what they admit and hold up meanwhile. */
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../../tools/chaos/until.ts';
import { gatewayName } from '../../tools/fleet/fleet-lab.ts';
import type { RedisProcess } from '../../tools/fleet/redis-process.ts';
import { loadFleet, type FleetAnswer } from '../fleet-load.ts';
import { ask, type Contestant, type Lab } from '../lab.ts';
import { sluiceWith } from '../peers.ts';
import { limitFinding, type Effort, type Finding } from '../scenario.ts';

const GATEWAYS = 4;
const RATE = 100;
const OFFERED = 1.5;
/** The burst is used up by then. */
const BEFORE_MS = 5000;
const OUTAGE_MS = 10_000;
const AFTER_MS = 3000;
/** Then all have noticed, and admit their shares. */
const SETTLED_MS = 500;
const CHANGE_TIMEOUT_MS = 20_000;

interface Outage {
  readonly name: string;
  begin(redis: RedisProcess): Promise<void>;
  /** Until Redis answers. */
  end(redis: RedisProcess): Promise<void>;
}

interface Sharing {
  readonly mode: string;
  readonly since: string | null;
}

const OUTAGES: readonly Outage[] = [
  {
    name: 'hangs',
    begin: async (redis) => redis.pause(),
    end: async (redis) => redis.resume(),
  },
  {
    name: 'is killed, and restarts empty',
    begin: (redis) => redis.kill(),
    end: (redis) => redis.start(),
  },
];

export async function measureOutages(lab: Lab, effort: Effort, redis: RedisProcess): Promise<Finding[]> {
  if (effort.isQuick) return [];
  const gateways: Contestant[] = [];
  for (let index = 0; index < GATEWAYS; index += 1) {
    const settings = {
      server: { trust_proxy: ['127.0.0.1/32'] },
      redis: { url: redis.url },
      fleet: { name: gatewayName(index) },
      rate_limit: { default: { capacity: RATE, rate_per_second: RATE }, shared: { expected_gateways: GATEWAYS } },
    };
    gateways.push(await lab.require(sluiceWith(gatewayName(index), settings), 'any'));
  }
  const findings: Finding[] = [];
  for (const [at, outage] of OUTAGES.entries()) {
    findings.push(...(await measureOutage(gateways, redis, outage, `10.1.0.${at + 1}`)));
  }
  for (const gateway of gateways) await lab.leave(gateway);
  return findings;
}

async function measureOutage(
  gateways: readonly Contestant[],
  redis: RedisProcess,
  { name, begin, end }: Outage,
  client: string,
): Promise<readonly Finding[]> {
  const loading = loadFleet({
    ports: gateways.map(({ url }) => Number(new URL(url).port)),
    shares: gateways.map(() => 1),
    path: '/',
    client,
    ratePerSecond: RATE * OFFERED,
    seconds: (BEFORE_MS + OUTAGE_MS + AFTER_MS) / 1000,
  });
  await wait(BEFORE_MS);
  const [beganMs, beganAt] = [performance.now(), Date.now()];
  await begin(redis);
  await wait(OUTAGE_MS);
  const lostAt = await lastChange(gateways, 'lost');
  const endedMs = performance.now();
  await end(redis);
  const answeredAt = Date.now();
  const { answers } = await loading;
  const backAt = await lastChange(gateways, 'shared');
  const during = admittedBetween(answers, beganMs + SETTLED_MS, endedMs);
  const allowed = (RATE * (endedMs - beganMs - SETTLED_MS)) / 1000;
  const noticedMs = lostAt - beganAt;
  const ratio = during / allowed;
  const work = `${GATEWAYS} gateways, ${RATE}/s, Redis ${name}`;
  return [
    limitFinding(`${work}: all have noticed`, noticedMs, 'ms', 150),
    {
      work: `${work}: admitted / allowed meanwhile`,
      measured: ratio.toFixed(3),
      target: '0.97 to 1.03',
      isMet: ratio >= 0.97 && ratio <= 1.03,
    },
    // Later nothing waits for Redis, and what takes longer is the machine's.
    limitFinding(`${work}: the longest answer until then`, longest(answers, beganMs, beganMs + noticedMs), 'ms', 15, 1),
    limitFinding(`${work}: all share again, after it answers`, backAt - answeredAt, 'ms', 1000),
  ];
}

function admittedBetween(answers: readonly FleetAnswer[], fromMs: number, toMs: number): number {
  return answers.filter(({ sentMs, isAdmitted }) => isAdmitted && sentMs >= fromMs && sentMs < toMs).length;
}

/** Of the answers to what was sent in this time, ms. */
function longest(answers: readonly FleetAnswer[], fromMs: number, toMs: number): number {
  const sent = answers.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs);
  return Math.max(0, ...sent.map(({ tookMs }) => tookMs));
}

/** When the last of them changed into this mode, ms since the epoch; waits for that. */
async function lastChange(gateways: readonly Contestant[], mode: string): Promise<number> {
  let last = 0;
  const haveChanged = async (): Promise<boolean> => {
    const all = await Promise.all(gateways.map(sharingOf));
    last = Math.max(...all.map(({ since }) => (since === null ? 0 : Date.parse(since))));
    return all.every((sharing) => sharing.mode === mode);
  };
  if (!(await until(haveChanged, CHANGE_TIMEOUT_MS))) throw new Error(`not all gateways became ${mode}`);
  return last;
}

async function sharingOf({ adminPort }: Contestant): Promise<Sharing> {
  const { body } = await ask(`http://127.0.0.1:${adminPort}/v1/api/limits`);
  return (JSON.parse(body) as { readonly shared: Sharing }).shared;
}
