import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RefusalLog } from '../../../src/connections/refusal-log.ts';
import { keptLog } from '../../support/kept-log.ts';

test('a flood is one line at once, and one every ten seconds with the number of the others', () => {
  const log = keptLog();
  let nowMs = 0;
  const refusals = new RefusalLog(log as never, () => nowMs);
  for (let count = 0; count < 100; count += 1) refusals.add('max_connections', '192.0.2.1');
  refusals.add('slow_body', '192.0.2.2');
  nowMs = 9999;
  refusals.add('max_connections', '192.0.2.1');
  nowMs = 10_000;
  refusals.add('max_connections', '192.0.2.3');
  assert.deepEqual(
    log.lines.map(({ details }) => details),
    [
      { reason: 'max_connections', count: 1, peer: '192.0.2.1' },
      { reason: 'slow_body', count: 1, peer: '192.0.2.2' },
      { reason: 'max_connections', count: 101, peer: '192.0.2.3' },
    ],
  );
});
