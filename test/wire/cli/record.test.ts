import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { adminServer, command } from '../../support/admin-server.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeRecordings } from '../../support/fake-recordings.ts';

const types = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { type: string }).type);

describe('sluice record', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-record-'));
  after(() => rm(folder, { recursive: true }));

  test('writes a recording to a new file for its owner only, until its time is over', async (t) => {
    const { recordings, told, timers } = fakeRecordings();
    const admin = ['--admin', await adminServer(t, { recordings })];
    const args = ['--route', 'api', '--sample', '0.5', '--for', '2m', '--bodies', '--out', 'a.ndjson'];
    const running = command(['record', ...args, ...admin], {}, folder);
    await eventually('the threads record', () => told.length === 1);
    const { id, route, sample, bodies } = told[0]!;
    assert.deepEqual([route, sample, bodies], ['api', 0.5, true]);
    recordings.add({ recording: id, lines: '{"type":"request"}\n{"type":"request"}\n', count: 2, dropped: 1 });
    await eventually('it is read', () => timers.size === 1);
    timers.get(120_000)!();
    assert.deepEqual(await running, {
      code: 0,
      out: '',
      err: 'recorded 2 requests in a.ndjson, left out 1: its time is over\n',
    });
    const path = join(folder, 'a.ndjson');
    assert.deepEqual(types(readFileSync(path, 'utf8')), ['recording', 'request', 'request', 'end']);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('prints it without a file', async (t) => {
    const { recordings, timers, told } = fakeRecordings();
    const running = command(['record', '--for', '1s', '--admin', await adminServer(t, { recordings })]);
    await eventually('it is read', () => told.length === 1 && timers.size === 1);
    await recordings.stop(recordings.list()[0]!.id);
    const { code, out, err } = await running;
    assert.deepEqual(
      [code, types(out), err],
      [0, ['recording', 'end'], 'recorded 0 requests, left out 0: it was stopped\n'],
    );
  });

  test('fails if the gateway goes away before the end', async (t) => {
    const { recordings, timers, told } = fakeRecordings();
    const running = command(['record', '--admin', await adminServer(t, { recordings })]);
    await eventually('it is read', () => told.length === 1 && timers.size === 1);
    recordings.close();
    const { code, err } = await running;
    assert.equal(code, 1);
    assert.match(err, /sluice record: (the recording broke off|the gateway closed the recording before its end)/);
  });

  test('never writes over a file, and leaves none if nothing is recorded', async (t) => {
    const { recordings, told } = fakeRecordings();
    const admin = ['--admin', await adminServer(t, { recordings })];
    writeFileSync(join(folder, 'b.ndjson'), 'mine');
    const over = await command(['record', '--out', 'b.ndjson', ...admin], {}, folder);
    assert.deepEqual([over.code, told.length], [1, 0]);
    assert.match(over.err, /--out: .*b\.ndjson cannot be written: it exists already/);
    const refused = await command(['record', '--route', 'none', '--out', 'c.ndjson', ...admin], {}, folder);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /400 GW_VALIDATION[^]*route: must be a route of the configuration, found 'none'/);
    assert.equal(existsSync(join(folder, 'c.ndjson')), false);
  });

  for (const [args, expected] of [
    [['x'], /unexpected argument 'x'/],
    [['--for', 'long'], /--for: found 'long', allowed is a duration/],
    [['--sample', 'x'], /--sample: found 'x', allowed is a number/],
  ] as const) {
    test(`record ${args.join(' ')} is a mistake of usage`, async () => {
      const { code, err } = await command(['record', ...args]);
      assert.equal(code, 2);
      assert.match(err, expected);
    });
  }
});
