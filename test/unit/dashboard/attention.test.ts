import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byUrgency, needsAttention, timeLeft } from '../../../dashboard/src/views/certificates/attention.ts';

const certificate = (
  host: string,
  state: 'ok' | 'pending' | 'expiring' | 'expired',
  days: number | null,
  error = '',
  source: 'acme' | 'on_demand' = 'acme',
) => ({
  source,
  hosts: [host],
  state,
  not_after: days === null ? null : new Date(days * 86_400_000).toISOString(),
  error: error === '' ? null : error,
});

test('what is refused comes first, then what expires soon, then what is awaited, then the rest by expiry', () => {
  const all = [
    certificate('z', 'ok', 50),
    certificate('y', 'ok', 40),
    certificate('x', 'pending', null),
    certificate('w', 'expiring', 4),
    certificate('v', 'ok', 60, 'no key'),
    certificate('u', 'expired', 1),
    certificate('t', 'pending', null, 'refused'),
    certificate('b', 'pending', null),
  ];
  assert.equal(
    byUrgency(all)
      .map(({ hosts: [host] }) => host)
      .join(''),
    'uvtwbxyz',
  );
  assert.equal(all.filter(needsAttention).length, 4);
});

test('of those on demand, a renewal that fails needs attention; a name that cannot be ordered and an unused one do not', () => {
  const all = [
    certificate('failed', 'pending', null, 'refused', 'on_demand'),
    certificate('unused', 'expiring', 4, '', 'on_demand'),
    certificate('renewal', 'expiring', 4, 'refused', 'on_demand'),
    certificate('late', 'ok', 20, 'refused', 'on_demand'),
  ];
  assert.deepEqual(
    all.filter(needsAttention).map(({ hosts: [host] }) => host),
    ['renewal', 'late'],
  );
});

test('time that is left is in days while there are several, and in smaller units then', () => {
  const seconds = (value: number): string => `${value} s`;
  const at = (ms: number): string => new Date(ms).toISOString();
  const day = 86_400_000;
  assert.equal(timeLeft(at(2 * day), 0, seconds), 'in 2 days');
  assert.equal(timeLeft(at(2 * day - 1000), 0, seconds), 'in 172799 s');
  assert.equal(timeLeft(at(0), 0, seconds), 'in 0 s');
  assert.equal(timeLeft(at(0), 5000, seconds), '5 s ago');
});
