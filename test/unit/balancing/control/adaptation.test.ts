import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AdaptiveSettings } from '../../../../src/config/settings.ts';
import type { Snapshot } from '../../../../src/config/snapshot.ts';
import { Adaptation } from '../../../../src/balancing/control/adaptation.ts';
import { judge } from '../../../../src/balancing/core/judgement.ts';
import { BackendRow } from '../../../../src/backends/backend-row.ts';
import { allocateBackendTable, BackendTable } from '../../../../src/backends/backend-table.ts';
import { ADAPTIVE, backendSettings, poolSettings } from '../../../support/pool-settings.ts';

const IDS = ['a', 'b', 'c'];

function harness(change: Partial<AdaptiveSettings> = {}) {
  const table = new BackendTable(allocateBackendTable(1));
  IDS.forEach((_, index) => table.occupy(index, 1, true));
  const row = new BackendRow(table, 0);
  const shares = new Map<number, number>();
  const moved: string[] = [];
  const out = new Map<string, string>();
  let nowMs = 0;
  const adaptation = new Adaptation({
    table,
    weights: { setAdaptation: (index, share) => void shares.set(index, share) },
    nowMs: () => nowMs,
    skipReason: (id) => out.get(id) ?? null,
    onMoved: (id, from, to, why) => moved.push(`${id} ${from.toFixed(2)} ${to.toFixed(2)} ${why}`),
  });
  const update = (more: Partial<AdaptiveSettings> = {}): void =>
    adaptation.update({
      pools: [
        {
          settings: poolSettings(
            IDS.map((id) => backendSettings(id)),
            { adaptive: { ...ADAPTIVE, enabled: true, warmUpMs: 0, ...change, ...more } },
          ),
          index: 0,
          backends: IDS.map((id, index) => ({ id, url: '', index })),
        },
      ],
    } as unknown as Snapshot);
  update();
  return {
    adaptation,
    shares,
    moved,
    out,
    update,
    serve: (index: number, count: number, latencyMs: number, failures = 0, status = 503): void => {
      for (let at = 0; at < count; at += 1) {
        const isFailure = at < failures;
        row.counted(index, isFailure && status >= 502, nowMs, 10_000);
        row.answered(index, latencyMs, nowMs, isFailure ? status : 200);
        row.judged(index, judge(isFailure ? status : 200, false) === 'bad', nowMs);
      }
    },
    pass: (ms: number): void => {
      nowMs += ms;
      adaptation.round();
    },
  };
}

