import { runCommand } from './cli/run-command.ts';

// `sluice … | head`: who reads has enough, and what runs ends as it would.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** The process: everything it may be told, and how it ends. Loading the gateway takes a while, so only when it runs. */
process.exitCode = await runCommand(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  runGateway: async (settings, options) => (await import('./control/run-gateway.ts')).runGateway(settings, options),
});
