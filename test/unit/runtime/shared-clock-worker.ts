/** Reports how far its clock is off, compared with the time that all threads of the process share. */
import { parentPort, workerData } from 'node:worker_threads';
import { SharedClock } from '../../../src/runtime/shared-clock.ts';

const epochNs = workerData as bigint;
const { nowMs } = new SharedClock(epochNs);

// The reading that was interrupted least is the best.
let offsetMs = Infinity;
let minMs = Infinity;
for (let reading = 0; reading < 1000; reading += 1) {
  const beforeMs = nowMs();
  const trueMs = Number(process.hrtime.bigint() - epochNs) / 1e6;
  const afterMs = nowMs();
  if (afterMs - beforeMs >= minMs) continue;
  minMs = afterMs - beforeMs;
  offsetMs = (beforeMs + afterMs) / 2 - trueMs;
}
parentPort!.postMessage(offsetMs);
