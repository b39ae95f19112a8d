import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RedisError } from '../../../src/redis/redis-error.ts';
import { OutageLog } from '../../../src/redis/outage-log.ts';
import { RefusalLog } from '../../../src/redis/refusal-log.ts';
import { keptLog } from '../../support/kept-log.ts';

const REFUSED = new RedisError('down', 'connect ECONNREFUSED');
const LOADING = new RedisError('loading', 'LOADING');

function start() {
  const kept = keptLog();
  let nowMs = 0;
  const logger = kept as unknown as ConstructorParameters<typeof OutageLog>[0];
  return {
    log: new OutageLog(logger, () => nowMs),
    refusals: new RefusalLog(logger, () => nowMs),
    at: (ms: number) => (nowMs = ms),
    /** Of each line, its level and the details. */
    lines: () => kept.lines.map(({ level, details }) => `${level} ${JSON.stringify(details)}`),
  };
}

test('an outage is two lines, and one more for each kind', () => {
  const { log, at, lines } = start();
  log.up('a:1', '7.0.15');
  at(60_000);
  log.down('a:1', REFUSED);
  log.down('a:1', REFUSED);
  at(61_000);
  log.down('a:1', LOADING);
  log.down('a:1', REFUSED);
  at(62_500);
  log.up('a:1', '7.0.15');
  assert.deepEqual(lines(), [
    'info {"server":"a:1","version":"7.0.15"}',
    'warn {"server":"a:1","kind":"down","reason":"connect ECONNREFUSED"}',
    'warn {"server":"a:1","kind":"loading","reason":"LOADING"}',
    'info {"server":"a:1","version":"7.0.15","away_ms":2500}',
  ]);
});

test('a server that flaps is quiet for ten seconds, unless it stays away', () => {
  const { log, at, lines } = start();
  for (let ms = 0; ms < 10_000; ms += 500) {
    at(ms);
    log.down('a:1', REFUSED);
    log.up('a:1', '');
  }
  assert.equal(lines().length, 2);
  at(9900);
  log.down('a:1', REFUSED);
  at(10_000);
  log.down('a:1', REFUSED);
  at(10_100);
  log.up('a:1', '');
  assert.equal(lines().length, 4);
  assert.match(lines()[3]!, /"away_ms":200/);
});

test('refusals are one line in ten seconds for each kind, with their number', () => {
  const { refusals, at, lines } = start();
  const oom = new RedisError('oom', 'OOM');
  for (let ms = 0; ms < 10_000; ms += 10) {
    at(ms);
    refusals.add(oom);
  }
  refusals.add(new RedisError('noperm', 'NOPERM'));
  at(10_000);
  refusals.add(oom);
  assert.deepEqual(lines(), [
    'warn {"kind":"oom","reason":"OOM","count":1}',
    'warn {"kind":"noperm","reason":"NOPERM","count":1}',
    'warn {"kind":"oom","reason":"OOM","count":1000}',
  ]);
});

test('a server without address or version, an outage that ends quietly, and no log', () => {
  const { log, lines } = start();
  log.down('', REFUSED);
  log.over();
  log.up('a:1', '');
  assert.deepEqual(lines(), ['warn {"kind":"down","reason":"connect ECONNREFUSED"}', 'info {"server":"a:1"}']);
  const silent = new OutageLog(null);
  silent.down('a:1', REFUSED);
  silent.up('a:1', '');
  new RefusalLog(null).add(REFUSED);
});
