/** From the start of the process to the first proxied answer: with an existing database, and with a new one. */
import { join } from 'node:path';
import { firstAnswer } from '../first-answer.ts';
import { freePorts, type Lab } from '../lab.ts';
import { sluice } from '../peers.ts';
import { end, start } from '../processes.ts';
import { median } from '../report.ts';
import { limitFinding, type Scenario } from '../scenario.ts';

export const startTime: Scenario = {
  name: 'start-time',
  run: async (lab, { rounds }) => {
    const fresh: number[] = [];
    const warm: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const folder = `start-${round}`;
      fresh.push(await firstAnswerMs(lab, folder));
      warm.push(await firstAnswerMs(lab, folder));
    }
    return [
      limitFinding('start to the first proxied answer', median(warm), 'ms', 500),
      limitFinding('the same with a new embedded database', median(fresh), 'ms', 1000),
    ];
  },
};

async function firstAnswerMs(lab: Lab, name: string): Promise<number> {
  const [port, secondPort] = (await freePorts(2)) as [number, number];
  const folder = lab.folder(name);
  const command = sluice(
    { folder, port, secondPort, backends: lab.backends },
    { database: { data_dir: join(folder, 'data') } },
  );
  const began = performance.now();
  // Both cores, as in production.
  const running = start('Sluice', command, undefined);
  try {
    await firstAnswer(running, `http://127.0.0.1:${port}/`);
    const elapsed = performance.now() - began;
    // The database must be intact the next time.
    await firstAnswer(running, `http://127.0.0.1:${secondPort}/readyz`);
    return elapsed;
  } finally {
    await end(running);
  }
}
