import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { ScaleRounds, type ScaleTarget } from '../../../src/cli/scale/scale-rounds.ts';
import { CommandFailure } from '../../../src/cli/read-words.ts';
import type { ScaleReport, TargetReport } from '../../../src/scaling/scale-report.ts';
import { adminServer, command } from '../../support/admin-server.ts';
import { fakeScaling } from '../../support/fake-scaling.ts';

const [web] = fakeScaling.report().pools as [TargetReport];

function scalingOf(report: Partial<ScaleReport>) {
  return { scaling: { report: () => ({ ...fakeScaling.report(), ...report }) } };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-scale-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

describe('sluice scale', () => {
  test('shows what is wanted, by pool', async (t) => {
    const gateway = { ...web, name: '', limitedBy: null, wanted: 2, present: 2, ready: 2, asked: 2 };
    const admin = ['--admin', await adminServer(t, scalingOf({ gateway, pools: [web, { ...web, name: 'api' }] }))];
    const { code, out } = await command(['scale', ...admin]);
    assert.equal(code, 0);
    assert.deepEqual(
      out.split('\n').map((line) => line.split('  REASON')[0]),
      [
        'TARGET    WANTED  PRESENT  READY  MIN  MAX',
        'gateways       2        2      2    1    4  rps 812.346, target 200: 2; p95 not known',
        'web            4        3      2    1    4  rps 812.346, target 200: 5; max is 4; p95 not known',
        'api            4        3      2    1    4  rps 812.346, target 200: 5; max is 4; p95 not known',
        '',
      ],
    );
    const { out: json } = await command(['scale', 'web', '--json', ...admin]);
    assert.deepEqual(
      (JSON.parse(json) as ScaleTarget[]).map(({ name, wanted }) => [name, wanted]),
      [['web', 4]],
    );
    const none = await command(['scale', '--admin', await adminServer(t, scalingOf({ pools: [] }))]);
    assert.deepEqual([none.code, none.out], [0, 'no pool has scale in the configuration, and the fleet has none\n']);
  });

  test('runs the command with the number: the given one, or the one that is wanted', async (t) => {
    const cwd = folder(t);
    const admin = ['--admin', await adminServer(t)];
    const run = ['--run', 'echo "$SLUICE_TARGET $SLUICE_REPLICAS" >> ran'];
    const given = await command(['scale', 'web', '--replicas', '2', ...run, ...admin], {}, cwd);
    assert.deepEqual([given.code, given.out], [0, 'web: from 3 to 2 replicas\n']);
    const auto = await command(['scale', 'all', ...run, ...admin], {}, cwd);
    assert.equal(auto.out, 'web: from 3 to 4 replicas (rps 812.346, target 200: 5; max is 4; p95 not known)\n');
    assert.equal(readFileSync(join(cwd, 'ran'), 'utf8'), 'web 2\nweb 4\n');
    const failed = await command(['scale', 'web', '--run', 'exit 7', ...admin], {}, cwd);
    assert.deepEqual([failed.code, failed.err], [1, 'sluice scale: web: the command ended with 7\n']);
  });

  test('refuses a number out of bounds before anything runs, and pools that are not there', async (t) => {
    const cwd = folder(t);
    const admin = ['--admin', await adminServer(t)];
    const run = ['--run', 'echo ran > ran'];
    const refused: readonly [string[], number, RegExp][] = [
      [['web', '--replicas', '5', ...run], 2, /--replicas: found 5, allowed for web is 1 to 4/],
      [['web', '--replicas', '0', ...run], 2, /found '0', allowed is auto or a number from 1 to 1000/],
      [['web', '--replicas', 'two', ...run], 2, /found 'two'/],
      [['web', '--replicas', '2'], 2, /--replicas and --watch need --run/],
      [run, 2, /--run needs a pool, all or --gateways/],
      [['web', '--interval', '10ms', ...run], 2, /allowed is 1s to 10m/],
      [['nowhere', ...run], 1, /no pool with scale "nowhere"; there are: web/],
      [['--gateways', ...run], 1, /fleet\.scale is missing/],
    ];
    for (const [args, code, message] of refused) {
      const result = await command(['scale', ...args, ...admin], {}, cwd);
      assert.equal(result.code, code, args.join(' '));
      assert.match(result.err, message);
    }
    assert.throws(() => readFileSync(join(cwd, 'ran')), { code: 'ENOENT' });
  });
});

describe('sluice scale --watch', () => {
  function rounds(ends: readonly (number | string)[]) {
    const state = { wanted: 3, present: 3, away: false };
    const ran: number[] = [];
    const lines: string[] = [];
    const loop = new ScaleRounds('auto', {
      read: async () => {
        if (state.away) throw new CommandFailure('cannot reach the admin API');
        const { wanted, present } = state;
        const numbers = { wanted, present, ready: present, min: 1, max: 9, asked: wanted };
        return [{ name: 'web', ...numbers, by: 'rps', limited_by: null, reason: 'because', signals: [] }];
      },
      run: async (_name, replicas) => {
        ran.push(replicas);
        return ends[ran.length - 1] ?? 0;
      },
      print: (line) => lines.push(line),
      warn: (line) => lines.push(`warning: ${line}`),
    });
    return { state, ran, lines, loop };
  }

  test('runs the command only when another number is wanted, though replicas take a while to come', async () => {
    const { state, ran, lines, loop } = rounds([]);
    await loop.round();
    assert.deepEqual(ran, []);
    state.wanted = 5;
    await loop.round();
    await loop.round();
    state.present = 5;
    await loop.round();
    state.wanted = 4;
    await loop.round();
    assert.deepEqual(ran, [5, 4]);
    assert.deepEqual(lines, ['web: from 3 to 5 replicas (because)', 'web: from 5 to 4 replicas (because)']);
  });

  test('repeats a command that failed, and goes on after the gateway was away', async () => {
    const { state, ran, lines, loop } = rounds([1, 'no such file', 0]);
    state.wanted = 4;
    await loop.round();
    state.away = true;
    await loop.round();
    state.away = false;
    await loop.round();
    await loop.round();
    await loop.round();
    assert.deepEqual(ran, [4, 4, 4]);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('warning')),
      [
        'warning: web: the command ended with 1',
        'warning: cannot reach the admin API',
        'warning: web: the command failed: no such file',
      ],
    );
  });
});
