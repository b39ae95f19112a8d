/** Plans, rollbacks and returns over a real file; how traffic is judged is in test/unit/reload/core. */
import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { GatewayError } from '../../../../src/errors.ts';
import { LOOKS } from '../../../../src/reload/control/change-watch.ts';
import { eventually } from '../../../support/eventually.ts';
import { guardedWorld } from '../../../support/guarded-config.ts';

const text = (port: number, more = ''): string =>
  `pools: { p: { backends: [{ url: "http://a:${port}", id: b1 }] } }\nroutes: [{ name: all, pool: p }]\n${more}`;
const watched = { by: 'alice', watchSeconds: 3600 };
const unwatched = { by: 'alice', watchSeconds: 0 };

/** The next text is written to a device that is always full. */
function fillDisk(path: string): void {
  symlinkSync('/dev/full', `${path}.new`);
}

describe('a plan', () => {
  it('is applied if nothing has changed, also by a process that never saw it', async (t) => {
    const world = await guardedWorld(t, text(1));
    const { planId, changes } = await world.configuration.check(text(2));
    assert.deepEqual(changes, [{ kind: 'backend', action: 'changed', name: 'b1', keys: ['url'] }]);
    const later = await guardedWorld(t, undefined, { folder: world.folder });
    const report = await later.configuration.apply(text(2), planId!, unwatched);
    assert.deepEqual([report.result, report.number, report.watch], ['applied', 2, null]);
    assert.equal(later.file(), text(2));
    const [newest] = later.configuration.versions();
    assert.deepEqual([newest!.number, newest!.origin, newest!.by], [2, 'api', 'alice']);
  });

  it('is refused with the changes since, if the configuration was changed', async (t) => {
    const { configuration, file } = await guardedWorld(t, text(1));
    const { planId } = await configuration.check(text(2));
    await configuration.replace(text(3, 'retries: { attempts: 5 }\n'));
    await assert.rejects(configuration.apply(text(2), planId!, unwatched), {
      code: 'GW_PLAN_OUTDATED',
      statusCode: 412,
      message: 'The configuration has changed since this plan was made: from version 1 to 2',
      details: [
        { field: 'pool p', message: 'changed: retries.attempts' },
        { field: 'backend b1', message: 'changed: url' },
      ],
    });
    assert.equal(file(), text(3, 'retries: { attempts: 5 }\n'));
  });

  it('is refused if the file was edited, and nobody has read it yet', async (t) => {
    const { configuration, edit, file } = await guardedWorld(t, text(1));
    const { planId } = await configuration.check(text(2));
    edit(text(1, '# mine\n'));
    await assert.rejects(configuration.apply(text(2), planId!, unwatched), {
      code: 'GW_PLAN_OUTDATED',
      message: 'The file has been edited since this plan was made',
    });
    assert.equal(file(), text(1, '# mine\n'));
  });

  it('is refused if the version it was made on is forgotten', async (t) => {
    const { configuration } = await guardedWorld(t, text(1));
    const { planId } = await configuration.check(text(2));
    for (let port = 10; port < 21; port += 1) await configuration.replace(text(port));
    await assert.rejects(configuration.apply(text(2), planId!, unwatched), { message: /is not kept$/ });
  });

  it('is made of the text as an editor has it, whose hidden secrets stay in the file', async (t) => {
    const secret = 'a-secret-of-length-20-and-more';
    const full = `# mine\nadmin: { token: ${secret} }\n${text(1)}`;
    const { configuration, edit, file } = await guardedWorld(t, full);
    const shown = configuration.editable();
    assert.deepEqual([shown.hidden, shown.number, shown.isFileChanged], [1, 1, false]);
    const placeholder = `"*** 1 of ${configuration.versions()[0]!.digest.slice(0, 8)}"`;
    assert.equal(shown.text, full.replace(secret, placeholder));
    assert.deepEqual((await configuration.check(shown.text!)).changes, []);
    const wanted = `${shown.text!}log: { level: warn }\n`;
    const { planId, changes } = await configuration.check(wanted);
    assert.deepEqual(
      changes.map(({ name }) => name),
      ['log.level'],
    );
    await configuration.apply(wanted, planId!, unwatched);
    assert.equal(file(), `${full}log: { level: warn }\n`);
    await assert.rejects(configuration.replace(`${wanted}# ${placeholder}\n`), { code: 'GW_VALIDATION' });
    // It stands for the same secret still, although the text is another one now.
    await configuration.replace(`${wanted}# more\n`);
    assert.equal(file(), `${full}log: { level: warn }\n# more\n`);
    edit(text(2));
    assert.deepEqual([configuration.editable().isFileChanged, configuration.editable().number], [true, 3]);
  });

  it('says where a mistake is in the text as it was sent, whatever the length of the hidden secrets', async (t) => {
    const full = `admin:\n  token: >-\n    a-secret-of-length-20-and-more\n${text(1)}`;
    const { configuration } = await guardedWorld(t, full);
    const shown = configuration.editable().text!;
    const sent = `${shown}log: { level: loud }\n`;
    const line = shown.split('\n').length;
    for (const change of [() => configuration.check(sent), () => configuration.replace(sent)]) {
      await assert.rejects(change(), ({ details }: GatewayError) => {
        const found = details!.find(({ field }) => field === 'log.level');
        assert.deepEqual([found?.line, found?.column], [line, 15]);
        assert.match(found!.message, new RegExp(`:${line}:15: log\\.level`));
        return true;
      });
    }
    const beside = shown.replace(/"\*\*\*[^"]*"/, '$&\n  port: x');
    await assert.rejects(configuration.check(beside), ({ details }: GatewayError) => {
      assert.deepEqual([details![0]!.line, details![0]!.column], [3, 9]);
      return true;
    });
  });

  it('belongs to its text', async (t) => {
    const { configuration } = await guardedWorld(t, text(1));
    const { planId } = await configuration.check(text(2));
    for (const [wanted, id] of [
      [text(3), planId!],
      [text(2), 'nonsense'],
    ] as const) {
      await assert.rejects(configuration.apply(wanted, id, unwatched), (error: Error & { details: unknown[] }) => {
        assert.deepEqual([error.details.length, (error.details[0] as { field: string }).field], [1, 'plan_id']);
        return true;
      });
    }
  });

  it('is not made of the file itself, and not of an invalid text', async (t) => {
    const { configuration } = await guardedWorld(t, text(1));
    assert.equal((await configuration.check()).planId, null);
    await assert.rejects(configuration.check('pools: 5'), { code: 'GW_VALIDATION' });
  });
});

