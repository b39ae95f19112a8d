/** Takes and releases as fast as it can, and notes how many of one client ran at a time. */
import { workerData } from 'node:worker_threads';
import { type InFlightBuffers, InFlightTable } from '../../../src/limits/in-flight-table.ts';

const { buffers, peaks, thread } = workerData as {
  readonly buffers: InFlightBuffers;
  readonly peaks: SharedArrayBuffer;
  readonly thread: number;
};
const table = new InFlightTable(buffers);
/** Running, peak, admitted: all of the client with the key 1. */
const seen = new Int32Array(peaks);
for (let round = 0; round < 20_000; round += 1) {
  // Others come and go in the same group, so that slots change hands.
  const passing = table.take(thread, 9, 2 + (round % 20), 1);
  const slot = table.take(thread, 9, 1, 2);
  if (slot >= 0) {
    const running = Atomics.add(seen, 0, 1) + 1;
    for (let peak = Atomics.load(seen, 1); running > peak; peak = Atomics.load(seen, 1)) {
      Atomics.compareExchange(seen, 1, peak, running);
    }
    Atomics.add(seen, 2, 1);
    Atomics.sub(seen, 0, 1);
    table.release(thread, slot);
  }
  table.release(thread, passing);
}
