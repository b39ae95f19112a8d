import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { ChallengeLookups } from '../../../src/acme/challenge-lookups.ts';

function build() {
  const asked: number[] = [];
  const clock = { nowMs: 1000 };
  const lookups = new ChallengeLookups({ ask: (id) => void asked.push(id), nowMs: () => clock.nowMs });
  return { asked, clock, lookups };
}

const token = (at: number): string => `token-${String(at).padStart(20, '0')}`;

test('a lookup ends with its answer, or after a tenth of a second', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { asked, lookups } = build();
  const answered = lookups.startForToken(token(1))!;
  lookups.end(asked[0]!);
  await answered;
  const late = lookups.startForToken(token(2))!;
  mock.timers.tick(100);
  await late;
  lookups.end(asked[1]!);
});

test('what was missed a moment ago is not looked up again', () => {
  const { asked, clock, lookups } = build();
  assert.notEqual(lookups.start('a.example.com'), undefined);
  assert.equal(lookups.start('a.example.com'), undefined);
  clock.nowMs += 1000;
  assert.notEqual(lookups.start('a.example.com'), undefined);
  for (const id of asked) lookups.end(id);
});

test('a flood of tokens makes few lookups, and what cannot be a token makes none', () => {
  const { asked, clock, lookups } = build();
  for (let at = 0; at < 1000; at += 1) void lookups.startForToken(token(at));
  assert.equal(asked.length, 10);
  clock.nowMs += 500;
  for (let at = 1000; at < 2000; at += 1) void lookups.startForToken(token(at));
  assert.equal(asked.length, 15);
  clock.nowMs += 10_000;
  for (const other of ['', 'abc', 'x'.repeat(129), `${'x'.repeat(30)}/../`, `${'x'.repeat(30)}%2f`]) {
    assert.equal(lookups.startForToken(other), undefined);
  }
  for (const id of asked) lookups.end(id);
});
