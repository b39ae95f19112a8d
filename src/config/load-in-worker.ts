/**
 * Loads a configuration on a thread of its own, so that an expensive text neither blocks the control thread nor runs
 * forever: only a thread can be ended in the middle of its work. Each load has a new one, which takes a tenth of a
 * second and leaves nothing behind.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { deepFreeze } from './deep-freeze.ts';
import { workerArguments } from './code/worker-arguments.ts';
import type { Loaded, LoadContext } from './load.ts';
import type { Content } from './file/config-reader.ts';
import { ConfigError, type ConfigProblem } from './file/problem.ts';

export interface LoadJob extends LoadContext {
  readonly content: Content;
  readonly fileName: string;
}

export type LoadOutcome = { readonly loaded: Loaded } | { readonly problems: readonly ConfigProblem[] };

export interface WorkerOptions {
  /** Longest run time, ms, once the thread has started. */
  readonly limitMs: number;
  /** Of the thread's code. */
  readonly file?: URL;
}

/** The text took more time or memory than allowed. */
export class LoadTooCostly extends Error {
  override readonly name = 'LoadTooCostly';
}

/** Enough for the largest possible configuration, MiB. */
const HEAP_MB = 512;
const WORKER = new URL('./load-worker.ts', import.meta.url);

/** Rejects with a ConfigError if it is invalid, with a LoadTooCostly if the thread had to be ended. */
export async function loadInWorker(job: LoadJob, { limitMs, file = WORKER }: WorkerOptions): Promise<Loaded> {
  const worker = new Worker(file, {
    ...workerArguments(),
    name: 'config',
    // It gets the part of the environment that it may use with its job.
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    await once(worker, 'message');
    timer = setTimeout(() => limit.abort(), limitMs);
    worker.postMessage(job);
    const [outcome] = (await once(worker, 'message', { signal: limit.signal })) as [LoadOutcome];
    if ('problems' in outcome) throw new ConfigError(outcome.problems);
    return deepFreeze(outcome.loaded);
  } catch (error) {
    if (limit.signal.aborted) throw new LoadTooCostly(`not done within ${limitMs} ms`, { cause: error });
    if ((error as NodeJS.ErrnoException).code !== 'ERR_WORKER_OUT_OF_MEMORY') throw error;
    throw new LoadTooCostly(`more than ${HEAP_MB} MiB needed`, { cause: error });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
