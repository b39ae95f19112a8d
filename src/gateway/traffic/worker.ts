/** Entry point of the worker that a traffic thread runs in: see traffic-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { openLog } from '../logging.ts';
import { shrinkHeap } from '../../runtime/shrink-heap.ts';
import { MetricsTable, THREAD_COUNTER } from '../../runtime/metrics-table.ts';
import type { FromThread, ToThread, WorkerStart } from '../../threads/messages.ts';
import { TrafficThread } from './traffic-thread.ts';

const start = workerData as WorkerStart;
const control = parentPort!;
const metrics = new MetricsTable(start.memory.metrics);
const onDrop = (): void => metrics.count(start.index, THREAD_COUNTER.droppedLogLines);
const { index, gateway, logTarget, isOwnProcess } = start;
const { log, tap } = openLog(start.log, { name: 'traffic', thread: index, gateway }, logTarget, onDrop);
const thread = await TrafficThread.build(
  start,
  log,
  (message: FromThread) => {
    // Moved instead of copied.
    control.postMessage(message, message.type === 'telemetry' ? [message.batch.bytes.buffer] : undefined);
    // Nothing else keeps this thread alive then.
    if (message.type === 'stopped') control.close();
  },
  { logTap: tap },
);
// Before it serves traffic. Not in another program's process, all of which the flag that it sets concerns.
if (isOwnProcess) shrinkHeap();
// Messages sent while it was starting wait for the first listener.
control.on('message', (message: ToThread) => thread.handle(message));
