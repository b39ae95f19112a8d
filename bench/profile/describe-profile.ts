/** The profile as the generated part of docs/performance.md. */
import { aligned } from '../report.ts';
import type { Allocations } from './allocations.ts';
import type { NodeVersions } from './node-versions.ts';
import { median } from '../report.ts';

/** Parts below this share are added up. */
const MIN_SHARE = 0.01;

export function describeProfile(allocations: Allocations, nodes: NodeVersions | undefined): string {
  const { bytesPerRequest, parts, heapMiB } = allocations;
  const shown = parts.filter(({ bytes }) => bytes >= bytesPerRequest * MIN_SHARE);
  const others = bytesPerRequest - shown.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = [...shown, { name: 'others', bytes: others }].map(({ name, bytes }) => [
    name,
    bytes.toFixed(0),
    `${((100 * bytes) / bytesPerRequest).toFixed(0)} %`,
  ]);
  const lines = [
    '## What a request allocates',
    '',
    `A small GET allocates ${(bytesPerRequest / 1024).toFixed(1)} KiB on the heap of its traffic thread, which has ` +
      `${heapMiB.toFixed(0)} MiB in use after the load. A function that V8 has inlined counts where it was inlined.`,
    '',
    aligned(['', 'bytes a request', 'share'], rows),
  ];
  if (nodes !== undefined) lines.push('', '## Node', '', describeNodes(nodes));
  return lines.join('\n');
}

function describeNodes({ current, other, ratios }: NodeVersions): string {
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  return (
    `A small GET on Node ${other} takes ${median(ratios).toFixed(2)} × the CPU that it takes on Node ${current}: ` +
    `${least} to ${most} × in ${ratios.length} starts of both.`
  );
}
