/** The cost of the embedded database for a gateway with two threads: time until its admin port answers, and memory. */
import { get } from 'node:http';
import { freePorts, type Lab } from '../lab.ts';
import { sluice } from '../peers.ts';
import { end, peakResidentMiB, residentMiB, settled, start } from '../processes.ts';
import { median } from '../report.ts';
import { limitFinding, ratioFinding, type Scenario } from '../scenario.ts';

interface Run {
  readonly adminMs: number;
  readonly restMiB: number;
  readonly peakMiB: number;
}

export const embeddedDatabase: Scenario = {
  name: 'embedded-database',
  run: async (lab, { rounds }) => {
    const fresh: Run[] = [];
    const warm: Run[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const folder = lab.folder(`embedded-${round}`);
      fresh.push(await runOnce(lab, folder));
      warm.push(await runOnce(lab, folder));
    }
    const middle = (runs: readonly Run[], of: keyof Run): number => median(runs.map((run) => run[of]));
    const freshMs = middle(fresh, 'adminMs');
    return [
      limitFinding('new embedded database: start to the first answer of the admin port', freshMs, 'ms', 1500),
      ratioFinding('the same', 'with an existing database', freshMs / middle(warm, 'adminMs'), 2),
      limitFinding('embedded database, 2 threads: memory at rest', middle(fresh, 'restMiB'), 'MiB', 150),
      limitFinding('the same: most memory since the start', middle(fresh, 'peakMiB'), 'MiB', 220),
    ];
  },
};

async function runOnce(lab: Lab, folder: string): Promise<Run> {
  const [port, secondPort] = (await freePorts(2)) as [number, number];
  const context = { folder, port, secondPort, backends: lab.backends };
  const command = sluice(context, {}, 2);
  const began = performance.now();
  const running = start('Sluice', command, undefined);
  try {
    while (!(await answers(secondPort))) if (running.hasExited()) throw new Error(running.output());
    const adminMs = performance.now() - began;
    await settled(running.pid);
    return { adminMs, restMiB: residentMiB(running.pid), peakMiB: peakResidentMiB(running.pid) };
  } finally {
    await end(running);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const again = (): void => void setTimeout(() => resolve(false), 5);
    get({ host: '127.0.0.1', port, path: '/readyz' }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve(true) : again()));
    }).on('error', again);
  });
}
