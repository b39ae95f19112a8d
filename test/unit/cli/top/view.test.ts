import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { frameView } from '../../../../src/telemetry/api/frame-view.ts';
import { topLines, type TopState } from '../../../../src/cli/top/view.ts';
import { fitted, table } from '../../../../src/cli/top/text.ts';
import { FakeTelemetry } from '../../../support/fake-telemetry.ts';

const telemetry = new FakeTelemetry();
const frames = [telemetry.report(), telemetry.report()].map((report, at) => ({
  ...frameView(report, 'frame', 1000),
  at: new Date(Date.UTC(2026, 0, 1, 0, 0, 2 * at)).toISOString(),
}));
const wide = { columns: 200, rows: 100, colour: false };
const state: TopState = { url: 'http://gw', frame: frames[1]!, previous: frames[0]!, talkers: null, trouble: null };

describe('the view of sluice top', () => {
  test('each backend has a line: what it is, does, and why it gets nothing', () => {
    const lines = topLines(state, wide);
    assert.match(lines[0]!, /^Sluice \S+ {2}http:\/\/gw {2}up /);
    assert.ok(
      lines.some((line) => /^api +api-1 +healthy +[\d.-]+ +3 +10 +25\.5 +1 % +closed +1$/.test(line)),
      lines.join('\n'),
    );
    assert.ok(lines.some((line) => /^api +http:\S+ +unhealthy .* open /.test(line)));
    assert.ok(lines.some((line) => /^web +web-1 +unchecked .* - +- /.test(line)));
  });

  test('rates are made of two frames and the time between them', () => {
    const [before, now] = frames.map((frame, at) => ({
      ...frame,
      backends: [{ ...frame.backends[0]!, requests_total: 100 + at * 50 }],
    }));
    const row = (more: Partial<TopState>): string =>
      topLines({ ...state, ...more }, wide).find((line) => line.startsWith('api'))!;
    assert.match(row({ frame: now!, previous: before! }), / healthy +25 /);
    assert.match(row({ frame: now!, previous: null }), / healthy +- /);
    assert.match(row({ frame: before!, previous: now! }), / healthy +- /);
  });

  test('clients are shown if the gateway reports them', () => {
    const talkers = [{ key: 'mobile-app', kind: 'id', registered: true, requests: 90, refused: 4 }];
    const lines = topLines({ ...state, talkers }, wide);
    assert.deepEqual(lines.slice(-2), ['CLIENT      KIND  REQUESTS  REFUSED', 'mobile-app  id          90        4']);
    assert.ok(!topLines(state, wide).some((line) => line.startsWith('CLIENT')));
  });

  test('nothing is wider or longer than the screen, and omissions are shown', () => {
    for (const rows of [4, 8, 9, 12]) {
      const lines = topLines(state, { columns: 40, rows, colour: true });
      assert.ok(lines.length <= rows);
      for (const line of lines) assert.ok(stripVTControlCharacters(line).length <= 40, line);
    }
    assert.ok(topLines(state, { ...wide, rows: 9 }).some((line) => /^… and \d more$/.test(line)));
  });

  test('colours are only where they are wanted', () => {
    assert.ok(!topLines(state, wide).join('').includes('\x1B'));
    assert.ok(
      topLines(state, { ...wide, colour: true })
        .join('')
        .includes('\x1B[32mhealthy'),
    );
  });

  test('trouble is shown, above the last metrics or without any', () => {
    const trouble = 'cannot connect; again in 2 s';
    assert.ok(topLines({ ...state, trouble }, wide).includes(`disconnected: ${trouble}`));
    assert.equal(topLines({ ...state, frame: null, trouble }, wide)[0], `disconnected: ${trouble}`);
    assert.match(topLines({ ...state, frame: null }, wide)[0]!, /^waiting/);
  });
});

describe('text for a terminal', () => {
  test('a line is cut by what is seen of it, and its style ends', () => {
    assert.equal(fitted('\x1B[31mabcdef\x1B[0m', 4), '\x1B[31mabc\x1B[0m…');
    assert.equal(fitted('abcd', 4), 'abcd');
  });

  test('nothing in a cell moves the cursor', () => {
    assert.deepEqual(table([['a\r\nb', 'c\x1B[2J']]), ['a??b  c?[2J']);
    assert.deepEqual(table([['a\x1B[31mb', { text: 'c\x1B[0m', style: 'bad' }]], [], true), [
      'a?[31mb  \x1B[31mc?[0m\x1B[0m',
    ]);
  });
});
