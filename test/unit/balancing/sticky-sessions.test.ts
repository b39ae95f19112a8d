import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StickySettings } from '../../../src/config/settings.ts';
import { StickySessions } from '../../../src/balancing/sticky-sessions.ts';

const SETTINGS: StickySettings = {
  enabled: true,
  cookie: 'lb',
  idleMs: 1_800_000,
  maxAgeMs: 28_800_000,
  sameSite: 'lax',
  secure: 'auto',
  path: '/',
  domain: null,
  partitioned: false,
  keys: [],
};
const [A, B] = [{ id: 'a' }, { id: 'b' }];
const BEGAN_S = 1_764_000_000;

function newSessions(more: Partial<StickySettings> = {}, backends = [A, B]): StickySessions<{ readonly id: string }> {
  return new StickySessions({ ...SETTINGS, ...more }, 'made at start', backends);
}

/** The Cookie field that a client sends for a Set-Cookie field. */
const sent = (field: string | null): string => `x=1; ${field!.split(';')[0]!}`;

test('a cookie binds to its backend until it has idled for too long', () => {
  const sessions = newSessions();
  const cookie = sent(sessions.fieldFor(B, null, BEGAN_S + 0.7, false));
  assert.deepEqual(sessions.find(cookie, BEGAN_S), {
    backend: B,
    startedS: BEGAN_S,
    seenS: BEGAN_S,
    isOldKey: false,
  });
  assert.equal(sessions.find(cookie, BEGAN_S + 1799)?.backend, B);
  assert.equal(sessions.find(cookie, BEGAN_S + 1800), null);
  assert.equal(sessions.find(cookie, BEGAN_S - 3600)?.backend, B, 'a clock that goes back ends nothing');
  assert.equal(sessions.find(undefined, BEGAN_S), null);
});

test('a fresh cookie is not set again; a tenth of the idle time later it is, for the same session', () => {
  const sessions = newSessions();
  const session = sessions.find(sent(sessions.fieldFor(A, null, BEGAN_S, false)), BEGAN_S);
  assert.equal(sessions.fieldFor(A, session, BEGAN_S + 180, false), null);
  const renewed = sessions.find(sent(sessions.fieldFor(A, session, BEGAN_S + 181, false)), BEGAN_S + 181);
  assert.deepEqual([renewed!.startedS, renewed!.seenS], [BEGAN_S, BEGAN_S + 181]);
});

test('with another backend, another session begins', () => {
  const sessions = newSessions();
  const session = sessions.find(sent(sessions.fieldFor(A, null, BEGAN_S, false)), BEGAN_S);
  const moved = sessions.find(sent(sessions.fieldFor(B, session, BEGAN_S + 60, false)), BEGAN_S + 60);
  assert.deepEqual([moved!.backend, moved!.startedS], [B, BEGAN_S + 60]);
});

test('a backend that is no longer in the pool binds no session', () => {
  const cookie = sent(newSessions().fieldFor(B, null, BEGAN_S, false));
  assert.equal(newSessions({}, [A]).find(cookie, BEGAN_S), null);
});

test('cookies of the key before are found until it is taken out', () => {
  const [before, after] = [
    { id: 'k1', secret: '1'.repeat(32) },
    { id: 'k2', secret: '2'.repeat(32) },
  ];
  const cookie = sent(newSessions({ keys: [before] }).fieldFor(B, null, BEGAN_S, false));
  const rotated = newSessions({ keys: [after, before] });
  const session = rotated.find(cookie, BEGAN_S);
  assert.deepEqual([session!.backend, session!.isOldKey], [B, true]);
  assert.match(rotated.fieldFor(B, session, BEGAN_S, false)!, /^lb=v1\.k2\./);
  assert.equal(newSessions({ keys: [after] }).find(cookie, BEGAN_S), null);
});

test('more sessions than are remembered are found all the same', () => {
  const sessions = newSessions();
  const cookies = Array.from({ length: 5000 }, (_, at) =>
    sent(sessions.fieldFor(A, null, BEGAN_S + at / 1000 + at, false)),
  );
  for (const cookie of [...cookies, ...cookies]) assert.equal(sessions.find(cookie, BEGAN_S + 5000 - 4000)?.backend, A);
});

test('of several cookies of the name, the valid one counts, wherever it stands', () => {
  const sessions = newSessions();
  const valid = sent(sessions.fieldFor(B, null, BEGAN_S, false));
  const tooOld = sent(sessions.fieldFor(A, null, BEGAN_S - 1800, false));
  const forged = `${sent(sessions.fieldFor(A, null, BEGAN_S, false)).slice(0, -3)}xyz`;
  for (const field of [
    `lb=v1.old.x.y.z; ${valid}`,
    `${valid}; lb=v1.old.x.y.z`,
    `lb=; ${valid}`,
    `${tooOld}; ${valid}`,
    `${valid}; ${tooOld}`,
    `${forged}; ${valid}; ${forged}`,
  ]) {
    assert.equal(sessions.find(field, BEGAN_S)?.backend, B, field);
  }
  assert.equal(sessions.find(`${tooOld}; ${forged}`, BEGAN_S), null);
});

test('of several valid cookies, the one made last counts', () => {
  const sessions = newSessions();
  const older = sent(sessions.fieldFor(A, null, BEGAN_S, false));
  const newer = sent(sessions.fieldFor(B, null, BEGAN_S + 1, false));
  assert.equal(sessions.find(`${older}; ${newer}`, BEGAN_S + 2)?.backend, B);
  assert.equal(sessions.find(`${newer}; ${older}`, BEGAN_S + 2)?.backend, B);
});

test('no more than 32 cookies of the name are looked at', () => {
  const sessions = newSessions();
  const valid = sent(sessions.fieldFor(B, null, BEGAN_S, false));
  assert.equal(sessions.find(`${'lb=x; '.repeat(31)}${valid}`, BEGAN_S)?.backend, B);
  assert.equal(sessions.find(`${'lb=x; '.repeat(32)}${valid}`, BEGAN_S), null);
});

test('Secure is set as configured, and by default when the client came by TLS', () => {
  const isSecure = (secure: StickySettings['secure'], byTls: boolean): boolean =>
    newSessions({ secure }).fieldFor(A, null, BEGAN_S, byTls)!.endsWith('; Secure');
  assert.deepEqual([isSecure('auto', false), isSecure('auto', true)], [false, true]);
  assert.deepEqual([isSecure('always', false), isSecure('always', true)], [true, true]);
  assert.deepEqual([isSecure('never', false), isSecure('never', true)], [false, false]);
});
