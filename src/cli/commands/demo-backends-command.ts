/** `sluice demo-backends`: sample backends, until Ctrl-C. */
import { once } from 'node:events';
import { SAMPLE_OPTIONS, sampleOptions } from '../sample-backends/sample-arguments.ts';
import { startSampleBackends } from '../sample-backends/sample-backends.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand } from '../read-words.ts';
import { describeFailure } from '../describe-failure.ts';
import type { Context, ExitCode } from '../context.ts';

export const commandLine = {
  about: 'runs sample backends to try a gateway with, until Ctrl-C.',
  usage: '[flags]',
  options: { ...SAMPLE_OPTIONS, ...JSON_OPTION, ...HELP_OPTION },
  notes: `They answer /health, /ping, /api/hello, /echo, /sse, /bytes/N and any other path. Change one while it runs:
  curl -X POST http://127.0.0.1:8081/_control -d '{"delay": "300ms", "error_rate": 0.5, "for": "10s"}'
Keys: delay, jitter, error_rate, cut_rate, unhealthy, hang, down (with "for"). GET shows them.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('demo-backends', commandLine, args, context, async ({ values }) => {
    const started = await startSampleBackends(sampleOptions(values)).catch((error: unknown) => {
      throw new CommandFailure(
        describeFailure(error).replace('; give --port or --admin-port, or', '; give --port, or'),
      );
    });
    // Before anybody can know that they run.
    const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    const list = started.backends.map(({ id, url }) => ({ id, url }));
    if (values.json) context.out(`${JSON.stringify({ pid: process.pid, backends: list })}\n`);
    else context.out(list.map(({ id, url }) => `${id}  ${url}\n`).join(''));
    await ended;
    await started.close();
    return 0;
  });
}
