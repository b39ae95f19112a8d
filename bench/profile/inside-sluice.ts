/**
 * Loaded into a gateway's process with `--import`, before its own code: between two SIGUSR2, samples what its first
 * traffic thread allocates, garbage included, and writes that to the file that SLUICE_BENCH_ALLOCATIONS names.
 */
import { Session, type HeapProfiler } from 'node:inspector';
import { renameSync, writeFileSync } from 'node:fs';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BroadcastChannel, isMainThread, threadName } from 'node:worker_threads';

export interface Sampled {
  readonly profile: HeapProfiler.SamplingHeapProfile;
  /** Of the thread, after a full collection. */
  readonly heapBytes: number;
}

/** Bytes allocated between two samples, on average. */
const INTERVAL = 16_384;
const CHANNEL = 'sluice bench: allocations';
const path = process.env['SLUICE_BENCH_ALLOCATIONS'];

if (isMainThread) {
  const channel = new BroadcastChannel(CHANNEL);
  process.on('SIGUSR2', () => channel.postMessage(null));
  channel.unref();
}

if (threadName === 'traffic-0' && path !== undefined) {
  const channel = new BroadcastChannel(CHANNEL);
  let session: Session | null = null;
  channel.onmessage = () => {
    if (session === null) {
      session = begun();
      save(`${path}.begun`, '');
    } else {
      finish(session, path);
      session = null;
    }
  };
  channel.unref();
}

function begun(): Session {
  const session = new Session();
  session.connect();
  session.post('HeapProfiler.startSampling', {
    samplingInterval: INTERVAL,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  return session;
}

function finish(session: Session, file: string): void {
  session.post('HeapProfiler.stopSampling', (error, { profile }) => {
    if (error !== null) throw error;
    session.disconnect();
    collect();
    const sampled: Sampled = { profile, heapBytes: getHeapStatistics().used_heap_size };
    save(file, JSON.stringify(sampled));
  });
}

/** Gives a new context V8's own function. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** At once: another process waits for the file. */
function save(file: string, text: string): void {
  writeFileSync(`${file}.part`, text);
  renameSync(`${file}.part`, file);
}
