/** Takes from one quota as fast as it can, and counts what it got. */
import { workerData } from 'node:worker_threads';
import { type QuotaBuffers, QuotaTable } from '../../../src/limits/quotas/quota-table.ts';

const { buffers, admitted, writer } = workerData as {
  readonly buffers: QuotaBuffers;
  readonly admitted: SharedArrayBuffer;
  readonly writer: number;
};
const table = new QuotaTable(buffers, writer);
const period = { index: 10, endMs: 11 * 86_400_000 };
for (let round = 0; round < 4000; round += 1) {
  const id = Int32Array.of(1, 2, 3, 4);
  if (table.take(5, id, period, period.endMs - 1, 5000)) Atomics.add(new Int32Array(admitted), 0, 1);
}
