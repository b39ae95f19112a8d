import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { parseRedisNode, parseRedisUrl } from '../../../src/net/redis-url.ts';

const NONE = { isTls: false, host: 'h', port: 6379, path: null, username: null, password: null, db: 0 };

describe('a URL of a Redis server', () => {
  const right: Readonly<Record<string, object>> = {
    'redis://h': {},
    'REDIS://h': {},
    'redis://h/': {},
    'redis://h:7000/3': { port: 7000, db: 3 },
    'rediss://u:p%40%3A%2f@h': { isTls: true, username: 'u', password: 'p@:/' },
    'redis://:p@h': { password: 'p' },
    'redis://:a:b@c@h': { password: 'a:b@c' },
    'redis://default:@h': { username: 'default', password: null },
    'redis://[::1]:7000': { host: '::1', port: 7000 },
    'unix:///run/redis.sock': { host: null, port: 0, path: '/run/redis.sock' },
    'unix://u:p@/run/a%20b?db=2': { host: null, port: 0, path: '/run/a b', username: 'u', password: 'p', db: 2 },
  };
  for (const [url, parts] of Object.entries(right))
    test(url, () => assert.deepEqual(parseRedisUrl(url), { ...NONE, ...parts }));

  const wrong: Readonly<Record<string, RegExp>> = {
    '': /begin with redis:\/\//,
    'h:6379': /begin with/,
    'http://h': /begin with/,
    'redis://': /form/,
    'redis://u:p@': /form/,
    'redis://h:0': /1 to 65535/,
    'redis://h:65536': /1 to 65535/,
    'redis://h:x': /HOST:PORT/,
    'redis://::1': /HOST:PORT/,
    'redis://h/x': /database must be a number/,
    'redis://h/-1': /database must be a number/,
    'redis://h/65536': /0 to 65535/,
    'redis://h?db=1': /form/,
    'redis://h/1/2': /form/,
    'redis://u:p/w@h': /%2F/,
    'redis://u@h': /needs a password/,
    'redis://u:%zz@h': /%40/,
    'redis://u:a b@h': /space/,
    'unix://run/redis.sock': /socket/,
    'unix:///a?x=1': /socket/,
    [`unix:///${'a'.repeat(107)}`]: /107 bytes/,
    'unix:///%zz': /107 bytes/,
    'unix:///a?db=x': /database must be a number/,
  };
  for (const [url, reason] of Object.entries(wrong))
    test(`${url.slice(0, 30)} is refused`, () => {
      const parsed = parseRedisUrl(url);
      assert.ok('problem' in parsed);
      assert.match(parsed.problem, reason);
    });

  test('a reason never repeats it', () => {
    for (const url of ['redis://u:hunter2@h:x', 'http://u:hunter2@h', 'redis://u:hunter2/@h', 'unix://hunter2'])
      assert.doesNotMatch(JSON.stringify(parseRedisUrl(url)), /hunter2/);
  });
});

test('a node is a host, and a port that may be missing', () => {
  assert.deepEqual(parseRedisNode('h', 1), { host: 'h', port: 1 });
  assert.deepEqual(parseRedisNode('h:2', 1), { host: 'h', port: 2 });
  assert.deepEqual(parseRedisNode('[::1]', 1), { host: '::1', port: 1 });
  for (const text of ['', ':1', 'h:', 'h:0', 'h:65536', '::1', '[::1', 'h:1:2'])
    assert.equal(parseRedisNode(text, 1), undefined);
});
