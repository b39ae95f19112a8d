/** The thread in which a configuration is loaded while the gateway runs: see load-in-worker.ts. */
import { parentPort } from 'node:worker_threads';

import type { LoadJob, LoadOutcome } from './load-in-worker.ts';
import { ConfigError, loadContent, type Loaded, type LoadedHere } from './load.ts';

const port = parentPort!;
port.once('message', ({ content, fileName, ...around }: LoadJob) => {
  port.postMessage(outcomeOf(() => sendable(loadContent(content, fileName, around))));
});
port.postMessage('ready');

function outcomeOf(load: () => Extract<LoadOutcome, { loaded: unknown }>['loaded']): LoadOutcome {
  try {
    return { loaded: load() };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems };
  }
}

/** Certificates are read again where they are served: keys do not travel. */
function sendable({ pairs: _pairs, ...loaded }: LoadedHere): Loaded {
  return loaded;
}
