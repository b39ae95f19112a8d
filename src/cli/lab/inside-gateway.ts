/**
 * Loaded into the gateway's process with `--import`, before its own code, which is unchanged: measures its memory and
 * ends or blocks one of its threads when the chaos tool asks for it. Does nothing in a process without a channel to its
 * parent.
 */
import { BroadcastChannel, isMainThread, threadName, type Worker } from 'node:worker_threads';

export type ToInside =
  | { readonly type: 'memory'; readonly id: number }
  /** The first traffic thread hangs for `ms`. */
  | { readonly type: 'hold-thread'; readonly id: number; readonly ms: number }
  | { readonly type: 'end-traffic-thread'; readonly id: number };

export interface GatewayMemory {
  readonly rssBytes: number;
  /** In use on the JavaScript heaps of all threads. */
  readonly heapBytes: number;
}

export type FromInside =
  | { readonly id: number; readonly memory: GatewayMemory }
  | { readonly id: number; readonly isHeld: true }
  /** False: no such thread runs. */
  | { readonly id: number; readonly isEnded: boolean };

const HOLD = 'sluice chaos: hold';

if (threadName === 'traffic-0') {
  const channel = new BroadcastChannel(HOLD);
  channel.onmessage = (event) => {
    const { data: ms } = event as unknown as { readonly data: number };
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };
  channel.unref();
}

if (isMainThread && process.send !== undefined) {
  const workers = new Set<Worker>();
  process.on('worker', (worker: Worker) => {
    workers.add(worker);
    worker.once('exit', () => workers.delete(worker));
  });
  process.on('message', (message: ToInside) => void carryOut(message, workers));
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The channel does not keep the gateway from ending.
  process.channel?.unref();
}

async function carryOut(message: ToInside, workers: ReadonlySet<Worker>): Promise<void> {
  const { id } = message;
  if (message.type === 'hold-thread') {
    const channel = new BroadcastChannel(HOLD);
    channel.postMessage(message.ms);
    channel.close();
    answer({ id, isHeld: true });
  } else if (message.type === 'memory') answer({ id, memory: await memoryOf(workers) });
  else answer({ id, isEnded: await endTrafficThread(workers) });
}

function answer(message: FromInside): void {
  process.send?.(message);
}

async function memoryOf(workers: ReadonlySet<Worker>): Promise<GatewayMemory> {
  const { rss, heapUsed } = process.memoryUsage();
  let heapBytes = heapUsed;
  for (const worker of workers) {
    // A thread that has just ended has no heap.
    const used = await worker.getHeapStatistics().then(
      ({ used_heap_size: size }) => size,
      () => 0,
    );
    heapBytes += used;
  }
  return { rssBytes: rss, heapBytes };
}

async function endTrafficThread(workers: ReadonlySet<Worker>): Promise<boolean> {
  const found = [...workers].find((worker) => worker.threadName?.startsWith('traffic-') === true);
  await found?.terminate();
  return found !== undefined;
}
