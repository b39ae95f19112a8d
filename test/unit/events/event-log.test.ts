import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackendHistory, KEPT_CHANGES } from '../../../src/backends/backend-history.ts';
import { EventLog, KEPT_EVENTS } from '../../../src/events/event-log.ts';
import type { EventKind } from '../../../src/events/core/events-vocabulary.ts';

const event = (kind: EventKind, message: string) => ({ kind, severity: 'info', subject: null, message }) as const;

test('events are given newest first, page by page, with ids that count up', () => {
  let wallMs = 100;
  const log = new EventLog(() => (wallMs += 1));
  assert.deepEqual(log.page({ limit: 10 }), { items: [], next: null });
  for (let count = 1; count <= 5; count += 1) log.append(event('health', `${count}`));
  const first = log.page({ limit: 2 });
  assert.deepEqual(
    first.items.map(({ id, at, message }) => [id, at, message]),
    [
      [5, 105, '5'],
      [4, 104, '4'],
    ],
  );
  assert.equal(first.next, 4);
  const second = log.page({ limit: 3, before: 4 });
  assert.deepEqual([second.items.map(({ id }) => id), second.next], [[3, 2, 1], null]);
});

test('events of one kind are picked out of the others', () => {
  const log = new EventLog(() => 0);
  for (const kind of ['health', 'thread', 'health', 'database'] as const) log.append(event(kind, kind));
  const { items, next } = log.page({ limit: 1, kind: 'health' });
  assert.deepEqual([items.map(({ id }) => id), next], [[3], 3]);
  assert.deepEqual(log.page({ limit: 1, kind: 'health', before: next! }).items[0]!.id, 1);
  assert.deepEqual(log.page({ limit: 1, kind: 'limit' }), { items: [], next: null });
});

test('the last thousand events are kept', () => {
  const log = new EventLog(() => 0);
  for (let count = 0; count < KEPT_EVENTS + 10; count += 1) log.append(event('client', ''));
  const { items } = log.page({ limit: KEPT_EVENTS });
  assert.deepEqual([items.length, items[0]!.id, items.at(-1)!.id], [KEPT_EVENTS, KEPT_EVENTS + 10, 11]);
});

test('the last hundred changes of each backend are kept, until it is forgotten', () => {
  const history = new BackendHistory(() => 7);
  const change = (to: number) => ({ kind: 'weight', from: '', to: String(to), reason: null }) as const;
  for (let count = 1; count <= KEPT_CHANGES + 1; count += 1) history.append('a', change(count));
  history.append('b', change(1));
  assert.deepEqual(history.of('a')[0], { ...change(KEPT_CHANGES + 1), at: 7 });
  assert.deepEqual([history.of('a').length, history.of('a').at(-1)!.to], [KEPT_CHANGES, '2']);
  history.forget('a');
  assert.deepEqual([history.of('a'), history.of('b').length, history.of('c')], [[], 1, []]);
});
