import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DryRunLog } from '../../../src/limits/dry-run-log.ts';

test('a dry run is reported at once, then at most once a second with the counts since', () => {
  const lines: unknown[] = [];
  const log = new DryRunLog({ warn: (fields: unknown) => void lines.push(fields) });
  log.add('default', 'ip:a', 0);
  for (let at = 1; at < 1000; at += 1) log.add(at % 2 === 0 ? 'default' : 'route', 'ip:b', at);
  assert.equal(lines.length, 1);
  log.add('global', 'ip:c', 1000);
  assert.deepEqual(lines, [
    { would_refuse: { default: 1 }, client: 'ip:a' },
    { would_refuse: { route: 500, default: 499, global: 1 }, client: 'ip:c' },
  ]);
});
