/** The gateway's resource usage. */
import type { GatewayProcess } from '../../src/cli/lab/gateway-process.ts';

const BYTES_PER_MIB = 2 ** 20;

export interface Sample {
  readonly rssMiB: number;
  /** In use on the heaps of all threads. */
  readonly heapMiB: number;
  /** File descriptors; NaN without /proc. */
  readonly files: number;
  readonly sockets: number;
}

export async function takeSample(gateway: GatewayProcess): Promise<Sample> {
  const { rssBytes, heapBytes } = await gateway.memory();
  const open = gateway.openFiles();
  return {
    rssMiB: rssBytes / BYTES_PER_MIB,
    heapMiB: heapBytes / BYTES_PER_MIB,
    files: open?.all ?? NaN,
    sockets: open?.sockets ?? NaN,
  };
}
