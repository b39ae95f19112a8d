/** Sample backends in a process of their own: `node src/cli/sample-backends/run-sample-backends.ts --count 3`, or forked. */
import { readWords } from '../read-words.ts';
import { SAMPLE_OPTIONS, sampleOptions } from './sample-arguments.ts';
import type { Behaviour } from './behaviour.ts';
import { startSampleBackends } from './sample-backends.ts';

try {
  await runSampleBackends();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function runSampleBackends(): Promise<void> {
  const { backends, close } = await startSampleBackends(
    sampleOptions(readWords(SAMPLE_OPTIONS, process.argv.slice(2)).values),
  );
  for (const { id, url } of backends) console.log(`${id} ${url}`);
  process.once('SIGTERM', () => void close());
  if (process.send === undefined) {
    process.once('SIGINT', () => void close());
  } else {
    // Started by a program (the demo, chaos): it receives the addresses, and this process ends with it. Ctrl-C is its
    // business.
    process.send({ urls: backends.map(({ url }) => url) });
    process.on('message', ({ behaviour }: { behaviour: Partial<Behaviour> }) => {
      void Promise.all(backends.map((backend) => backend.set(behaviour))).then(() => process.send?.({ done: true }));
    });
    process.on('SIGINT', () => undefined);
    process.once('disconnect', () => void close());
    process.once('SIGTERM', () => process.disconnect());
  }
}
