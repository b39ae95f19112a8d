import { runCommand } from './cli/run-command.ts';
import { LogOutput } from './runtime/log-output.ts';
import { logSink, openLogTarget } from './runtime/log-sink.ts';

// A command's output waits for its reader; messages never block, like the gateway's log (src/gateway/logging.ts).
const messages = new LogOutput(logSink(openLogTarget(2), 1));
process.on('exit', () => messages.flushSync());

let isPrinting = false;

/** Opened on the first output: opening makes Node set pipes to non-blocking for everybody who shares them. */
function print(text: string): void {
  if (!isPrinting) {
    isPrinting = true;
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      // `sluice … | head`: the reader has enough, and the command ends normally.
      if (error.code === 'EPIPE') return;
      messages.write(`sluice: cannot write to standard output: ${error.message}\n`);
      process.exit(1);
    });
  }
  process.stdout.write(text);
}

/** The process: its command line, and how it ends. Loading the gateway takes a while, so only when it runs. */
process.exitCode = await runCommand(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  out: print,
  err: (text) => messages.write(text),
  runGateway: async (settings, options) =>
    (await import('./gateway/control/run-gateway.ts')).runGateway(settings, options),
});
