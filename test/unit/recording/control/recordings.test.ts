import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { fakeRecordings } from '../../../support/fake-recordings.ts';

const WANTED = { route: 'api', sample: 0.5, seconds: 60, bodies: true, maxBytes: 5000 };

describe('a recording', () => {
  test('starts on all threads, with what they need', async () => {
    const { recordings, told } = fakeRecordings();
    const { id, ...report } = await recordings.start(WANTED);
    assert.deepEqual(report, {
      ...WANTED,
      startedAt: Date.parse('2026-12-01T12:00:05Z'),
      recorded: 0,
      dropped: 0,
      bytes: 0,
      ended: null,
    });
    const secretNames = ['x-api-key', 'x-our-own'];
    assert.deepEqual(told, [{ id, route: 'api', sample: 0.5, bodies: true, startMs: 5000, secretNames }]);
    assert.deepEqual(recordings.list(), [{ id, ...report }]);
  });

  test('is read from its first line to its last, with what the threads send at the end', async () => {
    const { recordings } = fakeRecordings((all, id) => all.add({ recording: id, lines: 'c\n', count: 1, dropped: 2 }));
    const { id } = await recordings.start(WANTED);
    recordings.add({ recording: id, lines: 'a\nb\n', count: 2, dropped: 1 });
    const all = text(recordings.read(id));
    assert.deepEqual((await recordings.stop(id)).ended, 'stopped');
    const [head, ...lines] = (await all).split('\n');
    assert.deepEqual(JSON.parse(head!), {
      type: 'recording',
      format: 1,
      id,
      gateway: 'gw-1',
      started_at: '2026-12-01T12:00:05.000Z',
      route: 'api',
      sample: 0.5,
      bodies: true,
    });
    const tail = '{"type":"end","reason":"stopped","recorded":3,"dropped":3}';
    assert.deepEqual(lines, ['a', 'b', 'c', tail, '']);
  });

  test('ends after its time', async () => {
    const { recordings, timers, told } = fakeRecordings();
    const { id } = await recordings.start(WANTED);
    const all = text(recordings.read(id));
    timers.get(60_000)!();
    assert.match(await all, /"reason":"time"/);
    assert.equal(told.at(-1), null);
    assert.deepEqual([...timers], []);
  });

  test('ends at its size; what comes above it is left out', async () => {
    const { recordings } = fakeRecordings((all, id) => all.add({ recording: id, lines: 'z\n', count: 1, dropped: 0 }));
    const { id } = await recordings.start(WANTED);
    const all = text(recordings.read(id));
    recordings.add({ recording: id, lines: `${'x'.repeat(4999)}\n`, count: 7, dropped: 0 });
    assert.match(await all, /"reason":"size","recorded":7,"dropped":1/);
  });

  test('ends when its reader leaves', async () => {
    const { recordings, told, logged } = fakeRecordings();
    const { id } = await recordings.start(WANTED);
    const lines = recordings.read(id);
    lines.destroy();
    await new Promise((resolve) => lines.once('close', resolve));
    await new Promise(setImmediate);
    assert.equal(told.at(-1), null);
    assert.deepEqual(recordings.list(), []);
    assert.equal((logged.at(-1) as { reason: string }).reason, 'disconnected');
  });

  test('ends if nobody comes to read it, and stays for a while if it ended before', async () => {
    const { recordings, timers } = fakeRecordings();
    await recordings.start(WANTED);
    timers.get(30_000)!();
    await new Promise(setImmediate);
    assert.deepEqual(recordings.list(), []);
    const { id } = await recordings.start(WANTED);
    await recordings.stop(id);
    assert.equal(recordings.list()[0]!.ended, 'stopped');
    assert.match(await text(recordings.read(id)), /"reason":"stopped"/);
  });

  test('leaves lines out for a reader that is too slow', async () => {
    const { recordings } = fakeRecordings();
    const { id } = await recordings.start({ ...WANTED, maxBytes: 1e9 });
    const lines = recordings.read(id);
    for (let batch = 0; batch < 50; batch += 1)
      recordings.add({ recording: id, lines: 'x'.repeat(100_000), count: 10, dropped: 0 });
    await recordings.stop(id);
    const { recorded, dropped } = recordings.list()[0]!;
    assert.deepEqual([recorded, dropped], [410, 90]);
    assert.match(await text(lines), /"recorded":410,"dropped":90}\n$/);
  });

  test('is the only one, and read by one', async () => {
    const { recordings } = fakeRecordings();
    const { id } = await recordings.start(WANTED);
    await assert.rejects(recordings.start(WANTED), { code: 'GW_RECORDING_EXISTS' });
    recordings.read(id);
    assert.throws(() => recordings.read(id), { code: 'GW_RECORDING_EXISTS' });
    assert.throws(() => recordings.read('other'), { code: 'GW_NOT_FOUND' });
    await assert.rejects(recordings.stop('other'), { code: 'GW_NOT_FOUND' });
    await recordings.stop(id);
    assert.notEqual((await recordings.start(WANTED)).id, id);
  });

  test('is of a route that exists, or of all', async () => {
    const { recordings } = fakeRecordings();
    await assert.rejects(recordings.start({ ...WANTED, route: 'nothing' }), {
      code: 'GW_VALIDATION',
      details: [
        { field: 'route', message: "must be a route of the configuration, found 'nothing'; allowed: api, web" },
      ],
    });
    assert.equal((await recordings.start({ ...WANTED, route: null })).route, null);
  });
});
