/** The disturbances of a normal bad day, one at a time. Each ends within seconds. */
import { setTimeout as wait } from 'node:timers/promises';
import { BackgroundLoad } from '../chaos/background-load.ts';
import { LOAD_CLIENT, type Lab } from '../chaos/chaos-lab.ts';
import { leavingClient, slowReader } from '../chaos/leaving-clients.ts';

export const FLOODER = 'soak-flood';
const LEAVING = 30;
const SLOW_READERS = 5;
const MOMENT_MS = 1000;

export type Disturbance = (lab: Lab, turn: number) => Promise<unknown>;

export const disturbances: Readonly<Record<string, Disturbance>> = {
  reload: async (lab, turn) => {
    lab.changeConfig(1 + (turn % 5));
    // 404: there is no reload in this build.
    await lab.admin.call('POST', '/v1/api/config/reload');
  },
  'clients leave': ({ gateway }) =>
    Promise.all(Array.from({ length: LEAVING }, (_, at) => leavingClient(gateway.trafficUrl, LOAD_CLIENT, at))),
  'slow readers': ({ gateway }) =>
    Promise.all(Array.from({ length: SLOW_READERS }, () => slowReader(gateway.trafficUrl, LOAD_CLIENT, 3 * MOMENT_MS))),
  '503 answers': (lab, turn) => behave(lab, turn, { errorRate: 1 }, { errorRate: 0 }),
  'answers cut': (lab, turn) => behave(lab, turn, { cutRate: 0.5 }, { cutRate: 0 }),
  'backend killed': async (lab, turn) => {
    const backend = lab.backends[turn % lab.backends.length]!;
    await backend.kill();
    await wait(MOMENT_MS);
    await backend.restart();
  },
  flood: async (lab) => {
    const options = { url: lab.gateway.trafficUrl, clientId: FLOODER, connections: 16, everyMs: 20 };
    const load = new BackgroundLoad(options);
    load.start();
    await wait(MOMENT_MS);
    await load.stop();
  },
};

type Behaviour = Parameters<Lab['backends'][number]['set']>[0];

async function behave(lab: Lab, turn: number, on: Behaviour, off: Behaviour): Promise<void> {
  const backend = lab.backends[turn % lab.backends.length]!;
  await backend.set(on);
  await wait(MOMENT_MS);
  await backend.set(off);
}
