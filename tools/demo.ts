/**
 * `npm run demo`: three sample backends, one of them slow and one that fails now and then, and a gateway in front of
 * them, exactly as `npm start` runs it. Each backend is a process of its own, so that it can be killed.
 *
 * The output shows the ports, because 0 takes any free ones.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { ConfigError } from '../src/config/file/problem.ts';
import { configSource } from '../src/config/file/source.ts';
import { runGateway } from '../src/gateway/control/run-gateway.ts';
import { describeFailure } from '../src/cli/describe-failure.ts';
import type { OptionTable } from '../src/cli/option-table.ts';
import { readWords, UsageError } from '../src/cli/read-words.ts';

/** Printed in one line, without a stack. */
class DemoFailure extends Error {}

interface DemoBackend {
  readonly url: string;
  readonly process: ChildProcess;
  readonly note: string;
}

const OPTIONS = {
  port: { type: 'string', default: '8080', help: 'of the gateway; 0: any free one' },
  'admin-port': { type: 'string', default: '9000', help: 'of the admin API; 0: any free one' },
  'backend-port': { type: 'string', default: '8081', help: 'of the first backend; 0: any free ones' },
  threads: { type: 'string', default: 'auto', help: 'traffic threads' },
  'data-dir': { type: 'string', default: './data', help: 'folder of the embedded database' },
  slow: { type: 'string', default: '300ms', help: 'delay of the second backend' },
  'error-rate': { type: 'string', default: '0.2', help: 'share of requests that the third backend fails' },
} as const satisfies OptionTable;

const backends: DemoBackend[] = [];
try {
  const { values } = readWords(OPTIONS, process.argv.slice(2));
  const first = Number(values['backend-port']);
  const port = (at: number): string => String(first === 0 ? 0 : first + at);
  backends.push(await startBackend(['--first', '1', '--port', port(0)], 'healthy'));
  backends.push(
    await startBackend(['--first', '2', '--port', port(1), '--delay', values.slow], `slow: ${values.slow} per answer`),
  );
  backends.push(
    await startBackend(
      ['--first', '3', '--port', port(2), '--error-rate', values['error-rate']],
      `fails ${Math.round(Number(values['error-rate']) * 100)}% of requests`,
    ),
  );
  const input = {
    cwd: process.cwd(),
    env: process.env,
    // A demo is stopped by hand, and at once.
    file: new URL('demo.yaml', import.meta.url).pathname,
    flags: {
      port: values.port,
      adminPort: values['admin-port'],
      threads: values.threads,
      dataDir: values['data-dir'],
      backends: backends.map(({ url }) => url),
    },
  };
  // For reloads and for trying a text.
  const source = configSource(input, { readOnly: 'The file of the demo belongs to the repository' });
  await runGateway(await source.read(), {
    source,
    onStarted: ({ trafficUrl, adminUrl }) => {
      const lines = [
        'Sluice runs. Ctrl-C stops it.',
        '',
        `  gateway        ${trafficUrl}/api/hello`,
        `  dashboard      ${adminUrl}/`,
        `  Swagger UI     ${adminUrl}/docs`,
        `  metrics stream ${adminUrl.replace('http', 'ws')}/ws/metrics`,
        '',
        ...backends.map(({ url, process: child, note }) => `  backend        ${url}  pid ${child.pid}  ${note}`),
        '',
        `  curl ${trafficUrl}/api/hello`,
        `  curl ${adminUrl}/v1/api/backends`,
        `  curl ${adminUrl}/v1/api/clients -H 'content-type: application/json' \\`,
        `    -d '{"ip_address": "127.0.0.1", "capacity": 1000, "rate_per_second": 100}'`,
        '',
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    },
  });
} catch (error) {
  process.stderr.write(`${explained(error)}\n`);
  process.exitCode = 1;
} finally {
  for (const { process: child } of backends) child.kill();
}

function explained(error: unknown): string {
  if (error instanceof ConfigError) return error.format();
  if (error instanceof UsageError) return `${error.message}\nFlags: --${Object.keys(OPTIONS).join(', --')}`;
  return error instanceof DemoFailure ? error.message : describeFailure(error);
}

/** Resolves when it listens; rejects with its output if it cannot. */
async function startBackend(args: readonly string[], note: string): Promise<DemoBackend> {
  const program = new URL('../src/cli/sample-backends/run-sample-backends.ts', import.meta.url).pathname;
  const child = fork(program, ['--count', '1', ...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { urls: string[] }).urls[0]!));
    child.once('exit', () =>
      reject(new DemoFailure('a sample backend could not start (see above); --backend-port 0 takes any free ports')),
    );
  });
  return { url, process: child, note };
}
