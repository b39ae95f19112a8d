import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allocationsOf, partOf } from '../../../bench/profile/allocations.ts';
import { describeProfile } from '../../../bench/profile/describe-profile.ts';

const ROOT = new URL('../../../', import.meta.url).href;

test('what allocates is a folder of sources, a package, or Node', () => {
  const url = (path: string): string => `file:///home/x/sluice/${path}`;
  const folder = url('');
  assert.equal(partOf(url('src/http1/core/framing.ts'), folder), 'src/http1/core');
  assert.equal(partOf(url('node_modules/@fastify/reply-from/lib/request.js'), folder), '@fastify/reply-from');
  assert.equal(partOf(url('node_modules/fastify/lib/route.js'), folder), 'fastify');
  assert.equal(partOf('node:net', folder), 'Node and V8');
  assert.equal(partOf('', folder), 'Node and V8');
});

const node = (url: string, selfSize: number, children: object[] = []) => frame(url, selfSize, children);

function frame(url: string, selfSize: number, children: object[]) {
  const callFrame = { functionName: 'f', scriptId: '1', url, lineNumber: 1, columnNumber: 1 };
  return { callFrame, selfSize, id: 1, children: children as never[] };
}

test('parts are added up, the largest first, and small ones become others', () => {
  const head = node('', 0, [
    node(`${ROOT}src/a/one.ts`, 60_000, [node(`${ROOT}src/b/two.ts`, 139_500)]),
    node(`${ROOT}src/a/three.ts`, 0),
    node('node:net', 500),
  ]);
  const allocations = allocationsOf({ profile: { head }, heapBytes: 3 * 2 ** 20 }, 100);
  assert.equal(allocations.bytesPerRequest, 2000);
  assert.deepEqual(
    allocations.parts.map(({ name, bytes }) => [name, bytes]),
    [
      ['src/b', 1395],
      ['src/a', 600],
      ['Node and V8', 5],
    ],
  );
  const text = describeProfile(allocations, { current: '24.1.0', other: '26.1.0', ratios: [0.9, 1, 0.96] });
  assert.match(text, /allocates 2\.0 KiB .* 3 MiB in use/);
  assert.match(text, /\| src\/b +\| +1395 \| +70 % \|\n\| src\/a +\| +600 \| +30 % \|\n\| others +\| +5 \| +0 % \|/);
  assert.match(
    text,
    /on Node 26\.1\.0 takes 0\.96 × the CPU that it takes on Node 24\.1\.0: 0\.90 to 1\.00 × in 3 starts/,
  );
});
