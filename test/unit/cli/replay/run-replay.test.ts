import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { replayReport } from '../../../../src/cli/replay/replay-report.ts';
import { type ReplayOptions, runReplay } from '../../../../src/cli/replay/run-replay.ts';
import type { ReplayedAnswer, Sender } from '../../../../src/cli/replay/send-request.ts';
import type { RecordedRequest } from '../../../../src/recording/core/recording-vocabulary.ts';
import { filedRequests } from '../../../support/recorded-requests.ts';

type Answers = Readonly<Record<string, ReplayedAnswer | Error>>;

/** Answers by target; 200 without JSON to anything else. */
function sender(answers: Answers = {}): Sender & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    send: async ({ target }) => {
      sent.push(target);
      const answer = answers[target] ?? { status: 200, json: undefined };
      if (answer instanceof Error) throw answer;
      return answer;
    },
    close: () => undefined,
  };
}

function options(change: Partial<ReplayOptions> = {}): ReplayOptions {
  return {
    to: sender(),
    against: null,
    speed: Infinity,
    concurrency: 4,
    compare: ['status', 'json'],
    ignore: [],
    unsafe: false,
    fields: [],
    host: null,
    signal: new AbortController().signal,
    ...change,
  };
}

const JSON_TYPE: RecordedRequest['answer_headers'] = [['Content-Type', 'application/json; charset=utf-8']];
const json = (value: unknown): Partial<RecordedRequest> => ({
  answer_headers: JSON_TYPE,
  answer_body: { text: JSON.stringify(value) },
});

describe('a replay', () => {
  test('compares status and JSON with what was recorded', async () => {
    const to = sender({
      '/same': { status: 200, json: { a: 1 } },
      '/other': { status: 200, json: { a: 2, at: 5 } },
      '/gone': { status: 404, json: undefined },
    });
    const requests = filedRequests(
      { target: '/same', ...json({ a: 1 }) },
      { target: '/other', ...json({ a: 1, at: 4 }) },
      { target: '/gone' },
      { target: '/text', answer_headers: [['content-type', 'text/plain']], answer_body: { text: '{"a":1}' } },
    );
    const result = await runReplay(requests, options({ to, ignore: ['at'] }));
    assert.deepEqual([result.sent, result.same, result.different, result.failed], [4, 2, 2, 0]);
    assert.deepEqual(result.compared, { status: 4, json: 2 });
    assert.deepEqual(result.findings, [
      {
        line: 3,
        method: 'GET',
        target: '/other',
        status: null,
        json: [{ path: 'a', expected: '1', found: '2' }],
        failure: null,
      },
      { line: 4, method: 'GET', target: '/gone', status: { expected: 200, found: 404 }, json: [], failure: null },
    ]);
  });

  test('or with the answers of another place', async () => {
    const to = sender({ '/a': { status: 500, json: { a: 1 } } });
    const against = sender({ '/a': { status: 500, json: { a: 2 } } });
    const result = await runReplay(filedRequests({ target: '/a' }), options({ to, against }));
    assert.deepEqual([to.sent, against.sent], [['/a'], ['/a']]);
    assert.deepEqual(result.findings[0]!.json, [{ path: 'a', expected: '2', found: '1' }]);
    assert.equal(result.findings[0]!.status, null);
  });

  test('compares only what it is asked to', async () => {
    const to = sender({ '/a': { status: 500, json: { a: 1 } } });
    const requests = filedRequests({ target: '/a', ...json({ a: 2 }) });
    const status = await runReplay(requests, options({ to, compare: ['status'] }));
    assert.deepEqual([status.compared, status.findings[0]!.json], [{ status: 1, json: 0 }, []]);
    const body = await runReplay(requests, options({ to, compare: ['json'] }));
    assert.deepEqual([body.compared, body.findings[0]!.status], [{ status: 0, json: 1 }, null]);
  });

  test('counts what failed and what was left out', async () => {
    const to = sender({ '/down': Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
    const requests = filedRequests({ target: '/down' }, { method: 'POST' }, { aborted: true }, { target: '/?key=***' });
    const result = await runReplay(requests, options({ to }));
    assert.deepEqual([result.sent, result.failed, result.same, result.masked], [2, 1, 1, 1]);
    assert.deepEqual(result.skipped, { unsafe: 1, 'no body': 0, aborted: 1 });
    assert.equal(result.findings[0]!.failure, 'connection refused');
  });

  test('keeps the recorded pace, and never has more on their way than allowed', async () => {
    const sentAt: number[] = [];
    let running = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const to: Sender = {
      send: async () => {
        sentAt.push(performance.now());
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          setImmediate(() => waiting.shift()!());
        });
        running -= 1;
        return { status: 200, json: undefined };
      },
      close: () => undefined,
    };
    const paced = filedRequests({ offset_ms: 1000 }, { offset_ms: 1100 }, { offset_ms: 1400 });
    const startMs = performance.now();
    await runReplay(paced, options({ to, speed: 10 }));
    // Timers count whole milliseconds: that of the third began up to one early, and may end one early.
    const dueMs = [0, 10, 40].map((ms) => startMs + ms - 2);
    assert.ok(sentAt.length === 3 && sentAt.every((ms, at) => ms >= dueMs[at]!), JSON.stringify([startMs, sentAt]));

    const many = filedRequests(...Array.from({ length: 20 }, () => ({})));
    most = 0;
    const result = await runReplay(many, options({ to, concurrency: 3 }));
    assert.deepEqual([result.sent, most], [20, 3]);
  });

  test('ends when it is stopped, with what it has found', async () => {
    const stop = new AbortController();
    const to: Sender = {
      send: async () => {
        stop.abort();
        return { status: 200, json: undefined };
      },
      close: () => undefined,
    };
    const result = await runReplay(
      filedRequests({}, { offset_ms: 3_600_000 }),
      options({ to, speed: 1, signal: stop.signal }),
    );
    assert.deepEqual([result.sent, result.same], [1, 1]);
  });
});

test('the report names what was left out, and the first differences', async () => {
  const broken = Object.fromEntries(
    Array.from({ length: 12 }, (_, at) => [`/${at}\n`, { status: 500, json: { a: 1, b: 2, c: 3, d: 4 } }]),
  );
  const requests = filedRequests(
    ...Object.keys(broken).map((target) => ({ target, ...json({}) })),
    { method: 'PUT' },
    { target: '/?sig=***' },
  );
  const result = await runReplay(requests, options({ to: sender(broken) }));
  const lines = replayReport(result, requests.length, ['status', 'json']).split('\n');
  assert.deepEqual(lines.slice(0, 12), [
    'replayed 13 of 14 requests: 1 same, 12 different, 0 failed',
    'compared: status of 13, json of 12',
    'left out: 1 with an unsafe method (--unsafe sends them)',
    '1 were sent without what is secret in them (--header adds fields)',
    '',
    'GET /0? (line 2)',
    '  status: 200 → 500',
    '  json a: missing → 1',
    '  json b: missing → 2',
    '  json c: missing → 3',
    '  and 1 more',
    '',
  ]);
  assert.deepEqual(lines.slice(-3), ['', 'and 2 more', '']);
});
