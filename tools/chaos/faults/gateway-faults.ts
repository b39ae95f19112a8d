/** Faults of the gateway itself: a thread dies, its configuration changes all the time. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Fault, NOTHING_FAILS, Skipped } from '../fault.ts';
import { CONNECTIONS } from '../chaos-lab.ts';
import { until } from '../until.ts';

const RELOAD = '/v1/api/config/reload';
const AT_ONCE = 5;

const threadDies: Fault = {
  name: 'traffic thread dies',
  expects: 'each of its connections breaks once, no other; another thread replaces it',
  isShort: true,
  judge: ({ failed }) => (failed > CONNECTIONS ? [`${failed} failed, there are ${CONNECTIONS} connections`] : []),
  run: async (lab) => {
    const startMs = performance.now();
    if (!(await lab.gateway.endTrafficThread())) throw new Skipped('the gateway shows no traffic thread');
    const isReplaced = await until(async () => {
      const { threads } = await lab.admin.metrics();
      return threads.every(({ state }) => state === 'running') && threads.some(({ restarts }) => restarts > 0);
    }, 10_000);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    return { note: `replaced in ${seconds} s`, broken: isReplaced ? [] : ['it was not replaced within 10 s'] };
  },
};

const HELD_MS = 60_000;

const threadStandsStill: Fault = {
  name: 'traffic thread hangs',
  expects: 'readiness reports it within 4 s, the thread is replaced within 20 s; only its connections break',
  isShort: false,
  // Each of its connections may be opened once more while it still listens.
  judge: ({ failed }) => (failed > 2 * CONNECTIONS ? [`${failed} failed, there are ${CONNECTIONS} connections`] : []),
  run: async (lab) => {
    const startMs = performance.now();
    const seconds = (): string => ((performance.now() - startMs) / 1000).toFixed(1);
    await lab.gateway.holdThread(HELD_MS);
    const isReported = await until(async () => (await lab.admin.call('GET', '/readyz')).status === 503, 4000);
    const unreadyAfter = seconds();
    const isReplaced = await until(async () => {
      const { threads } = await lab.admin.metrics();
      return threads.every(({ state }) => state === 'running') && threads.some(({ restarts }) => restarts > 0);
    }, 20_000);
    return {
      note: `not ready after ${unreadyAfter} s, replaced in ${seconds()} s`,
      broken: [
        ...(isReported ? [] : ['readiness did not report it within 4 s']),
        ...(isReplaced ? [] : ['it was not replaced within 20 s']),
      ],
    };
  },
};

const reloads: Fault = {
  name: 'reload storm',
  expects: 'changed, unchanged and broken files, five reloads at a time: nothing fails, a broken file is refused',
  isShort: true,
  judge: NOTHING_FAILS,
  run: async (lab, holdMs) => {
    const reload = async (): Promise<number> => (await lab.admin.call('POST', RELOAD)).status;
    if ((await reload()) === 404) throw new Skipped('no reload in this build');
    const endMs = performance.now() + holdMs;
    const statuses = new Map<number, number>();
    for (let round = 1; performance.now() < endMs; round += 1) {
      lab.changeConfig(1 + (round % 5));
      for (const status of await Promise.all(Array.from({ length: AT_ONCE }, reload))) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      lab.gateway.signal('SIGHUP');
      await wait(20);
    }
    lab.breakConfig();
    const whileBroken = await reload();
    lab.changeConfig(1);
    const afterRepair = await reload();
    const wrong = [...statuses].filter(([status]) => status >= 300).map(([status, count]) => `${count} × ${status}`);
    return {
      note: `${[...statuses.values()].reduce((sum, count) => sum + count, 0)} reloads`,
      broken: [
        ...wrong.map((each) => `reloads were answered ${each}`),
        ...(whileBroken < 400 || whileBroken > 499 ? [`a broken file was answered ${whileBroken}`] : []),
        ...(afterRepair >= 300 ? [`a repaired file was answered ${afterRepair}`] : []),
      ],
    };
  },
};

export const gatewayFaults: readonly Fault[] = [threadDies, threadStandsStill, reloads];
