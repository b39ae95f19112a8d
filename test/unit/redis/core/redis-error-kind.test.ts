import assert from 'node:assert/strict';
import { test } from 'node:test';

import { REDIS_ERROR_KINDS, replyErrorKind } from '../../../../src/redis/core/redis-error-kind.ts';

/** As Redis 5 to 7 and Valkey 8 write them. */
const CASES: Readonly<Record<string, string>> = {
  "OOM command not allowed when used memory > 'maxmemory'. script: 0f, on @user_script:1.": 'oom',
  "ERR Error running script (call to f_0f): @user_script:1: @user_script: 1: -OOM command not allowed when used memory > 'maxmemory'.":
    'oom',
  "READONLY You can't write against a read only replica.": 'readonly',
  "ERR Error running script (call to f_0f): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.":
    'readonly',
  'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.': 'oom',
  'NOREPLICAS Not enough good replicas to write.': 'readonly',
  'NOAUTH Authentication required.': 'auth',
  'WRONGPASS invalid username-password pair or user is disabled.': 'auth',
  'ERR invalid password': 'auth',
  'ERR Client sent AUTH, but no password is set': 'auth',
  'ERR AUTH <password> called without any password configured for the default user. Are you sure?': 'auth',
  'DENIED Redis is running in protected mode because protected mode is enabled': 'auth',
  "NOPERM this user has no permissions to run the 'evalsha' command": 'noperm',
  'LOADING Redis is loading the dataset in memory': 'loading',
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.": 'loading',
  'BUSY Redis is busy running a script.': 'loading',
  'CLUSTERDOWN Hash slot not served': 'clusterdown',
  'TRYAGAIN Multiple keys request during rehashing of slot': 'clusterdown',
  'MOVED 3999 127.0.0.1:6381': 'moved',
  'ASK 3999 127.0.0.1:6381': 'moved',
  'NOSCRIPT No matching script.': 'other',
  'ERR unknown command': 'other',
  'constructor is no kind': 'other',
  '': 'other',
};

for (const [text, kind] of Object.entries(CASES))
  test(`"${text.slice(0, 40)}…" is ${kind}`, () => assert.equal(replyErrorKind(text), kind));

test('kinds are unique', () => assert.equal(new Set(REDIS_ERROR_KINDS).size, REDIS_ERROR_KINDS.length));
