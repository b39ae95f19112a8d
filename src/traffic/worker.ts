/** Entry of the worker that a traffic thread runs in: see traffic-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '../logging.ts';
import type { FromThread, ThreadStart, ToThread } from './messages.ts';
import { TrafficThread } from './traffic-thread.ts';

const start = workerData as ThreadStart;
const control = parentPort!;
const log = createLogger(start.log, { name: 'traffic', thread: start.index });
const thread = await TrafficThread.build(start, log, (message: FromThread) => {
  control.postMessage(message);
  // Nothing else keeps this thread alive then.
  if (message.type === 'stopped') control.close();
});
// What was told while it was starting is not lost: it waits for the first listener.
control.on('message', (message: ToThread) => thread.handle(message));
