import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupEvents } from '../../../dashboard/src/views/events/event-groups.ts';
import { matches, type TimelineEntry } from '../../../dashboard/src/views/events/timeline.ts';

const START = Date.parse('2026-12-01T12:00:00Z');

function entry(second: number, target: string | null, more: Partial<TimelineEntry> = {}): TimelineEntry {
  return {
    id: `event ${second}`,
    at: new Date(START + second * 1000).toISOString(),
    kind: 'health',
    tone: 'info',
    target,
    text: `${target} changed`,
    change: null,
    ...more,
  };
}

test('a flood of one kind on one target is one row, also with others between', () => {
  const flood = Array.from({ length: 300 }, (_, at) => entry(600 - at, at % 2 === 0 ? 'b1' : 'b2'));
  const groups = groupEvents(flood);
  assert.deepEqual(
    groups.map(({ target, entries }) => [target, entries.length]),
    [
      ['b1', 150],
      ['b2', 150],
    ],
  );
  assert.deepEqual([groups[0]!.entries[0]!.id, groups[0]!.id], ['event 600', 'event 302']);
});

test('another kind, another target and a pause of ten minutes begin another row', () => {
  const groups = groupEvents([
    entry(2000, 'b1'),
    entry(1400, 'b1'),
    entry(799, 'b1'),
    entry(798, 'b1', { kind: 'circuit' }),
    entry(797, null, { text: 'one' }),
    entry(796, null, { text: 'other' }),
  ]);
  assert.deepEqual(
    groups.map(({ entries }) => entries.length),
    [2, 1, 1, 1, 1],
  );
});

test('a row is as severe as its worst event', () => {
  const groups = groupEvents([entry(2, 'b1'), entry(1, 'b1', { tone: 'error' }), entry(0, 'b1', { tone: 'warn' })]);
  assert.equal(groups[0]!.tone, 'error');
});

test('entries are found by kind, target and text', () => {
  const all = { kinds: new Set<string>(), text: '', target: '' };
  assert.ok(matches(entry(0, 'b1'), all));
  assert.ok(matches(entry(0, 'b1'), { kinds: new Set(['health']), text: ' B1 ', target: 'b1' }));
  assert.ok(!matches(entry(0, 'b1'), { ...all, kinds: new Set(['circuit']) }));
  assert.ok(!matches(entry(0, 'b1'), { ...all, target: 'b2' }));
  assert.ok(!matches(entry(0, 'b1'), { ...all, text: 'b2' }));
});
