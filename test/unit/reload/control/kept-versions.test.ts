import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, afterEach, describe, it } from 'node:test';
import { KeptVersions } from '../../../../src/reload/control/kept-versions.ts';
import { versionsFolder } from '../../../../src/reload/control/versions-folder.ts';

describe('kept versions', () => {
  let root: string;
  let folder: string;
  let logged: string[];

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'sluice-versions-'));
    folder = join(root, 'versions', 'a');
    logged = [];
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function open(): KeptVersions {
    const note = (_details: object, message: string): void => void logged.push(message);
    return new KeptVersions({ folder, log: { warn: note, info: note } as never, wallMs: () => 1000 });
  }
  const numbers = (versions: KeptVersions): number[] => versions.list().map(({ number }) => number);

  it('are the last ten, in files that only the owner may read', () => {
    const versions = open();
    assert.equal(versions.newest, null);
    for (let at = 1; at <= 12; at += 1) versions.add(`text ${at}`, 'api', 'alice');
    assert.deepEqual(numbers(versions), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    assert.equal(readdirSync(folder).length, 10);
    assert.deepEqual([statSync(folder).mode & 0o777, statSync(join(folder, '12.json')).mode & 0o777], [0o700, 0o600]);
    const { text: _text, ...shown } = versions.get(12)!;
    assert.deepEqual(versions.list()[0], shown);
    assert.deepEqual([shown.at, shown.origin, shown.by, shown.bytes, shown.isStored], [1000, 'api', 'alice', 7, true]);
    assert.equal(versions.withDigest(shown.digest.slice(0, 16))!.number, 12);
    assert.equal(versions.get(2), undefined);
  });

  it('continue after a restart', () => {
    const first = open();
    first.add('one', 'start', null);
    first.add('two: "${SECRET}"', 'api', 'bob');
    const second = open();
    assert.deepEqual(second.list(), first.list());
    assert.equal(second.newest!.text, 'two: "${SECRET}"');
    second.add('two: "${SECRET}"', 'start', null);
    assert.deepEqual(numbers(second), [2, 1], 'the same text is no new version');
    second.add('one', 'rollback', null);
    assert.deepEqual(numbers(open()), [3, 2, 1]);
  });

  it('that are damaged are left out and reported, and their numbers are not used again', () => {
    open().add('one', 'start', null);
    writeFileSync(join(folder, '2.json'), '{"number": 2, "at"');
    writeFileSync(join(folder, '3.json'), '{"number": 9, "at": 1, "origin": "api", "by": null, "text": "x"}');
    writeFileSync(join(folder, '4.json'), '{"number": 4, "at": 1, "origin": "moon", "by": null, "text": "x"}');
    writeFileSync(join(folder, 'notes.txt'), '');
    const versions = open();
    assert.deepEqual(numbers(versions), [1]);
    assert.deepEqual(logged, Array(3).fill('a kept version of the configuration cannot be read'));
    versions.add('five', 'api', null);
    assert.deepEqual(numbers(open()), [5, 1]);
  });

  it('take at most 16 MiB, but the last two always stay', () => {
    const versions = open();
    const large = 'x'.repeat(7 * 1024 * 1024);
    for (const end of ['a', 'b', 'c']) versions.add(large + end, 'api', null);
    assert.deepEqual(numbers(versions), [3, 2]);
    versions.add(large + large + large, 'api', null);
    assert.deepEqual(numbers(versions), [4, 3]);
  });

  it('are in memory while the disk is full, and written later', () => {
    const versions = open();
    versions.add('one', 'start', null);
    const fill = (): void => symlinkSync('/dev/full', join(folder, `2.json.${process.pid}.new`));
    fill();
    versions.add('two', 'api', null);
    fill();
    versions.add('three', 'api', null);
    assert.deepEqual(logged, ['versions of the configuration are in memory only']);
    assert.deepEqual(
      versions.list().map(({ isStored }) => isStored),
      [false, false, true],
    );
    versions.add('four', 'api', null);
    assert.equal(logged.at(-1), 'versions of the configuration are stored again');
    assert.deepEqual(numbers(open()), [4, 3, 2, 1]);
  });

  it('are in memory if a file is where the folder should be', () => {
    writeFileSync(join(root, 'versions'), '');
    const versions = open();
    versions.add('one', 'start', null);
    assert.deepEqual([versions.newest!.text, versions.newest!.isStored], ['one', false]);
    assert.deepEqual(logged, ['versions of the configuration are in memory only']);
    assert.equal(readFileSync(join(root, 'versions'), 'utf8'), '');
  });
});

it('gateways of a fleet have a folder each; one that is alone keeps it when its host is renamed', () => {
  const settings = (url: string | null, fleet: string | null, gateway: string | null = null) =>
    ({ database: { url, dataDir: '/data', gateway }, fleet: { name: fleet }, server: { port: 80 } }) as never;
  assert.equal(versionsFolder(settings(null, null)), '/data/versions/sluice');
  assert.equal(versionsFolder(settings('postgres://x', 'edge/1')), '/data/versions/edge%2F1');
  assert.equal(versionsFolder(settings(null, null, 'old')), '/data/versions/old');
  assert.match(versionsFolder(settings('postgres://x', null)), /^\/data\/versions\/.+%3A80$/);
});