describe('adaptation', () => {
  it('compares with the median of the pool, and shows what it went by', () => {
    const { adaptation, serve, pass, shares } = harness();
    serve(0, 100, 10);
    serve(1, 100, 10);
    serve(2, 100, 100);
    pass(10_000);
    const slow = adaptation.report('c')!;
    assert.ok(Math.abs(slow.latencyMs! - 100) < 7 && Math.abs(slow.targetLatencyMs! - 10) < 0.7, JSON.stringify(slow));
    assert.deepEqual([slow.samples, slow.errorRate, slow.waiting], [100, 0, null]);
    assert.equal(slow.share, shares.get(2));
    assert.ok(slow.share < 0.93 && adaptation.report('a')!.share === 1);
  });

  for (const status of [404, 429, 500, 503]) {
    it(`gives nothing for the speed of answers with ${status}, be it all or half of them`, () => {
      for (const failures of [100, 50]) {
        const { adaptation, serve, pass } = harness({ errorShare: 0, latencyShare: 1 });
        serve(0, 100, 10);
        serve(1, 100, 10);
        serve(2, 100, 10);
        for (let round = 0; round < 20; round += 1) {
          serve(0, 100, 10);
          serve(1, 100, 10);
          serve(2, failures, 0.3, failures, status);
          serve(2, 100 - failures, 10);
          pass(10_000);
        }
        const { share } = adaptation.report('c')!;
        assert.ok(share <= 1.001, `${share} with ${failures} of 100`);
      }
    });
  }

  for (const status of [429, 500, 503]) {
    it(`takes share from a backend that answers ${status}, though for its circuit that may be no failure`, () => {
      const { adaptation, serve, pass } = harness();
      for (const index of [0, 1]) serve(index, 100, 10);
      serve(2, 100, 0.3, 100, status);
      pass(10_000);
      const { share, errorRate, latencyMs } = adaptation.report('c')!;
      assert.deepEqual([errorRate, latencyMs], [1, null]);
      assert.ok(share < 0.95, `${share}`);
    });
  }

  it('does nothing before the interval is over, and says when it is', () => {
    const { adaptation, pass, shares } = harness();
    pass(9999);
    assert.deepEqual(
      [shares.size, adaptation.delayMs(), adaptation.report('a')!.waiting],
      [0, 1, 'no interval has passed yet'],
    );
    pass(1);
    assert.equal(shares.size, 3);
  });

  it('adds up too few requests over the intervals', () => {
    const { adaptation, serve, pass } = harness({ targetLatencyMs: 10 });
    serve(0, 12, 100);
    pass(10_000);
    assert.equal(adaptation.report('a')!.waiting, '12 of 20 samples');
    assert.equal(adaptation.report('a')!.share, 1);
    serve(0, 8, 100);
    pass(10_000);
    assert.deepEqual([adaptation.report('a')!.samples, adaptation.report('a')!.waiting], [20, null]);
    assert.ok(adaptation.report('a')!.share < 1);
  });

  it('gives a backend that gets nothing its weight back, step by step', () => {
    const { adaptation, serve, pass } = harness({ targetLatencyMs: 10, speed: 0.5 });
    serve(0, 100, 1000);
    pass(10_000);
    const low = adaptation.report('a')!.share;
    assert.ok(low < 0.7);
    pass(10_000);
    assert.equal(adaptation.report('a')!.share, low + 0.5 * (1 - low));
    for (let round = 0; round < 10; round += 1) pass(10_000);
    assert.ok(adaptation.report('a')!.share > 0.99);
  });

  it('leaves a backend that has joined alone, and does not count what it did meanwhile', () => {
    const { adaptation, serve, pass } = harness({ warmUpMs: 15_000, targetLatencyMs: 10 });
    serve(0, 100, 1000);
    pass(10_000);
    assert.equal(adaptation.report('a')!.waiting, 'warm-up: 5 s left');
    pass(10_000);
    assert.deepEqual([adaptation.report('a')!.waiting, adaptation.report('a')!.share], ['0 of 20 samples', 1]);
  });

  it('leaves a backend without requests alone, and starts over when it is back', () => {
    const { adaptation, serve, pass, out, shares } = harness({ targetLatencyMs: 10, speed: 1 });
    serve(0, 100, 1000);
    pass(10_000);
    const low = shares.get(0)!;
    out.set('a', 'unhealthy');
    serve(0, 100, 1);
    pass(10_000);
    assert.deepEqual([adaptation.report('a')!.waiting, shares.get(0)], ['unhealthy', low]);
    out.delete('a');
    adaptation.rejoined('a');
    assert.equal(shares.get(0), 1);
  });

  it('does not take the pace of one that fails for the target', () => {
    const { adaptation, serve, pass } = harness();
    serve(0, 100, 1, 100);
    serve(1, 100, 1, 100);
    serve(2, 100, 50);
    pass(10_000);
    const { targetLatencyMs, share } = adaptation.report('c')!;
    assert.ok(Math.abs(targetLatencyMs! - 50) < 4 && share === 1);
    assert.ok(adaptation.report('a')!.share < 1 && adaptation.report('b')!.share < 1);
  });

  it('reports a share that has moved by a tenth, with the reason', () => {
    const { serve, pass, moved } = harness({ targetLatencyMs: 10, latencyShare: 0.5, errorShare: 0.5 });
    for (let round = 0; round < 3; round += 1) {
      serve(0, 100, 1000, 1);
      pass(10_000);
    }
    assert.equal(moved.length, 1);
    assert.match(moved[0]!, /^a 1\.00 0\.86 \d+ ms against 10 ms, errors 1 %$/);
  });

  it('keeps shares over a reload, and gives them back when it is switched off', () => {
    const { adaptation, serve, pass, update, shares } = harness({ targetLatencyMs: 10 });
    serve(0, 100, 1000);
    pass(10_000);
    const low = shares.get(0)!;
    update({ speed: 0.2 });
    assert.equal(adaptation.report('a')!.share, low);
    update({ enabled: false });
    assert.deepEqual([shares.get(0), adaptation.report('a')], [1, null]);
  });
});
