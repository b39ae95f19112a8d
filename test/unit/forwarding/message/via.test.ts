import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Via } from '../../../../src/forwarding/message/via.ts';
import { cpuMs } from '../../../support/cpu-time.ts';

const via = new Via('aa');

test('a hop has the version of the request and a name of this gateway', () => {
  assert.equal(via.hop('1.1'), '1.1 sluice-aa');
  assert.equal(via.hop('1.0'), '1.0 sluice-aa');
});

test('a request that passed this gateway three times is in a loop, whatever else it passed', () => {
  const once = '1.1 sluice-aa, 1.1 edge (nginx, patched), HTTP/1.0 other:80';
  assert.equal(via.isLoop(undefined), false);
  assert.equal(via.isLoop(once), false);
  assert.equal(via.isLoop(`${once}, 1.1 sluice-aa`), false);
  assert.equal(via.isLoop(`${once},1.1\tsluice-aa (x), 1.0 sluice-aa`), true);
});

test('gateways in front of one another are no loop, ten are', () => {
  const hops = (count: number): string => Array.from({ length: count }, (_, at) => `1.1 sluice-b${at}`).join(', ');
  assert.equal(via.isLoop(hops(9)), false);
  assert.equal(via.isLoop(hops(10)), true);
});

test('a name that only looks like ours is not counted', () => {
  assert.equal(via.isLoop('1.1 sluice-aab, 1.1 sluice-aab, 1.1 sluice-aab'), false);
  assert.equal(via.isLoop('1.1 x (sluice-aa), 1.1 y (sluice-aa), 1.1 z (sluice-aa)'), false);
  assert.equal(via.isLoop('sluice-aa, sluice-aa, sluice-aa'), false);
});

test('a long field is read in one go', () => {
  for (const field of [`${'a '.repeat(8000)}sluice-`, `${' '.repeat(16_000)}sluice-`]) {
    assert.ok(cpuMs(() => via.isLoop(field)) < 500);
  }
});