describe('a version', () => {
  it('is kept for every text that applied, whatever brought it', async (t) => {
    const { configuration, reloader, edit } = await guardedWorld(t, text(1));
    await configuration.replace(text(2), unwatched);
    edit(text(3));
    await reloader.reload('file');
    edit('pools: 5');
    await assert.rejects(reloader.reload('signal'));
    edit(text(4));
    await reloader.reload('signal');
    assert.deepEqual(
      configuration.versions().map(({ number, origin, by }) => [number, origin, by]),
      [
        [4, 'signal', null],
        [3, 'file', null],
        [2, 'api', 'alice'],
        [1, 'start', null],
      ],
    );
  });

  it('shows its settings without secrets, and what lies between two of them', async (t) => {
    const secret = 'admin: { token: "a-token-that-is-long-enough" }\n';
    const { configuration } = await guardedWorld(t, text(1, secret));
    await configuration.replace(
      text(2, 'admin: { token: "${TOKEN}" }\n'.replace('${TOKEN}', 'another-long-enough-token')),
    );
    const { settings, problems } = await configuration.version(1);
    assert.deepEqual([(settings as { admin: { token: string } }).admin.token, problems], ['***', []]);
    assert.doesNotMatch(JSON.stringify(settings), /long-enough/);
    assert.deepEqual(await configuration.changesBetween(1, 2), [
      { kind: 'setting', action: 'changed', name: 'admin.token', keys: [] },
      { kind: 'backend', action: 'changed', name: 'b1', keys: ['url'] },
    ]);
    await assert.rejects(configuration.version(9), {
      code: 'GW_NOT_FOUND',
      message: 'Version 9 is not kept; kept are 1, 2',
    });
  });

  it('shows names with a variable in them as the file has them', async (t) => {
    const named = text(1).replace('all', '"${NAME}"');
    const { configuration } = await guardedWorld(t, named, { env: { NAME: 'secret-name' } });
    await configuration.replace(text(1));
    assert.deepEqual(
      (await configuration.changesBetween(1, 2)).map(({ name, action }) => [name, action]),
      [
        ['all', 'added'],
        ['${NAME}', 'removed'],
      ],
    );
  });

  it('comes back by its number, with variables that only it used', async (t) => {
    const old = text(1).replace('all', '"${NAME}"');
    const { configuration, file, settings } = await guardedWorld(t, old, { env: { NAME: 'first' } });
    await configuration.replace(text(2));
    await assert.rejects(configuration.replace(old), { code: 'GW_VALIDATION' });
    const { result, number } = await configuration.rollback(1, unwatched);
    assert.deepEqual([result, number, file(), settings().routes[0]!.name], ['applied', 3, old, 'first']);
    assert.deepEqual(configuration.versions()[0]!.origin, 'rollback');
    assert.equal((await configuration.rollback(3, unwatched)).result, 'unchanged');
    await assert.rejects(configuration.rollback(8, unwatched), { code: 'GW_NOT_FOUND' });
  });

  it('that is no longer valid says why, and does not come back', async (t) => {
    const world = await guardedWorld(t, text(1));
    await world.configuration.replace(text(2));
    const version = join(world.folder, 'versions', '2.json');
    writeFileSync(version, JSON.stringify({ number: 2, at: 1, origin: 'api', by: null, text: 'pools: {}\n' }));
    const again = await guardedWorld(t, text(1), { folder: world.folder });
    const { settings, problems } = await again.configuration.version(2);
    assert.equal(settings, null);
    assert.match(problems[0]!, /pools/);
    await assert.rejects(again.configuration.rollback(2, unwatched), { code: 'GW_VALIDATION' });
    assert.equal(again.file(), text(1));
  });
});

