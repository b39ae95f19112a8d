/** The profiles that only send requests: basic, stress, limit, distribution. */
import { checkSucceeded, answered, judged, skipped, type LoadTarget, type Profile, type Share } from './profile.ts';
import { round, spread } from './statistics.ts';
import type { Burst } from './burst.ts';

/** Requests differ randomly: below this the share counts as even. */
const MAX_VARIATION = 0.2;
/** For the stress profile: with 10 users for 30 s, p95 below 500 ms, under 1 % failed. */
const MAX_P95_MS = 500;
const MAX_FAILED = 0.01;

export const basic: Profile = async (target) => {
  const {
    connections = 1,
    durationMs,
    requests = durationMs === undefined ? 50 : undefined,
    rate = 25,
  } = target.options;
  const load = await target.burst('basic', { connections, rate, ...end(requests, durationMs) });
  const notes: string[] = [];
  return judged('basic', [checkSucceeded(load, notes)], { notes, load, share: await shareOf(load, target) });
};

export const stress: Profile = async (target) => {
  const { connections = 100, requests, durationMs = requests === undefined ? 5000 : undefined, rate } = target.options;
  const load = await target.burst('stress', {
    connections,
    ...end(requests, durationMs),
    ...(rate === undefined ? {} : { rate }),
  });
  const failed = load.requests - answered(load, 200, 400);
  const share = load.requests === 0 ? 1 : failed / load.requests;
  const notes: string[] = [];
  checkSucceeded(load, notes);
  const { p95 } = load.latency_ms;
  const checks = [
    {
      claim: 'fewer than 1 % of the requests fail',
      found: `${round(share * 100)} % (${failed})`,
      passed: share < MAX_FAILED,
    },
    {
      claim: `95 % are answered within ${MAX_P95_MS} ms`,
      found: `${p95} ms`,
      passed: load.requests > 0 && p95 < MAX_P95_MS,
    },
  ];
  return judged('stress', checks, { notes, load, share: await shareOf(load, target) });
};

/** Of the client that is created for it. */
const LIMIT = { capacity: 20, ratePerSecond: 10 };

/** A client of its own: the number admitted is exact, its burst plus what refills each second. */
export const limit: Profile = async (target) => {
  const { operator, operatorProblem } = target;
  if (operator === null)
    return skipped('limit', `it needs the admin API, to make a client with a known limit: ${operatorProblem}`);
  const id = `${target.clientId}-limit`;
  const { connections = 5, durationMs = 3000, rate = 200 } = target.options;
  // A batch per second, the first at once. By number, so that no answer is cut off and uncounted at the end.
  const { requests = rate * (1 + Math.floor(durationMs / 1000)) } = target.options;
  await operator.createClient(id, LIMIT.capacity, LIMIT.ratePerSecond);
  try {
    const load = await target.burst('limit', { connections, requests, rate, headers: { 'x-client-id': id } });
    const admitted = load.requests - load.errors - (load.statuses['429'] ?? 0);
    const expected = LIMIT.capacity + LIMIT.ratePerSecond * load.seconds;
    const claim = `burst ${LIMIT.capacity} + ${LIMIT.ratePerSecond}/s × ${load.seconds} s = ${Math.floor(expected)} are let through, ±2`;
    const checks = [
      {
        claim: 'what is above the limit is answered 429',
        found: `${load.statuses['429'] ?? 0} times`,
        passed: (load.statuses['429'] ?? 0) > 0,
      },
      { claim, found: String(admitted), passed: Math.abs(admitted - expected) <= 2 },
    ];
    return judged('limit', checks, { notes: [], load, share: null });
  } finally {
    await operator.deleteClient(id);
  }
};

export const distribution: Profile = async (target) => {
  const { connections = 10, durationMs, requests = durationMs === undefined ? 300 : undefined, rate } = target.options;
  const load = await target.burst('distribution', {
    connections,
    ...end(requests, durationMs),
    ...(rate === undefined ? {} : { rate }),
  });
  const notes: string[] = [];
  const well = checkSucceeded(load, notes);
  const share = await shareOf(load, target, notes);
  if (share === null) {
    const why = 'no answer says which backend gave it: set expose_backend in the pool, or use sample backends';
    return { ...skipped('distribution', why), load };
  }
  const claim = `the share of the backends varies by less than ${MAX_VARIATION * 100} %`;
  const checks = [
    well,
    { claim, found: `${round(share.variation * 100, 1)} %`, passed: share.variation < MAX_VARIATION },
  ];
  if (share.variation >= MAX_VARIATION) await explainUneven(target, notes);
  return judged('distribution', checks, { notes, load, share });
};

/** An uneven share may be just what the algorithm is for. */
async function explainUneven({ operator }: LoadTarget, notes: string[]): Promise<void> {
  const pools = new Set((await operator?.backends())?.map(({ pool }) => pool));
  for (const pool of pools) {
    const algorithm = await operator!.algorithmOf(pool);
    if (algorithm === 'two-choices' || algorithm === 'least-connections')
      notes.push(
        `the pool ${pool} uses ${algorithm}, which spares slow backends; an even share is what round-robin is for`,
      );
    if (algorithm === 'consistent-hash')
      notes.push(`the pool ${pool} uses consistent-hash: one client stays with one backend`);
  }
}

function end(
  requests: number | undefined,
  durationMs: number | undefined,
): { requests: number } | { durationMs: number } {
  return requests === undefined ? { durationMs: durationMs ?? 1000 } : { requests };
}

/** According to the answers. The operator's side knows which backends got nothing. */
export async function shareOf(load: Burst, { operator }: LoadTarget, notes: string[] = []): Promise<Share | null> {
  const seen = Object.keys(load.backends).length;
  if (seen === 0) return null;
  const backends: Record<string, number> = { ...load.backends };
  const all = (await operator?.backends()) ?? [];
  const available = all.filter((backend) => backend.available);
  const pools = new Set(all.map(({ pool }) => pool));
  if (pools.size === 1) {
    for (let missing = 1; missing <= available.length - seen; missing += 1)
      backends[`(without an answer ${missing})`] = 0;
    if (new Set(available.map(({ effective_weight: weight }) => weight)).size > 1)
      notes.push('the backends’ weights differ, so their shares should');
  }
  return { backends, ...spread(Object.values(backends)) };
}
