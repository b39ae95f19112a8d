import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHost, requestTarget } from '../../../src/routing/request-target.ts';

test('a path is used as it is', () => {
  assert.deepEqual(requestTarget('/a?b=http://c', 'GET'), { target: '/a?b=http://c', authority: undefined });
  assert.deepEqual(requestTarget('//host/a', 'GET'), { target: '//host/a', authority: undefined });
});

test('an absolute URL gives path and host', () => {
  const rows = [
    ['http://shop.example:81/a?b', '/a?b', 'shop.example:81'],
    ['HTTPS://[::1]/', '/', '[::1]'],
    ['http://shop.example', '/', 'shop.example'],
    ['http://shop.example?x', '/?x', 'shop.example'],
  ] as const;
  for (const [text, target, authority] of rows) assert.deepEqual(requestTarget(text, 'GET'), { target, authority });
});

test('the server as a whole is asked for with OPTIONS only', () => {
  assert.equal(requestTarget('*', 'OPTIONS')!.target, '*');
  assert.equal(requestTarget('http://shop.example', 'OPTIONS')!.target, '*');
  assert.equal(requestTarget('http://shop.example/', 'OPTIONS')!.target, '/');
  assert.equal(requestTarget('*', 'GET'), undefined);
});

test('a target with none of the forms is invalid', () => {
  for (const text of ['', 'a', 'ftp://x/', 'http://', 'http:///a', '/a#b', '/a?b#c', 'http://x/#a', 'x:443']) {
    assert.equal(requestTarget(text, 'GET'), undefined, text);
  }
});

test('a host is a name or an address, perhaps with a port', () => {
  for (const text of ['x', 'a.b-c_d', '1.2.3.4:80', '[::1]:80', '[2001:db8::1]', 'x:']) assert.ok(isHost(text), text);
  for (const text of ['', 'a b', 'a/b', 'u@h', 'a,b', 'a:b', 'a:1:2', '[::1', '::1', 'a#b', 'a?b', ':80', 'h:123456']) {
    assert.ok(!isHost(text), text);
  }
});
