import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MAX_SECOND } from '../../../../src/limits/core/demand-history.ts';
import type { LimitReports, LimitsReport } from '../../../../src/limits/limit-reports.ts';
import { FakeLimitReports } from '../../../support/fake-limit-reports.ts';
import { fakeWhatIf, WHAT_IF_WALL_MS } from '../../../support/fake-what-if.ts';

/** The default is a bucket of 100 tokens at 10 a second; a client has 30 in any minute. */
const app = { kind: 'id', key: 'app' } as const;
const at = (second: number): number => WHAT_IF_WALL_MS + (second - 1000) * 1000;

function reportsWith(change: Partial<LimitsReport>): Pick<LimitReports, 'report' | 'usage'> {
  const fake = new FakeLimitReports();
  return { report: () => ({ ...fake.report(), ...change }), usage: (client) => fake.usage(client) };
}

describe('what if a client had another limit', () => {
  test('both limits are replayed over what is recorded of it', async () => {
    const whatIf = fakeWhatIf({ 'id:app': { 960: 20, 961: 20, 990: 5 }, 'ip:10.0.0.1': { 960: 1000 } });
    const { current, proposed, ...record } = await whatIf.client(app, { capacity: 20, ratePerSecond: 1 });
    assert.deepEqual(record, {
      ...app,
      countedAs: 'app',
      recorded: { since: at(900), until: at(1001), seconds: 101 },
      requests: 45,
      tokens: 45,
      notes: ['the limit is that of 3 gateways, the record is of this one only'],
    });
    assert.equal(current.policy.windowMs, 60_000);
    assert.equal(current.at_once.refused, 10 + 5, '961, and 990 in the window of 960');
    assert.deepEqual(proposed.policy, { capacity: 20, ratePerSecond: 1, windowMs: 0, isLocal: false });
    const { longestWaitMs, ...atOnce } = proposed.at_once;
    assert.equal(Math.round(longestWaitMs), 1000);
    assert.deepEqual(atOnce, {
      refused: 19,
      worstMinute: { start: at(961), refused: 19 },
      smallestCapacity: 39,
      smallestRate: 20,
    });
    // 40 in 1.9 s.
    assert.deepEqual([proposed.even.smallestCapacity, proposed.even.smallestRate], [39, 10.6]);
    assert.deepEqual([current.even.smallestRate, current.at_once.smallestRate], [null, null]);
  });

  test('what is left out is as it is now; a rate means a bucket, a length a window', async () => {
    const whatIf = fakeWhatIf({ 'id:app': { 960: 20 } });
    const proposed = async (limit: Parameters<typeof whatIf.client>[1]): Promise<unknown> => {
      const { capacity, ratePerSecond, windowMs } = (await whatIf.client(app, limit)).proposed.policy;
      return [capacity, ratePerSecond, windowMs];
    };
    assert.deepEqual(await proposed({}), [30, 0.5, 60_000]);
    assert.deepEqual(await proposed({ capacity: 60 }), [60, 1, 60_000]);
    assert.deepEqual(await proposed({ windowSeconds: 10 }), [30, 3, 10_000]);
    assert.deepEqual(await proposed({ ratePerSecond: 4 }), [30, 4, 0]);
    await assert.rejects(proposed({ ratePerSecond: 4, windowSeconds: 10 }), { code: 'GW_VALIDATION' });
    await assert.rejects(proposed({ capacity: 1e9, ratePerSecond: 1 }), { code: 'GW_VALIDATION' });
  });

  test('a client without a request needs nothing; one that is not recorded is an error', async () => {
    const idle = await fakeWhatIf().client(app, {});
    assert.deepEqual([idle.requests, idle.proposed.at_once.smallestCapacity], [0, 1]);
    const crowd = Object.fromEntries(Array.from({ length: 257 }, (_, number) => [`ip:${number}`, { 990: 1 }]));
    await assert.rejects(fakeWhatIf(crowd).client(app, {}), { code: 'GW_DEMAND_NOT_RECORDED' });
    const stranger = { ...new FakeLimitReports().usage(app), countedAs: null, bucket: null };
    const reports = { ...reportsWith({}), usage: () => stranger };
    await assert.rejects(fakeWhatIf({}, { reports }).client(app, {}), { code: 'GW_DEMAND_NOT_RECORDED' });
  });

  test('notes say what the record lacks', async () => {
    const { limiter } = new FakeLimitReports().report();
    const reports = reportsWith({ sharing: null, limiter: { ...limiter, enabled: false } });
    const whatIf = fakeWhatIf({ 'id:app': { 960: MAX_SECOND, 970: 3 } }, { reports, cost: 5 });
    assert.deepEqual((await whatIf.client(app, { capacity: 4, ratePerSecond: 1 })).notes, [
      'rate_limit.enabled is false: requests are not recorded',
      '1 seconds had 65535 requests or more, and count as 65535',
      'some requests cost more than the whole capacity: they are always refused',
    ]);
  });
});

describe('what if the default limit were another', () => {
  const counts = {
    'ip:10.0.0.1': { 960: 50, 961: 50 },
    'ip:10.0.0.2': { 960: 12 },
    'ip:2001:db8::/64': { 970: 5 },
    'id:app': { 960: 900 },
  };

  test('all clients under it are replayed; those it would refuse are listed, most first', async () => {
    const whatIf = fakeWhatIf(counts);
    const { current, proposed, ...more } = await whatIf.default({ capacity: 10, ratePerSecond: 1 });
    assert.deepEqual(more, {
      recorded: { since: at(900), until: at(1001), seconds: 101 },
      requests: 117,
      tokens: 117,
      clients: 3,
      coveredShare: 1,
      refusedClients: [
        { kind: 'ip', key: '10.0.0.1', requests: 100, refused: { even: 89, at_once: 89 } },
        { kind: 'ip', key: '10.0.0.2', requests: 12, refused: { even: 2, at_once: 2 } },
      ],
      notes: ['the limit is that of 3 gateways, the record is of this one only'],
    });
    assert.deepEqual(
      [current.at_once.refused, current.at_once.refusedClients, current.at_once.smallestCapacity],
      [0, 0, 90],
    );
    assert.deepEqual(proposed.at_once, {
      refused: 91,
      refusedClients: 2,
      smallestCapacity: 99,
      smallestRate: null,
    });
    assert.equal(proposed.even.smallestRate, 47.4, '100 in 1.9 s');
  });

  test('a window has no smallest rate', async () => {
    const { proposed } = await fakeWhatIf(counts).default({ capacity: 60, windowSeconds: 60 });
    assert.deepEqual(
      [proposed.even.smallestRate, proposed.at_once.smallestRate, proposed.at_once.smallestCapacity],
      [null, null, 100],
    );
  });

  test('the share that is recorded is that of all requests', async () => {
    const crowd = Object.fromEntries(Array.from({ length: 320 }, (_, number) => [`ip:${number}`, { 990: 1 }]));
    const { clients, requests, coveredShare } = await fakeWhatIf(crowd).default({});
    assert.deepEqual([clients, requests, coveredShare], [256, 256, 0.8]);
  });
});
