/** Faults of clients: one sends far too many requests, many leave. */
import { setTimeout as wait } from 'node:timers/promises';
import { BackgroundLoad } from '../background-load.ts';
import { type Fault, NOTHING_FAILS } from '../fault.ts';
import { LOAD_CLIENT } from '../chaos-lab.ts';
import { leavingClient } from '../leaving-clients.ts';

const CAPACITY = 20;
const RATE_PER_SECOND = 20;
const LEAVING_CLIENTS = 10;

const flood: Fault = {
  name: 'client floods',
  expects: 'one client at 40 times its limit gets exactly its limit; others notice nothing',
  isShort: true,
  judge: NOTHING_FAILS,
  run: async (lab, holdMs) => {
    const clientId = 'chaos-flood';
    await lab.register(clientId, CAPACITY, RATE_PER_SECOND);
    const load = new BackgroundLoad({ url: lab.gateway.trafficUrl, clientId, connections: 16, everyMs: 20 });
    const startMs = performance.now();
    load.start();
    await wait(holdMs);
    await load.stop();
    const endMs = performance.now();
    const { sent, refused, failed, wrong } = load.tally.totals(startMs, endMs);
    const allowed = sent - refused - failed - wrong;
    const max = Math.floor(CAPACITY + (RATE_PER_SECOND * (endMs - startMs)) / 1000) + 1;
    return {
      note: `${allowed} of ${sent} let through, limit ${max}`,
      broken: [
        ...(allowed > max ? [`${allowed} of the flood were let through, its limit is ${max}`] : []),
        ...(allowed < CAPACITY ? [`only ${allowed} were let through, its burst is ${CAPACITY}`] : []),
        ...(failed > 0 ? [`${failed} of the flood failed otherwise`] : []),
      ],
    };
  },
};

const leaving: Fault = {
  name: 'clients leave',
  expects: 'in mid-body, before and during the answer: nobody else notices, no backend is blamed',
  isShort: true,
  judge: NOTHING_FAILS,
  run: async (lab, holdMs) => {
    const failuresBefore = await failuresOf(lab);
    const endMs = performance.now() + holdMs;
    let turn = 0;
    while (performance.now() < endMs) {
      const clients = Array.from({ length: LEAVING_CLIENTS }, () => {
        turn += 1;
        return leavingClient(lab.gateway.trafficUrl, LOAD_CLIENT, turn);
      });
      await Promise.all([...clients, wait(50)]);
    }
    const blamed = (await failuresOf(lab)) - failuresBefore;
    return { note: `${turn} left`, broken: blamed > 0 ? [`backends were blamed for ${blamed} of them`] : [] };
  },
};

async function failuresOf(lab: Parameters<Fault['run']>[0]): Promise<number> {
  return (await lab.admin.backends()).reduce((sum, { failures_total: failures }) => sum + failures, 0);
}

export const clientFaults: readonly Fault[] = [flood, leaving];
