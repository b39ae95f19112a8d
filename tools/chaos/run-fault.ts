/** One fault, from calm to calm, and the verdict. */
import type { Lab } from './chaos-lab.ts';
import { type Fault, Skipped } from './fault.ts';
import type { Totals } from './chaos-tally.ts';
import { until } from './until.ts';

export interface FaultResult {
  readonly name: string;
  readonly expects: string;
  readonly verdict: 'passed' | 'FAILED' | 'skipped';
  /** Failures, or why it was skipped; empty if passed. */
  readonly reasons: readonly string[];
  readonly note: string;
  /** From the fault to calm: requests of the load. */
  readonly sent: number;
  readonly failedIdempotent: number;
  readonly failedOther: number;
  readonly failures: Readonly<Record<string, number>>;
  /** From lifting the fault to the first second without failures and with every backend in use; null: never. */
  readonly backMs: number | null;
  /** Since before the fault, at rest. */
  readonly rssGrowthMiB: number;
}

const BACK_WITHIN_MS = 10_000;
/** How long beyond the allowed time to wait for calm: after that the next fault begins anyway, ms. */
const TIMEOUT_MS = 10_000;
const REST_WITHIN_MS = 5000;
const MAX_GROWTH_MIB = 64;
/** At rest, V8 gives back what a burst of work took after 7 to 11 s. */
const GIVEN_BACK_WITHIN_MS = 30_000;
const BYTES_PER_MIB = 2 ** 20;
/** A whole second has to be calm. */
const CALM_SECOND_MS = 1000;

/** Never rejects: a gateway that does not respond any more has failed, too. */
export async function runFault(fault: Fault, lab: Lab, holdMs: number): Promise<FaultResult> {
  try {
    return await applyAndJudge(fault, lab, holdMs);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return error instanceof Skipped ? skipped(fault, why) : { ...skipped(fault, why), verdict: 'FAILED' };
  }
}

async function applyAndJudge(fault: Fault, lab: Lab, holdMs: number): Promise<FaultResult> {
  const { name, expects, backWithinMs = BACK_WITHIN_MS } = fault;
  const rssBefore = (await lab.gateway.memory()).rssBytes;
  lab.load.start();
  const startMs = performance.now();
  const seen = await fault.run(lab, holdMs);
  const liftedMs = performance.now();
  const counts = await lab.requestCounts();
  const isBack = await until(() => lab.isCalm(liftedMs, counts), backWithinMs + TIMEOUT_MS);
  const outOfUse = isBack ? [] : await lab.outOfUse(counts);
  const backMs = isBack ? Math.max(0, performance.now() - liftedMs - CALM_SECOND_MS) : null;

  await lab.load.pause();
  const totals = lab.load.tally.totals(startMs, performance.now());
  const isAtRest = await until(async () => (await inFlight(lab)) === 0, REST_WITHIN_MS);
  const grown = async (): Promise<number> => ((await lab.gateway.memory()).rssBytes - rssBefore) / BYTES_PER_MIB;
  let growthMiB = await grown();
  await until(async () => (growthMiB = await grown()) <= MAX_GROWTH_MIB, GIVEN_BACK_WITHIN_MS);

  const reasons = [
    ...seen.broken,
    ...fault.judge(totals),
    ...always(totals),
    ...(backMs === null || backMs > backWithinMs ? [`not back within ${backWithinMs / 1000} s`] : []),
    ...outOfUse,
    ...(isAtRest ? [] : [`at rest ${await inFlight(lab)} requests are in flight`]),
    ...(growthMiB > MAX_GROWTH_MIB ? [`memory grew by ${Math.round(growthMiB)} MiB, allowed ${MAX_GROWTH_MIB}`] : []),
    ...(lab.gateway.hasEnded ? ['the gateway ended'] : []),
  ];
  const { sent, failedIdempotent, failedOther, failures } = totals;
  return {
    name,
    expects,
    verdict: reasons.length === 0 ? 'passed' : 'FAILED',
    reasons,
    note: seen.note,
    sent,
    failedIdempotent,
    failedOther,
    failures: Object.fromEntries(failures),
    backMs,
    rssGrowthMiB: growthMiB,
  };
}

export function skipped({ name, expects }: Fault, why: string): FaultResult {
  const nothing = {
    note: '',
    sent: 0,
    failedIdempotent: 0,
    failedOther: 0,
    failures: {},
    backMs: null,
    rssGrowthMiB: 0,
  };
  return { name, expects, verdict: 'skipped', reasons: [why], ...nothing };
}

/** The gateway's own count, and that by backend. */
async function inFlight(lab: Lab): Promise<number> {
  const { in_flight: total, backends } = await lab.admin.metrics();
  return Math.max(total, ...backends.map((backend) => backend.in_flight));
}

function always({ wrong, sent }: Totals): readonly string[] {
  return [
    ...(wrong > 0 ? [`${wrong} answers were not the right ones`] : []),
    ...(sent === 0 ? ['nothing could be sent'] : []),
  ];
}
