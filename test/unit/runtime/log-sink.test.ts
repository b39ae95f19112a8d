import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type LogSink, logSink, type LogTarget, logWriter, releaseLogTurn } from '../../../src/runtime/log-sink.ts';

function write(sink: LogSink, text: string): Promise<string | null> {
  const bytes = Buffer.from(text);
  return new Promise((resolve) => sink.write(bytes, 0, bytes.length, resolve));
}

describe('a file as the log', () => {
  test('is written by one thread at a time, and one that died does not keep its turn', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-log-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'log');
    const fd = openSync(path, 'w');
    t.after(() => closeSync(fd));
    const target: LogTarget = { kind: 'file', fd, turn: new SharedArrayBuffer(4) };
    const [control, first] = [logSink(target, logWriter()), logSink(target, logWriter(0))];

    const writing = write(control, 'one\n');
    assert.equal(await write(first, 'two\n'), 'EAGAIN', 'the pool has no second thread for the log');
    assert.equal(await writing, null);
    assert.equal(await write(first, 'two\n'), null);
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');

    // It ends in the middle of a write, and never hears of its end.
    const cell = new Int32Array(target.turn);
    cell[0] = logWriter(3);
    releaseLogTurn(target, logWriter(0));
    assert.equal(await write(control, 'three\n'), 'EAGAIN', 'another holds it');
    releaseLogTurn(target, logWriter(3));
    assert.equal(await write(control, 'three\n'), null);
  });
});
