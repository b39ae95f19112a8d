import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { noCounts, OtlpExporter } from '../../../../src/otlp/control/otlp-exporter.ts';
import type { PostResult } from '../../../../src/otlp/control/post-otlp.ts';
import type { OtlpBody } from '../../../support/collector.ts';

const DONE: PostResult = { kind: 'done', rejected: 0, message: '' };
const retry = (afterMs: number | null = null): PostResult => ({ kind: 'retry', reason: 'it answered 503', afterMs });

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
  isStopped: boolean;
}

function start(options: { readonly isEachAlone?: boolean } = {}) {
  let nowMs = 0;
  const timers: Timer[] = [];
  const posts: {
    readonly body: OtlpBody;
    readonly answer: (result: PostResult) => void;
    readonly signal: AbortSignal;
  }[] = [];
  const events: string[] = [];
  const log: string[] = [];
  const counts = noCounts();
  const exporter = new OtlpExporter(
    { signal: 'traces', target: { url: 'http://collector:4318/v1/traces', headers: {} }, counts, ...options },
    {
      post: (_target, body, signal) =>
        new Promise((resolve) => {
          posts.push({ body: JSON.parse(body.toString()) as OtlpBody, answer: resolve, signal });
        }),
      source: () => ({ version: '1', resource: {} }),
      log: pino({}, { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) }),
      onEvent: (severity, subject, message) => events.push(`${severity} ${subject} ${message}`),
      nowMs: () => nowMs,
      wallMs: () => 1_000_000 + nowMs,
      random: () => 0,
      after: (ms, callback) => {
        const timer = { atMs: nowMs + ms, callback, isStopped: false };
        timers.push(timer);
        return () => {
          timer.isStopped = true;
        };
      },
    },
  );
  /** The answer to the last request; resolves when it was taken. */
  const answer = async (result: PostResult): Promise<void> => {
    posts.at(-1)!.answer(result);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  const pass = (ms: number): void => {
    nowMs += ms;
    for (const timer of timers.splice(0)) {
      if (timer.isStopped) continue;
      if (timer.atMs <= nowMs) timer.callback();
      else timers.push(timer);
    }
  };
  const add = (count: number, text = 'x'): void =>
    exporter.add({
      count,
      bytes: bytesOf(Array.from({ length: count }, (_, at) => `{"name":"${text}${at}"}`).join(',')),
      dropped: 0,
    });
  const sizes = (): number[] => posts.map(({ body }) => body.resourceSpans![0]!.scopeSpans[0]!.spans!.length);
  return { exporter, posts, counts, events, log, answer, pass, add, sizes };
}

test('one request at a time, with 512 spans at most', async () => {
  const { add, sizes, answer, counts } = start();
  add(1);
  for (let turn = 0; turn < 5; turn += 1) add(256);
  assert.deepEqual(sizes(), [1]);
  await answer(DONE);
  assert.deepEqual(sizes(), [1, 512]);
  await answer(DONE);
  await answer(DONE);
  assert.deepEqual(sizes(), [1, 512, 512, 256]);
  await answer(DONE);
  assert.equal(counts.exported, 1281);
});

test('what waits is a copy: the memory of a batch goes back to its thread', async () => {
  const { exporter, posts, answer } = start();
  const large = (name: string): Uint8Array<ArrayBuffer> =>
    bytesOf(JSON.stringify({ name, text: name.repeat(100_000) }));
  for (const name of ['a', 'b', 'c', 'd']) {
    const bytes = large(name);
    exporter.add({ count: 300, bytes, dropped: 0 });
    bytes.fill(0);
    if (name === 'b') await answer(DONE);
  }
  await answer(DONE);
  await answer(DONE);
  const names = posts.map(({ body }) => body.resourceSpans![0]!.scopeSpans[0]!.spans!.map(({ name }) => name));
  assert.deepEqual(names, [['a'], ['b'], ['c'], ['d']]);
});

test('a request that fails is sent again after a pause that doubles, and then the rest', async () => {
  const { add, answer, pass, posts, sizes, exporter, counts } = start();
  add(3);
  await answer(retry());
  add(2);
  assert.equal(posts.length, 1);
  assert.deepEqual([exporter.report.state, exporter.report.queued], ['failing', 5]);
  pass(499);
  assert.equal(posts.length, 1);
  pass(1);
  assert.deepEqual(posts[1]!.body, posts[0]!.body);
  await answer(retry());
  pass(999);
  assert.equal(posts.length, 2);
  pass(1);
  await answer(DONE);
  assert.deepEqual(sizes(), [3, 3, 3, 2]);
  await answer(DONE);
  assert.equal(counts.exported, 5);
  assert.deepEqual([exporter.report.state, exporter.report.lastError, exporter.report.queued], ['ok', null, 0]);
});

