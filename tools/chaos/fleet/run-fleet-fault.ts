/** One fault of a fleet, from calm to calm, and the verdict. */
import { setTimeout as wait } from 'node:timers/promises';
import type { BackgroundLoad } from '../background-load.ts';
import { SLOT_MS, type Totals } from '../chaos-tally.ts';
import { type FleetChaosLab, LIMIT } from './fleet-chaos-lab.ts';
import type { FleetFault } from './fleet-faults.ts';

export interface FleetResult {
  readonly name: string;
  readonly expects: string;
  readonly verdict: 'passed' | 'FAILED';
  /** Failures; empty if passed. */
  readonly reasons: readonly string[];
  /** Requests of both clients, from the fault to calm. */
  readonly sent: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  /** Of the client that exceeds its limit. */
  readonly admitted: number;
  readonly allowed: number;
  /** Of the other client, ms. */
  readonly p95Ms: number;
  /** From lifting the fault until every gateway shares again, ms; null: never. */
  readonly backMs: number | null;
}

const BACK_WITHIN_MS = 5000;
/** Afterwards: debts are paid. */
const SETTLE_MS = 500;

/** Never rejects: a fleet that does not respond any more has failed, too. */
export async function runFleetFault(fault: FleetFault, lab: FleetChaosLab, holdMs: number): Promise<FleetResult> {
  const startMs = await nextSlot();
  let backMs: number | null = null;
  const reasons: string[] = [];
  try {
    reasons.push(...(await fault.run(lab, holdMs)));
    const liftedMs = performance.now();
    if (await lab.fleet.become('shared')) backMs = performance.now() - liftedMs;
    await wait(SETTLE_MS);
  } catch (error) {
    reasons.push(error instanceof Error ? error.message : String(error));
  }
  const endMs = await nextSlot();
  const of = ({ tally }: BackgroundLoad): Totals => tally.totals(startMs, endMs - 1);
  return judged(fault, { limited: of(lab.limited), unlimited: of(lab.unlimited) }, endMs - startMs, {
    reasons,
    backMs,
    gateways: lab.fleet.gateways.length,
  });
}

interface Loads {
  readonly limited: Totals;
  readonly unlimited: Totals;
}

interface Observed {
  readonly reasons: readonly string[];
  readonly backMs: number | null;
  readonly gateways: number;
}

function judged(fault: FleetFault, { limited, unlimited }: Loads, durationMs: number, observed: Observed): FleetResult {
  const { name, expects, maxBroken = 0 } = fault;
  const failures: Record<string, number> = {};
  for (const [what, count] of [...limited.failures, ...unlimited.failures]) {
    if (!what.endsWith(' 429')) failures[what] = (failures[what] ?? 0) + count;
  }
  const failed = limited.failed + unlimited.failed;
  const statuses = Object.keys(failures).filter((what) => / [45]\d\d/.test(what));
  const admitted = limited.sent - limited.refused - limited.failed - limited.wrong;
  // A busy machine may send less than the limit.
  const allowed = Math.min(limited.sent, (durationMs / 1000) * LIMIT.ratePerSecond);
  const [least, most] = fault.bounds(observed.gateways);
  const ratio = admitted / allowed;
  const { backMs } = observed;
  const reasons = [
    ...observed.reasons,
    ...(statuses.length > 0 ? [`answers other than 200 and 429: ${statuses.join(', ')}`] : []),
    ...(failed > maxBroken ? [`${failed} requests failed, allowed ${maxBroken}`] : []),
    ...(unlimited.refused > 0 ? [`${unlimited.refused} of the client far below its limit were refused`] : []),
    ...(limited.wrong + unlimited.wrong > 0 ? ['answers were not the right ones'] : []),
    ...(ratio < least || ratio > most
      ? [`admitted ${ratio.toFixed(2)} of the limit, expected ${least} to ${most.toFixed(2)}`]
      : []),
    ...(backMs === null || backMs > BACK_WITHIN_MS ? [`not shared again within ${BACK_WITHIN_MS / 1000} s`] : []),
  ];
  return {
    name,
    expects,
    verdict: reasons.length === 0 ? 'passed' : 'FAILED',
    reasons,
    sent: limited.sent + unlimited.sent,
    failed,
    failures,
    admitted,
    allowed: Math.round(allowed),
    p95Ms: unlimited.p95Ms,
    backMs,
  };
}

/** Totals are of whole slots. */
async function nextSlot(): Promise<number> {
  const nextMs = Math.ceil(performance.now() / SLOT_MS) * SLOT_MS;
  await wait(nextMs - performance.now());
  return nextMs;
}
