import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CookieScope, readSession, sessionField, writeSession } from '../../../src/net/session-cookie.ts';

const SECRET = 's'.repeat(32);
const SESSION = { keyId: 'k1', opaqueId: 'abcdefgh-_ABCDE1', startedS: 1_764_000_000, seenS: 1_764_000_180 };
const secretOf = (keyId: string): string | undefined => (keyId === 'k1' ? SECRET : undefined);

test('written entries are read again', () => {
  const value = writeSession(SESSION, SECRET);
  assert.match(value, /^v1\.k1\.abcdefgh-_ABCDE1\.t68n40-50\.[\w-]{43}$/);
  assert.deepEqual(readSession(value, secretOf), SESSION);
});

test('a cookie made before its session began, by a clock that went back, counts as made then', () => {
  const value = writeSession({ ...SESSION, seenS: SESSION.startedS - 10 }, SECRET);
  assert.equal(readSession(value, secretOf)!.seenS, SESSION.startedS);
});

test('nothing of it can be changed', () => {
  const value = writeSession(SESSION, SECRET);
  for (let at = 0; at < value.length; at += 1) {
    const changed = value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
    // The last character of 43 carries two bits that mean nothing.
    if (at < value.length - 1) assert.equal(readSession(changed, secretOf), undefined, changed);
  }
});

test('a signature by another secret, or by an unknown key, is ignored', () => {
  assert.equal(readSession(writeSession(SESSION, 't'.repeat(32)), secretOf), undefined);
  assert.equal(readSession(writeSession({ ...SESSION, keyId: 'k2' }, SECRET), secretOf), undefined);
});

test('garbage is nothing', () => {
  for (const value of ['', 'v1', 'v1....', 'x'.repeat(5000), '\0', `${writeSession(SESSION, SECRET)}=`]) {
    assert.equal(readSession(value, secretOf), undefined, value);
  }
});

const SCOPE: CookieScope = { path: '/', domain: null, sameSite: 'lax', partitioned: false };

test('the field keeps scripts and other sites out, and plain connections when it can', () => {
  assert.equal(sessionField('lb', 'v', SCOPE, 60, false), 'lb=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax');
  assert.equal(sessionField('lb', 'v', SCOPE, 60, true), 'lb=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure');
});

test('the field names the path, the domain and the sites that it is for', () => {
  const scope: CookieScope = { path: '/app', domain: 'example.com', sameSite: 'none', partitioned: true };
  assert.equal(
    sessionField('lb', 'v', scope, 60, true),
    'lb=v; Path=/app; Max-Age=60; HttpOnly; SameSite=None; Domain=example.com; Partitioned; Secure',
  );
  assert.match(sessionField('lb', 'v', { ...SCOPE, sameSite: 'strict' }, 60, false), /; SameSite=Strict$/);
});
