/** Answers every message with the time on its own clock. */
import { parentPort, workerData } from 'node:worker_threads';
import { SharedClock } from '../../../src/state/shared-clock.ts';

const clock = new SharedClock(workerData as bigint);
parentPort!.on('message', () => parentPort!.postMessage(clock.nowMs()));
parentPort!.postMessage('ready');
