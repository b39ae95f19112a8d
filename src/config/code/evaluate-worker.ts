/** The thread on which a configuration in code is evaluated: see evaluate-in-worker.ts. */
import { pathToFileURL } from 'node:url';
import { parentPort } from 'node:worker_threads';
import type { ConfigContext } from './define-config.ts';
import type { EvaluationJob, EvaluationNote, EvaluationOutcome } from './evaluate-in-worker.ts';
import { inspectPlugin } from './inspect-plugin.ts';
import { locateFailure } from './locate-failure.ts';
import { plainCopy } from './plain-copy.ts';
import { trackModules, type Tracked } from './track-modules.ts';

/** Of what the configuration prints, code units; the rest is dropped. */
const MAX_OUTPUT = 4096;

const port = parentPort!;
const tell = (note: EvaluationNote): void => port.postMessage(note);

/** As it happens: a thread that is ended would lose what is in its streams. */
function captureOutput(): void {
  let left = MAX_OUTPUT;
  const write = (chunk: string | Uint8Array): boolean => {
    const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
    if (left > 0) tell({ output: text.slice(0, left) });
    left -= text.length;
    return true;
  };
  process.stdout.write = write;
  process.stderr.write = write;
}

async function evaluate({ path, env, plugin }: EvaluationJob, tracked: Tracked): Promise<EvaluationOutcome> {
  try {
    const { default: given } = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    if (plugin !== undefined) return inspectPlugin(given, plugin.options);
    if (given === undefined) return { failure: 'there is no default export; write `export default { … }`' };
    const context: ConfigContext = { env: Object.freeze({ ...env }) };
    const result: unknown = await (typeof given === 'function'
      ? (given as (around: ConfigContext) => unknown)(context)
      : given);
    if (typeof result !== 'object' || result === null || Array.isArray(result)) {
      const found = Array.isArray(result)
        ? 'a list'
        : result === null
          ? 'null'
          : `a value of the type ${typeof result}`;
      return { failure: `the default export must be a mapping, or a function that returns one; found ${found}` };
    }
    const { value, findings } = plainCopy(result);
    return findings.length > 0 ? { findings } : { value };
  } catch (error) {
    return failureOf(error, tracked);
  }
}

function failureOf(error: unknown, tracked: Tracked): EvaluationOutcome {
  const place = locateFailure(error, tracked);
  const failed = tracked.failures.get(error);
  const failure = failed === undefined ? describe(error) : `cannot find '${failed.specifier}'`;
  return { failure, ...(place === undefined ? {} : { place }) };
}

/** In one line. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${inLine(String(error))}`;
  const { code } = error as NodeJS.ErrnoException;
  const message = inLine(error.message);
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `${message}: only types that Node can remove are allowed (in tsconfig.json: erasableSyntaxOnly)`;
  }
  return `${error instanceof SyntaxError ? '' : 'threw '}${error.name}: ${message}`;
}

function inLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

port.once('message', (job: EvaluationJob) => {
  captureOutput();
  const tracked = trackModules((file, hash) => tell({ file, hash }));
  // Thrown by a timer or an event, or a promise that nobody awaits.
  process.on('uncaughtException', (error) => tell({ outcome: failureOf(error, tracked) }));
  void evaluate(job, tracked).then((outcome) => tell({ outcome }));
});
port.postMessage('ready');
