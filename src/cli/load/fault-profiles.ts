/** The profiles that break a sample backend for a moment, through its /_control: failover and breaker. */
import { setTimeout as wait } from 'node:timers/promises';
import type { BackendView } from '../../backends/api/backend-view.ts';
import { CONTROL_PATH } from '../sample-backends/sample-control.ts';
import {
  answered,
  judged,
  skipped,
  type LoadTarget,
  type Operator,
  type Profile,
  type ProfileResult,
} from './profile.ts';
import { round } from './statistics.ts';
import { shareOf } from './profiles.ts';

const ASK_EVERY_MS = 100;
/** Longest open time that is waited for, ms. */
const MAX_TIMEOUT_MS = 40_000;

/** A backend goes away in a loop of 100 requests: nobody notices. */
export const failover: Profile = (target) =>
  withVictim('failover', target, async (victim) => {
    const { connections = 4, requests = 100, rate = 50 } = target.options;
    let seen = 0;
    let isDown: Promise<unknown> | undefined;
    const onAnswer = (): void => {
      seen += 1;
      if (seen >= requests / 5) isDown ??= control(victim.url, { down: true, for: '1s' });
    };
    const load = await target.burst('failover', { connections, requests, rate, onAnswer });
    await isDown;
    await until(
      target,
      () =>
        control(victim.url).then(
          (status) => status === 200,
          () => false,
        ),
      5000,
    );
    const well = answered(load, 200, 400);
    const checks = [
      {
        claim: `${victim.id} goes away for a second and no request fails`,
        found: `${well} of ${load.requests} succeeded`,
        passed: load.requests > 0 && well === load.requests,
      },
    ];
    return judged('failover', checks, { notes: [], load, share: await shareOf(load, target) });
  });

/** A backend answers only 503: its circuit opens, it gets no requests, and is taken back once it recovers. */
export const breaker: Profile = (target) =>
  withVictim('breaker', target, async (victim, operator) => {
    const circuit = async (): Promise<BackendView> =>
      (await operator.backends()).find(({ id }) => id === victim.id) ?? victim;
    const stop = new AbortController();
    const { connections = 4, rate = 100 } = target.options;
    const running = target.burst('breaker', { connections, rate, durationMs: 60_000, signal: stop.signal });
    running.catch(() => undefined);
    try {
      await control(victim.url, { error_rate: 1, for: '30s' });
      const openedMs = await until(target, async () => (await circuit()).circuit !== 'closed', 10_000);
      const before = (await circuit()).requests_total;
      await wait(500);
      const trials = (await circuit()).requests_total - before;
      await control(victim.url, { error_rate: 0 });
      const closedMs =
        openedMs === null
          ? null
          : await until(target, async () => (await circuit()).circuit === 'closed', MAX_TIMEOUT_MS);
      stop.abort();
      const load = await running;
      const failed = load.requests - answered(load, 200, 400);
      const checks = [
        { claim: `the circuit of ${victim.id} opens when it fails`, found: took(openedMs), passed: openedMs !== null },
        {
          claim: 'while it is open the backend gets no requests',
          found: `${trials} requests in half a second`,
          passed: trials <= 3,
        },
        { claim: 'it closes when the backend has recovered', found: took(closedMs), passed: closedMs !== null },
      ];
      const notes =
        failed === 0 ? [] : [`${failed} of ${load.requests} requests failed meanwhile: those that were not retried`];
      return judged('breaker', checks, { notes, load, share: null });
    } finally {
      stop.abort();
      await control(victim.url, { error_rate: 0 }).catch(() => undefined);
      await running;
    }
  });

/** Runs with an available sample backend that others can replace. */
async function withVictim(
  profile: string,
  target: LoadTarget,
  run: (victim: BackendView, operator: Operator) => Promise<ProfileResult>,
): Promise<ProfileResult> {
  const { operator, operatorProblem } = target;
  if (operator === null) return skipped(profile, `it needs the admin API, to know the backends: ${operatorProblem}`);
  const available = (await operator.backends()).filter((backend) => backend.available && backend.circuit === 'closed');
  for (const backend of available) {
    const others = available.filter(({ pool, id }) => pool === backend.pool && id !== backend.id);
    if (others.length > 0 && (await control(backend.url).catch(() => 0)) === 200) return run(backend, operator);
  }
  return skipped(
    profile,
    'it needs a pool with two available backends, one of them of `sluice demo-backends`: only these can be broken on purpose',
  );
}

/** The status. Without a change: is there a /_control at all? */
async function control(url: string, change?: object): Promise<number> {
  const sent = change === undefined ? {} : { method: 'POST', body: JSON.stringify(change) };
  const answer = await fetch(`${url}${CONTROL_PATH}`, { signal: AbortSignal.timeout(2000), ...sent });
  const body = (await answer.json()) as Record<string, unknown>;
  return answer.ok && !('error_rate' in body) ? 404 : answer.status;
}

/** Milliseconds until the condition was met; null: not in time. */
async function until({ signal }: LoadTarget, isMet: () => Promise<boolean>, timeoutMs: number): Promise<number | null> {
  const startedAt = performance.now();
  while (!(await isMet())) {
    signal.throwIfAborted();
    if (performance.now() - startedAt > timeoutMs) return null;
    await wait(ASK_EVERY_MS);
  }
  return performance.now() - startedAt;
}

function took(ms: number | null): string {
  return ms === null ? 'not in time' : `after ${round(ms / 1000, 1)} s`;
}
