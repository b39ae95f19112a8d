import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { adminServer, command } from '../../support/admin-server.ts';
import { eventually } from '../../support/eventually.ts';
import { guardedWorld } from '../../support/guarded-config.ts';

const text = (port: number): string =>
  `pools: { p: { backends: [{ url: "http://a:${port}", id: b1 }] } }\nroutes: [{ name: all, pool: p }]\n`;

async function start(t: TestContext) {
  const world = await guardedWorld(t, text(1));
  const admin = await adminServer(t, { configuration: world.configuration });
  const sluice = (...args: string[]) => command(['config', ...args, '--admin', admin], {}, world.folder);
  const write = (port: number): string => {
    writeFileSync(join(world.folder, `new-${port}.yaml`), text(port));
    return `new-${port}.yaml`;
  };
  return { ...world, sluice, write };
}

describe('sluice config', () => {
  test('plans a file, and applies that plan', async (t) => {
    const { sluice, write, file } = await start(t);
    const planned = await sluice('plan', write(2));
    assert.deepEqual([planned.code, planned.err], [0, '']);
    const [, id] = /^1 change:\n {2}changed {2}backend b1 \(url\)\nplan (\S+)\n$/.exec(planned.out)!;
    assert.equal(file(), text(1));
    const applied = await sluice('apply', write(2), '--plan', id!, '--watch', '0');
    assert.deepEqual([applied.code, applied.out, applied.err], [0, 'applied as version 2\n', '']);
    assert.equal(file(), text(2));
    const again = await sluice('apply', write(3), '--plan', id!, '--watch', '0');
    assert.equal(again.code, 1);
    assert.match(again.err, /400 GW_VALIDATION.*\n {2}plan_id: belongs to another text/);
    const outdated = await sluice('apply', write(2), '--plan', id!);
    assert.equal(outdated.code, 1);
    assert.match(outdated.err, /412 GW_PLAN_OUTDATED: .* from version 1 to 2\n {2}backend b1: changed: url\n$/);
  });

  test('follows a change that is kept to its end, and one that returns', async (t) => {
    const { sluice, write, send, look, file, configuration } = await start(t);
    send('all', 100);
    const keeping = sluice('apply', write(2), '--watch', '1s');
    await eventually('it is watched', () => configuration.watch()?.version === 2);
    for (let at = 0; at < 12; at += 1) {
      send('all', 20);
      look();
    }
    const kept = await keeping;
    assert.deepEqual(
      [kept.code, kept.out.split('\n').slice(0, 3)],
      [0, ['1 change:', '  changed  backend b1 (url)', 'applied as version 2; watching for 1 s']],
    );
    assert.match(kept.out, /^all +errors +0\.0 % +0\.0 % +100 +240 +same$/m);
    assert.match(kept.out, /version 2 kept: nothing became worse\n$/);
    assert.equal(kept.err, 'look 12 of 12: 3 comparisons, none worse\n');

    const running = sluice('apply', write(3), '--watch', '1s', '--json');
    await eventually('it is watched', () => configuration.watch()!.version === 3);
    for (let at = 0; at < 2; at += 1) {
      send('all', 60, 503);
      look();
    }
    const reverted = await running;
    assert.equal(reverted.code, 1);
    const { number, watch } = JSON.parse(reverted.out) as { number: number; watch: { state: string; reason: string } };
    assert.deepEqual([number, watch.state], [3, 'reverted']);
    assert.match(watch.reason, /^errors of route all rose from /);
    assert.equal(file(), text(2));
    const last = await sluice('watch');
    assert.equal(last.code, 1);
    assert.match(last.out, /version 3 REVERTED: errors of route all/);
  });

  test('does not wait if told so; the watch is shown, and ended by keep', async (t) => {
    const { sluice, write } = await start(t);
    assert.deepEqual(await sluice('watch'), { code: 0, out: 'no change has been watched since the start\n', err: '' });
    const applied = await sluice('apply', write(2), '--no-wait', '--watch', '1h');
    assert.match(applied.out, /applied as version 2; watching for 3600 s\n$/);
    const shown = await sluice('watch', '--no-wait');
    assert.deepEqual([shown.code, shown.out], [0, 'version 2 is being watched\n']);
    const kept = await sluice('keep');
    assert.deepEqual([kept.code, kept.out], [0, 'version 2 kept: ended by anonymous\n']);
    const twice = await sluice('keep');
    assert.deepEqual([twice.code, twice.err], [1, 'sluice config: 404 GW_NOT_FOUND: No change is being watched\n']);
  });

  test('lists versions, shows what lies between them, and brings one back', async (t) => {
    const { sluice, write, file } = await start(t);
    await sluice('apply', write(2), '--watch', '0');
    const { out } = await sluice('versions');
    assert.match(
      out,
      /^VERSION +APPLIED +ORIGIN +BY +BYTES +DIGEST\n2 \* +\S+Z +api +anonymous +\d+ +[0-9a-f]{12}\n1 +\S+Z +start +- /,
    );
    const numbers = JSON.parse((await sluice('versions', '--json')).out) as { number: number }[];
    assert.deepEqual(
      numbers.map(({ number }) => number),
      [2, 1],
    );
    const diff = 'from version 1 to 2:\n1 change:\n  changed  backend b1 (url)\n';
    assert.equal((await sluice('diff', '1')).out, diff);
    assert.equal((await sluice('diff', '2', '1')).out, diff);
    const back = await sluice('rollback', '1', '--watch', '0');
    assert.deepEqual([back.code, back.out, file()], [0, 'applied as version 3\n', text(1)]);
    const unchanged = await sluice('rollback', '3');
    assert.deepEqual([unchanged.code, unchanged.out], [0, 'nothing to apply: these settings are current\n']);
    const missing = await sluice('rollback', '9');
    assert.deepEqual(
      [missing.code, missing.err],
      [1, 'sluice config: 404 GW_NOT_FOUND: Version 9 is not kept; kept are 1, 2, 3\n'],
    );
  });

  test('explains mistakes, and changes nothing', async (t) => {
    const { sluice, file, folder } = await start(t);
    for (const [args, message] of [
      [[], /no action; allowed: plan, apply, watch, keep, versions, diff, rollback/],
      [['aply'], /unknown action 'aply'; did you mean "apply"\?; allowed: plan, /],
      [['plan', 'a', 'b'], /plan: found 2 words; allowed: \[FILE\]/],
      [['apply'], /apply: found 0 words; allowed: FILE/],
      [['versions', 'x'], /versions: found 1 words; allowed: none/],
      [['rollback', 'last'], /found 'last', allowed is the number of a version/],
      [['apply', 'c.yaml', '--watch', '1.5s'], /--watch: found '1\.5s', allowed are whole seconds up to 3600s/],
      [['apply', 'c.yaml', '--watch', '2h'], /--watch: found '2h'/],
    ] as const) {
      const { code, err } = await sluice(...args);
      assert.equal(code, 2, err);
      assert.match(err, message);
    }
    const missing = await sluice('plan', 'none.yaml');
    assert.deepEqual(
      [missing.code, missing.err],
      [1, 'sluice config: none.yaml cannot be read: the file does not exist\n'],
    );
    assert.match(
      (await sluice('plan', 'sluice.config.ts')).err,
      /is code, which the API never runs; allowed: a file of/,
    );
    writeFileSync(join(folder, 'bad.yaml'), 'pools: 5');
    const invalid = await sluice('apply', 'bad.yaml');
    assert.equal(invalid.code, 1);
    assert.match(invalid.err, /400 GW_VALIDATION.*\n {2}c\.yaml:1:8: pools: /);
    assert.equal(file(), text(1));
  });
});