describe('a change that cannot be written', () => {
  it('changes nothing and says why', async (t) => {
    const { configuration, file, path, settings } = await guardedWorld(t, text(1));
    const { planId } = await configuration.check(text(2));
    fillDisk(path);
    await assert.rejects(configuration.apply(text(2), planId!, watched), {
      code: 'GW_CONFIG_NOT_WRITABLE',
      message: 'The file c.yaml cannot be written: there is no space left on the disk; nothing was changed',
    });
    assert.deepEqual(
      [file(), settings().pools[0]!.backends[0]!.url, configuration.watch()],
      [text(1), 'http://a:1', null],
    );
  });

  it('is taken back if it is valid but cannot be applied', async (t) => {
    const { configuration, file, events } = await guardedWorld(t, text(1), {
      apply: () => {
        throw new RangeError('backends: found 5000; at most 4096 are supported');
      },
    });
    await assert.rejects(configuration.replace(text(2), watched), { code: 'GW_VALIDATION' });
    assert.deepEqual([file(), configuration.versions().length, configuration.watch()], [text(1), 1, null]);
    assert.match(events.at(-1)!, /reload refused: backends: found 5000/);
  });
});

/** A watch of an hour, so that only the test looks. */
async function watchedChange(t: Parameters<typeof guardedWorld>[0]) {
  const world = await guardedWorld(t, text(1));
  world.send('all', 400);
  const { planId } = await world.configuration.check(text(2));
  const report = await world.configuration.apply(text(2), planId!, watched);
  assert.equal(report.watch!.state, 'watching');
  const look = (failed: number): void => {
    world.send('all', 60 - failed);
    world.send('all', failed, 502);
    world.look();
  };
  return { ...world, look };
}

