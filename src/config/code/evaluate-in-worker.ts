/**
 * Evaluates a configuration in code on a thread of its own, new each time: modules are never unloaded, so only a new
 * thread sees what has changed in them, and only a thread can be ended in the middle of an endless loop.
 *
 * It protects from mistakes, not from attacks: the code has all rights of the gateway.
 */
import { relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import { workerArguments } from './worker-arguments.ts';
import type { Environment } from '../file/read-variable.ts';
import { bounded, ConfigError, type Finding } from '../file/problem.ts';
import type { FailurePlace } from './locate-failure.ts';

export interface EvaluationJob {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly env: Environment;
  /** The file is a plugin, with these options (see inspectPlugin); undefined: a configuration. */
  readonly plugin?: { readonly options: Readonly<Record<string, unknown>> | null };
}

export type EvaluationOutcome =
  | { readonly value: unknown }
  | { readonly findings: readonly Finding[] }
  | { readonly failure: string; readonly place?: FailurePlace };

/** What the thread reports while it runs. */
export type EvaluationNote =
  | { readonly file: string; readonly hash: string | null }
  | { readonly output: string }
  | { readonly outcome: EvaluationOutcome };

export interface EvaluationOptions {
  /** As the user named it: for errors. */
  readonly fileName: string;
  readonly cwd: string;
  /** Longest run time, ms, once the thread has started; default 3 s. */
  readonly limitMs?: number;
  /** Each file that the configuration consists of, and the hash of its contents; null: it is missing. */
  readonly onFile?: (file: string, hash: string | null) => void;
  /** What the code printed. */
  readonly onOutput?: (text: string) => void;
}

const LIMIT_MS = 3000;
/** As for a text: load-in-worker.ts. */
const HEAP_MB = 512;
const WORKER = new URL('./evaluate-worker.ts', import.meta.url);

/** Resolves with plain values. Rejects with ConfigError. */
export async function evaluateInWorker(job: EvaluationJob, options: EvaluationOptions): Promise<unknown> {
  const { fileName, cwd } = options;
  const outcome = await run(job, options);
  if ('value' in outcome) return outcome.value;
  const problem = { source: fileName, line: null, column: null, path: '' };
  if ('findings' in outcome) {
    const problems = outcome.findings.map(({ path, message }) => ({ ...problem, path: path.join('.'), message }));
    throw new ConfigError(bounded(problems));
  }
  const { failure: message, place } = outcome;
  if (place === undefined) throw new ConfigError(bounded([{ ...problem, message }]));
  const { file, line, column } = place;
  const source = file === job.path ? fileName : relative(cwd, file);
  throw new ConfigError(bounded([{ ...problem, source, line, column, message }]));
}

async function run(job: EvaluationJob, options: EvaluationOptions): Promise<EvaluationOutcome> {
  const { limitMs = LIMIT_MS, onFile, onOutput } = options;
  // A worker turns undefined into a text.
  const env = Object.fromEntries(Object.entries(job.env).filter(([, value]) => value !== undefined));
  const worker = new Worker(WORKER, {
    ...workerArguments(),
    name: 'config-code',
    env,
    // Nothing of it reaches our own streams.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<EvaluationOutcome>();
  let timer: NodeJS.Timeout | undefined;
  const onMessage = (note: 'ready' | EvaluationNote): void => {
    if (note === 'ready') {
      const message = `not evaluated within ${limitMs / 1000} s: an endless loop, or a promise that takes too long?`;
      timer = setTimeout(() => resolve({ failure: message }), limitMs);
      worker.postMessage({ ...job, env });
    } else if ('outcome' in note) resolve(note.outcome);
    else if ('output' in note) onOutput?.(note.output);
    else onFile?.(note.file, note.hash);
  };
  worker.on('message', onMessage);
  worker.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') reject(error);
    else resolve({ failure: `needs more than ${HEAP_MB} MiB of memory` });
  });
  worker.on('exit', () => {
    resolve({ failure: 'ended without a result: by process.exit, or waiting for something that never comes' });
  });
  for (const stream of [worker.stdout, worker.stderr]) stream.resume();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
