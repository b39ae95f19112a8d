/** `npm run chaos -- --fleet N`: faults of a fleet, one after the other. */
import { closeAll, RedisMissing } from '../../fleet/fleet-lab.ts';
import { FleetChaosLab } from './fleet-chaos-lab.ts';
import { FLEET_FAULTS, type FleetFault } from './fleet-faults.ts';
import { fleetTable } from './fleet-report.ts';
import { type FleetResult, runFleetFault } from './run-fleet-fault.ts';

export interface FleetRun {
  readonly count: number;
  readonly holdMs: number;
  readonly isShort: boolean;
  readonly isJson: boolean;
  isAsked(fault: Pick<FleetFault, 'name'>): boolean;
  say(text: string): void;
}

/** The exit code. */
export async function runFleet({ count, holdMs, isShort, isJson, isAsked, say }: FleetRun): Promise<number> {
  const closing: (() => unknown)[] = [];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void closeAll(closing).finally(() => process.exit(1)));
  }
  const results: FleetResult[] = [];
  try {
    // Starting PostgreSQL, and each gateway, takes a while.
    const lab = await FleetChaosLab.start({ count, hasPostgres: !isShort, restarts: isShort ? 2 : count }, closing);
    for (const fault of FLEET_FAULTS.filter(isAsked)) {
      say(`${fault.name}: ${fault.expects}`);
      await lab.calm();
      const result = await runFleetFault(fault, lab, holdMs);
      results.push(result);
      const { verdict, admitted, allowed, p95Ms, reasons } = result;
      const note = `${admitted} admitted, ${allowed} allowed; p95 ${p95Ms.toFixed(1)} ms`;
      say(`  ${[verdict, note, ...reasons].join('; ')}`);
    }
  } catch (error) {
    if (!(error instanceof RedisMissing)) throw error;
    say(`skipped: ${error.message}`);
    return 0;
  } finally {
    await closeAll(closing);
  }
  console.log(isJson ? JSON.stringify(results, null, 2) : `\n${fleetTable(results)}`);
  return results.length === 0 || results.some(({ verdict }) => verdict === 'FAILED') ? 1 : 0;
}