describe('a watched change', () => {
  it('returns by itself when more requests fail, and operators see it', async (t) => {
    const { configuration, look, file, settings, ended, logged } = await watchedChange(t);
    const heard: unknown[] = [];
    configuration.onRevert((watch) => void heard.push(watch));
    look(30);
    assert.equal(configuration.watch()!.state, 'watching');
    look(30);
    await eventually('it is back', () => configuration.watch()!.state !== 'watching');
    const { state, reason, comparisons, version, previous } = configuration.watch()!;
    assert.deepEqual([state, version, previous], ['reverted', 2, 1]);
    assert.equal(
      reason,
      'errors of route all rose from 0 % (0 of 400) to 50 % (60 of 120): the text of version 1 is back',
    );
    assert.equal(comparisons[0]!.verdict, 'worse');
    assert.deepEqual([file(), settings().pools[0]!.backends[0]!.url], [text(1), 'http://a:1']);
    assert.deepEqual(
      configuration.versions().map(({ number, origin }) => [number, origin]),
      [
        [3, 'revert'],
        [2, 'api'],
        [1, 'start'],
      ],
    );
    assert.deepEqual([ended.length, heard.length, configuration.reverts], [1, 1, 1]);
    assert.match(logged.at(-1)!, /"trigger":"revert"/);
  });

  it('stays if nothing becomes worse', async (t) => {
    const { configuration, look, file } = await watchedChange(t);
    for (let at = 0; at < LOOKS; at += 1) look(0);
    assert.deepEqual([configuration.watch()!.state, file()], ['kept', text(2)]);
  });

  it('is no longer watched after another change, by whatever means', async (t) => {
    const { configuration, reloader, edit } = await watchedChange(t);
    edit(text(3));
    await reloader.reload('file');
    const { state, reason } = configuration.watch()!;
    assert.deepEqual([state, reason], ['ended', 'version 3 was applied']);
    await configuration.replace(text(4), watched);
    await configuration.rollback(1, watched);
    assert.deepEqual([configuration.watch()!.state, configuration.watch()!.version], ['watching', 5]);
  });

  it('stays watched if another change is refused', async (t) => {
    const { configuration } = await watchedChange(t);
    await assert.rejects(configuration.replace('pools: 5'));
    assert.equal((await configuration.reload()).result, 'unchanged');
    assert.equal(configuration.watch()!.state, 'watching');
  });

  it('does not overwrite a file that was edited meanwhile', async (t) => {
    const { configuration, look, edit, file } = await watchedChange(t);
    edit(text(2, '# mine\n'));
    look(30);
    look(30);
    await eventually('it has ended', () => configuration.watch()!.state !== 'watching');
    const { state, reason } = configuration.watch()!;
    assert.deepEqual([state, file()], ['ended', text(2, '# mine\n')]);
    assert.match(reason!, /^the file was changed; otherwise version 1 would return: errors of route all rose/);
  });

  it('reports if the version before cannot return', async (t) => {
    const { configuration, look, path } = await watchedChange(t);
    const heard: string[] = [];
    configuration.onRevert(({ state }) => void heard.push(state));
    look(30);
    fillDisk(path);
    look(30);
    await eventually('it has ended', () => configuration.watch()!.state !== 'watching');
    assert.match(configuration.watch()!.reason!, /version 1 cannot return: The file c\.yaml cannot be written/);
    assert.deepEqual([configuration.watch()!.state, heard], ['revert_failed', ['revert_failed']]);
  });

  it('is kept when an operator ends the watch', async (t) => {
    const { configuration, look, file } = await watchedChange(t);
    look(60);
    const { state, reason } = configuration.endWatch('bob');
    assert.deepEqual([state, reason], ['kept', 'ended by bob']);
    look(60);
    assert.deepEqual([configuration.watch()!.look, file()], [1, text(2)]);
    assert.throws(() => configuration.endWatch('bob'), { code: 'GW_NOT_FOUND' });
  });

  it('needs a watch to be asked for, and a change', async (t) => {
    const { configuration, edit } = await guardedWorld(t, text(1));
    assert.equal((await configuration.replace(text(2))).watch, null);
    assert.equal((await configuration.replace(text(2, '# a comment\n'), watched)).watch, null);
    edit(text(3));
    assert.equal((await configuration.reload(watched)).watch!.previous, 3);
  });
});
