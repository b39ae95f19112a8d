import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bearerToken, hasScopes, isCompactToken, validUntilMs } from '../../../../src/auth/core/token-rules.ts';

test('a bearer token is recognized in any case, and no other scheme is', () => {
  assert.equal(bearerToken('Bearer a.b.c'), 'a.b.c');
  assert.equal(bearerToken('bEARER   a.b.c '), 'a.b.c');
  for (const field of [undefined, '', 'Bearer', 'Bearer a b', 'Basic a.b.c', 'a.b.c']) {
    assert.equal(bearerToken(field), undefined, field);
  }
});

test('a token has three parts', () => {
  assert.equal(isCompactToken('a.b-_.c'), true);
  for (const text of ['', 'a.b', 'a.b.', '.b.c', 'a.b.c.d', 'a.b.c.d.e', 'a.b.c=', 'a.b. c']) {
    assert.equal(isCompactToken(text), false, text);
  }
});

test('scopes are whole words of scope, or of scp', () => {
  assert.equal(hasScopes({}, []), true);
  assert.equal(hasScopes({}, ['read']), false);
  assert.equal(hasScopes({ scope: 'write read' }, ['read', 'write']), true);
  assert.equal(hasScopes({ scope: 'readwrite' }, ['read']), false);
  assert.equal(hasScopes({ scp: ['read'] }, ['read']), true);
  assert.equal(hasScopes({ scope: 7 }, ['read']), false);
  assert.equal(hasScopes({ scope: '', scp: ['read'] }, ['read']), false);
});

test('a token is remembered until it expires, until it is too old, or for a while', () => {
  const times = { leewayMs: 30_000, maxAgeMs: 60_000 };
  assert.equal(validUntilMs({ exp: 1010 }, times, 1_000_000, 300_000), 1_040_000);
  assert.equal(validUntilMs({ exp: 9999, iat: 990 }, times, 1_000_000, 300_000), 1_080_000);
  assert.equal(validUntilMs({ exp: 9999, iat: 990 }, { ...times, maxAgeMs: null }, 1_000_000, 300_000), 1_300_000);
  assert.equal(validUntilMs({}, times, 1_000_000, 300_000), 1_300_000);
});
