import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cookieValue, eachCookie, withoutCookies } from '../../../src/net/cookie.ts';

test('a cookie is found among others, without the space around it', () => {
  assert.equal(cookieValue('a=1; session=xyz; b=2', 'session'), 'xyz');
  assert.equal(cookieValue('session=xyz;b=2', 'session'), 'xyz');
  assert.equal(cookieValue('a=1;session = xyz ', 'session'), 'xyz');
});

test('a value may contain equals signs and may be empty', () => {
  assert.equal(cookieValue('token=YQ==', 'token'), 'YQ==');
  assert.equal(cookieValue('token=', 'token'), '');
});

test('a cookie of which the name is only a part is another cookie', () => {
  assert.equal(cookieValue('my-session=1; session2=2', 'session'), undefined);
  assert.equal(cookieValue('a=session=1', 'session'), undefined);
});

test('names are case-sensitive', () => assert.equal(cookieValue('Session=1', 'session'), undefined));

test('of two cookies with the same name the first counts', () => assert.equal(cookieValue('a=1; a=2', 'a'), '1'));

test('all cookies of a name are visited in their order, until one is found', () => {
  const visited = (max: number): string[] => {
    const values: string[] = [];
    eachCookie('a=1; b=2; a=3;a=4; aa=5', 'a', (value) => values.push(value) < max);
    return values;
  };
  assert.deepEqual(visited(9), ['1', '3', '4']);
  assert.deepEqual(visited(2), ['1', '3']);
});

test('no field, an empty field and a pair without an equals sign hold no cookie', () => {
  assert.equal(cookieValue(undefined, 'a'), undefined);
  assert.equal(cookieValue('', 'a'), undefined);
  assert.equal(cookieValue('a', 'a'), undefined);
});

test('one cookie is taken out, the others stay as they are', () => {
  assert.equal(withoutCookies('a=1; own=2; b="3"', ['own']), 'a=1; b="3"');
  assert.equal(withoutCookies('own=2; a=1', ['own']), 'a=1');
  assert.equal(withoutCookies('a=1;own=2', ['own']), 'a=1');
  assert.equal(withoutCookies('own=1; own=2', ['own']), '');
  assert.equal(withoutCookies('own', ['own']), '');
  assert.equal(withoutCookies('disown=1; a=own', ['own']), 'disown=1; a=own');
  assert.equal(withoutCookies('a=1;  b=2', ['own']), 'a=1;  b=2');
});

test('cookies of several names are taken out', () => {
  assert.equal(withoutCookies('a=1; own=2; other=3; own=4; b=5', ['own', 'other']), 'a=1; b=5');
  assert.equal(withoutCookies('a=1; own=2', []), 'a=1; own=2');
});
