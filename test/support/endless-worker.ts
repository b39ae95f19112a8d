/** Replaces src/config/load-worker.ts: takes its job and never ends. */
import { parentPort } from 'node:worker_threads';

parentPort!.once('message', () => {
  for (;;);
});
parentPort!.postMessage('ready');
