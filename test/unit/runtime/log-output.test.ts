import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Dropped, GATHER_MS, LogOutput } from '../../../src/runtime/log-output.ts';
import type { LogSink, OnWritten } from '../../../src/runtime/log-sink.ts';

/** A reader that takes what it is allowed to, then reports why not. */
class FakeSink implements LogSink {
  readonly maxBytes = 64;
  text = '';
  room = Infinity;
  code = 'EAGAIN';
  /** Running writes, if it answers later. */
  pending: (() => void)[] | null = null;
  #called: (() => void)[] = [];

  write(bytes: Buffer, at: number, length: number, done: OnWritten): void {
    const finish = (): void => {
      let written = 0;
      let code: string | null = null;
      try {
        written = this.writeSync(bytes, at, length);
      } catch {
        ({ code } = this);
      }
      done(code, written);
      for (const resolve of this.#called.splice(0)) resolve();
    };
    if (this.pending === null) finish();
    else this.pending.push(finish);
  }

  writeSync(bytes: Buffer, at: number, length: number): number {
    if (this.room === 0) throw Object.assign(new Error(this.code), { code: this.code });
    const written = Math.min(length, this.room);
    this.room -= written;
    this.text += bytes.toString('utf8', at, at + written);
    return written;
  }

  /** Resolves when it was written to, or refused to be, once more. */
  called(): Promise<void> {
    return new Promise((resolve) => this.#called.push(resolve));
  }
}

/** What was written by now has gone to the sink. */
const gathered = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, GATHER_MS + 1));

describe('the output of the log', () => {
  test('lines that come within a few milliseconds are written together, none of them torn', async () => {
    const sink = new FakeSink();
    const writes: number[] = [];
    const write = sink.write.bind(sink);
    sink.write = (bytes, at, length, done) => {
      writes.push(length);
      write(bytes, at, length, done);
    };
    const output = new LogOutput(sink);
    for (let at = 0; at < 5; at += 1) output.write(`${'x'.repeat(29)}\n`);
    assert.equal(sink.text, '');
    await gathered();
    assert.deepEqual(writes, [60, 60, 30]);
    assert.equal(sink.text.length, 150);
    assert.equal(output.droppedTotal, 0);
  });

  test('while nobody reads, as much as fits waits and the rest is dropped and counted; then one notice says how many', async () => {
    const sink = new FakeSink();
    sink.room = 0;
    let drops = 0;
    const output = new LogOutput(sink, { capacity: 100, onDrop: () => (drops += 1) });
    const notices: Dropped[] = [];
    output.onResumed = (dropped) => {
      notices.push(dropped);
      output.write(`dropped ${dropped.lines}\n`);
    };
    for (let at = 0; at < 30; at += 1) output.write(`line ${10 + at}.\n`);
    await gathered();
    assert.deepEqual([output.droppedTotal, drops], [19, 19]);

    sink.room = Infinity;
    await sink.called();
    await gathered();
    assert.deepEqual(notices, [{ lines: 19, cause: 'EAGAIN' }]);
    output.write('later\n');
    await gathered();
    const kept = Array.from({ length: 11 }, (_, at) => `line ${10 + at}.\n`).join('');
    assert.equal(sink.text, `${kept}dropped 19\nlater\n`);
  });

  test('a slow reader does not get a notice for each gap: lines are taken again when half of the buffer is free', async () => {
    const sink = new FakeSink();
    sink.room = 0;
    const output = new LogOutput(sink, { capacity: 100 });
    let notices = 0;
    output.onResumed = () => (notices += 1);
    for (let at = 0; at < 12; at += 1) output.write('123456789\n');
    await gathered();
    assert.equal(output.droppedTotal, 2);
    sink.room = 20;
    await sink.called();
    output.write('123456789\n');
    assert.deepEqual([output.droppedTotal, notices], [3, 0]);
    sink.room = 40;
    while (notices === 0) await sink.called();
    output.write('123456789\n');
    assert.equal(output.droppedTotal, 3);
  });

  test('a line longer than the buffer is dropped, and the next one is not', async () => {
    const sink = new FakeSink();
    const output = new LogOutput(sink, { capacity: 20 });
    output.write(`${'x'.repeat(30)}\n`);
    await gathered();
    output.write('short\n');
    await gathered();
    assert.deepEqual([sink.text, output.droppedTotal], ['short\n', 1]);
  });

  test('a slow write is awaited without blocking anything, and its bytes stay in place', async () => {
    const sink = new FakeSink();
    sink.pending = [];
    const output = new LogOutput(sink, { capacity: 40 });
    output.write('first\n');
    await gathered();
    output.write('second\n');
    await gathered();
    assert.equal(sink.pending.length, 1, 'one at a time');
    sink.pending.shift()!();
    sink.pending.shift()!();
    assert.equal(sink.text, 'first\nsecond\n');
  });

  test('a full disk and a closed pipe throw nothing, and what the notice says is their name', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    for (const code of ['ENOSPC', 'EPIPE', 'EIO', 'EBADF']) {
      const sink = new FakeSink();
      sink.room = 0;
      sink.code = code;
      const output = new LogOutput(sink, { capacity: 20 });
      const notices: Dropped[] = [];
      output.onResumed = (dropped) => notices.push(dropped);
      for (let at = 0; at < 3; at += 1) output.write('123456789\n');
      t.mock.timers.tick(GATHER_MS);
      sink.room = Infinity;
      t.mock.timers.tick(999);
      assert.equal(sink.text, '', 'not before a second has passed');
      t.mock.timers.tick(1);
      assert.deepEqual(notices, [{ lines: 1, cause: code }]);
      assert.equal(sink.text, '123456789\n123456789\n');
    }
  });

  test('at the end of the process, what waits is written, and half a second is waited for a reader at most', () => {
    const sink = new FakeSink();
    const output = new LogOutput(sink, { capacity: 100 });
    output.write('last\n');
    output.flushSync();
    assert.equal(sink.text, 'last\n');

    sink.room = 3;
    output.write('never read\n');
    const began = performance.now();
    output.flushSync();
    const tookMs = performance.now() - began;
    assert.equal(sink.text, 'last\nnev');
    assert.ok(tookMs >= 500, `${tookMs} ms`);
  });
});
