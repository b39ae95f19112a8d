import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { parseInfo, serverWarnings } from '../../../../src/redis/core/server-info.ts';

const TEXT =
  '# Server\r\nredis_version:7.2.4\r\nvalkey_version:8.0.1\r\n\r\n# Memory\r\nmaxmemory:1048576\r\nmaxmemory_policy:allkeys-lru\r\n' +
  'loading:0\r\nrole:master\r\ncluster_enabled:0\r\n';

test('INFO is read', () => {
  assert.deepEqual(parseInfo(TEXT), {
    version: '7.2.4',
    isReplica: false,
    isLoading: false,
    isCluster: false,
    maxMemory: 1_048_576,
    maxMemoryPolicy: 'allkeys-lru',
  });
  const other = parseInfo('loading:1\r\nrole:slave\r\ncluster_enabled:1\r\n');
  assert.deepEqual([other.isLoading, other.isReplica, other.isCluster, other.version], [true, true, true, '']);
});

describe('a warning', () => {
  const info = { ...parseInfo(TEXT), maxMemoryPolicy: 'noeviction' };
  const cases: readonly (readonly [string, Partial<typeof info>, RegExp | undefined])[] = [
    ['none for what is recommended', {}, undefined],
    ['none for the keys that end first', { maxMemoryPolicy: 'volatile-ttl' }, undefined],
    ['allkeys', { maxMemoryPolicy: 'allkeys-random' }, /allkeys-random evicts/],
    ['all our keys have a time to live', { maxMemoryPolicy: 'volatile-lru' }, /volatile-lru evicts/],
    ['none without a limit of memory', { maxMemoryPolicy: 'allkeys-lru', maxMemory: 0 }, undefined],
    ['an old server', { version: '4.0.14' }, /4\.0\.14 is not supported/],
    ['none for the oldest supported', { version: '5.0.0' }, undefined],
    ['a node of a Cluster', { isCluster: true }, /set redis\.nodes/],
  ];
  for (const [name, change, expected] of cases)
    test(name, () => {
      const warnings = serverWarnings({ ...info, ...change }, false);
      assert.equal(warnings.length, expected === undefined ? 0 : 1);
      if (expected !== undefined) assert.match(warnings[0]!, expected);
    });

  test('none for a Cluster that is expected', () =>
    assert.deepEqual(serverWarnings({ ...info, isCluster: true }, true), []));
});