test('the pause is the one that the collector asks for, up to a minute', async () => {
  const { add, answer, pass, posts } = start();
  add(1);
  await answer(retry(7000));
  pass(6999);
  assert.equal(posts.length, 1);
  pass(1);
  assert.equal(posts.length, 2);
  await answer(retry(3_600_000));
  pass(59_999);
  assert.equal(posts.length, 2);
});

test('a request that the collector refuses is dropped, and counted', async () => {
  const { add, answer, counts, posts, pass, exporter } = start();
  add(4);
  await answer({ kind: 'refused', reason: 'it answered 400' });
  assert.equal(counts.dropped.refused, 4);
  assert.equal(exporter.report.lastError, 'it answered 400');
  add(1, 'y');
  assert.equal(posts.length, 1);
  pass(500);
  assert.equal(posts[1]!.body.resourceSpans![0]!.scopeSpans[0]!.spans![0]!.name, 'y0');
});

test('a request that is not accepted within a minute is given up', async () => {
  const { add, answer, pass, counts, sizes } = start();
  add(2);
  for (let turn = 0; turn < 5; turn += 1) {
    await answer(retry(15_000));
    assert.equal(counts.dropped.expired, turn === 4 ? 2 : 0);
    add(1);
    pass(15_000);
  }
  assert.deepEqual(sizes(), [2, 2, 2, 2, 2, 5]);
});

test('4096 spans wait at most: what comes then is dropped and counted, as is what threads have dropped', async () => {
  const { add, exporter, counts, answer, sizes } = start();
  for (let turn = 0; turn < 20; turn += 1) add(256);
  assert.deepEqual([exporter.report.queued, counts.dropped.full], [4096 + 256, 3 * 256]);
  exporter.add({ count: 0, bytes: bytesOf(''), dropped: 9 });
  assert.equal(counts.dropped.full, 3 * 256 + 9);
  await answer(DONE);
  add(256);
  assert.equal(counts.dropped.full, 3 * 256 + 9);
  assert.deepEqual(sizes(), [256, 512]);
});

test('spans that an accepted request had in vain are counted, and reported once', async () => {
  const { add, answer, counts, events, log } = start();
  for (let turn = 0; turn < 3; turn += 1) {
    add(5);
    await answer({ kind: 'done', rejected: 2, message: 'too old' });
  }
  assert.deepEqual([counts.exported, counts.dropped.rejected], [9, 6]);
  assert.deepEqual(events, ['warn traces the collector rejected some traces: too old']);
  assert.deepEqual(log, ['collector rejected a part of the telemetry']);
});

test('an outage is one event, its end another, and one that comes and goes is not reported all the time', async () => {
  const { add, answer, pass, events, log } = start();
  add(1);
  for (let turn = 0; turn < 5; turn += 1) {
    await answer(retry());
    pass(10_000);
  }
  await answer(DONE);
  assert.deepEqual(events, [
    'warn traces traces cannot be exported: it answered 503',
    'info traces traces are exported again',
  ]);
  assert.deepEqual(log, ['telemetry cannot be exported', 'telemetry is exported again']);
  events.length = 0;
  for (let turn = 0; turn < 20; turn += 1) {
    add(1);
    await answer(retry());
    pass(2500);
    await answer(DONE);
  }
  assert.ok(events.length <= 2, events.join('\n'));
});

test('closing sends what waits at once, even in a pause', async () => {
  const { add, answer, exporter, counts, sizes, posts } = start();
  add(1);
  await answer(retry(60_000));
  add(2);
  const closed = exporter.close(3000);
  await answer(DONE);
  await answer(DONE);
  await closed;
  assert.deepEqual(sizes(), [1, 1, 2]);
  assert.equal(counts.exported, 3);
  add(1);
  assert.equal(posts.length, 3);
});

test('closing waits for a collector that hangs no longer than its limit, and ends the request', async () => {
  const { add, exporter, counts, pass, posts } = start();
  add(3);
  add(4);
  const closed = exporter.close(3000);
  pass(3000);
  await closed;
  assert.equal(posts[0]!.signal.aborted, true);
  assert.equal(counts.dropped.stopped, 7);
});

test('closing tries a request that fails no second time', async () => {
  const { add, exporter, counts, answer, posts } = start();
  add(3);
  const closed = exporter.close(3000);
  await answer(retry());
  await closed;
  assert.equal(posts.length, 1);
  assert.equal(counts.dropped.stopped, 3);
});

test('metrics that wait are replaced by newer ones', async () => {
  const { exporter, posts, answer, pass } = start({ isEachAlone: true });
  const piece = (text: string) => ({ bytes: bytesOf(`{"name":"${text}"}`), count: 1 });
  exporter.replace([piece('a1'), piece('a2')]);
  await answer(retry());
  exporter.replace([piece('b1'), piece('b2')]);
  pass(500);
  await answer(DONE);
  await answer(DONE);
  assert.deepEqual(
    posts.map(({ body }) => body.resourceSpans![0]!.scopeSpans[0]!.spans!.map(({ name }) => name)),
    [['a1'], ['b1'], ['b2']],
  );
});
