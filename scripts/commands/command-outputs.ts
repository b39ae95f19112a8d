/** Runs the shown commands against a gateway of their own, with the program that users run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startSampleBackends } from '../../src/cli/sample-backends/sample-backends.ts';
import { command } from '../../test/support/admin-server.ts';
import { runGatewayProcess, temporaryFolder } from '../../test/support/sluice-process.ts';
import { CONFIG, NGINX, SHOWN_COMMANDS, type ShownCommand } from './shown-commands.ts';

export interface CommandOutput {
  readonly command: ShownCommand;
  /** Standard output and standard error, one after the other. */
  readonly output: string;
  readonly code: number | null;
}

type Cleanup = () => void | Promise<void>;

const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js');

/** In their order. Ports, folders and times are as in the page (see {@link shown}). */
export async function commandOutputs(): Promise<readonly CommandOutput[]> {
  const cleanups: Cleanup[] = [];
  const t = { after: (cleanup?: unknown) => void cleanups.unshift(cleanup as Cleanup) };
  try {
    const { backends, close } = await startSampleBackends({ count: 3 });
    t.after(close);
    const urls = backends.map(({ url }) => url);
    const filled = (words: string): string => words.replace(/BACKEND_(\d)/g, (_, number) => urls[Number(number) - 1]!);
    const folder = temporaryFolder(t);
    const yaml = filled(CONFIG).replace('port: 8443', 'port: 0');
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'sluice.yaml'), yaml);
    writeFileSync(join(folder, 'changed.yaml'), yaml.replace('timeout: 10s', 'timeout: 5s').replace('100', '200'));
    writeFileSync(join(folder, 'nginx.conf'), NGINX);
    const gateway = await runGatewayProcess(t, {
      yaml,
      dataDir: join(folder, 'data'),
    });
    const ask = async (): Promise<void> => void (await (await fetch(`${gateway.trafficUrl}/api/hello`)).text());
    for (let at = 0; at < 8; at += 1) await ask();

    const places: readonly (readonly [string, string])[] = [
      [gateway.adminUrl, 'http://127.0.0.1:9000'],
      [gateway.trafficUrl, 'http://127.0.0.1:8080'],
      ...urls.map((url, at) => [url, `http://127.0.0.1:${8081 + at}`] as const),
      [gateway.file, 'sluice.yaml'],
      [`${folder}/`, ''],
      [folder, '.'],
      [hostname(), 'host'],
    ];
    const outputs: CommandOutput[] = [];
    for (const each of SHOWN_COMMANDS) {
      if (each.isAfterwards && gateway.child.exitCode === null) {
        gateway.child.kill('SIGTERM');
        await gateway.exit;
      }
      const words = each.words.map((word) => filled(word).replace('GATEWAY', gateway.trafficUrl));
      const traffic = each.words[0] === 'record' ? setInterval(ask, 50) : undefined;
      const { output, code } = await run(words, each, folder, gateway.adminUrl);
      clearInterval(traffic);
      outputs.push({
        command: { ...each, words: words.map((word) => shown(word, places)) },
        output: shown(output, places),
        code,
      });
    }
    return outputs;
  } finally {
    for (const cleanup of cleanups) await cleanup();
  }
}

async function run(words: readonly string[], { input, isProcess }: ShownCommand, cwd: string, admin: string) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, SLUICE_ADMIN_URL: admin, NO_COLOR: '1' };
  if (isProcess !== true) {
    const { code, out, err } = await command(words, env, cwd);
    return { output: out + err, code };
  }
  const child = spawn(process.execPath, [PROGRAM, ...words], { cwd, env });
  child.stdin.end(input ?? '');
  // Sample backends run until they are stopped.
  if (words[0] === 'demo-backends') child.stdout.once('data', () => child.kill('SIGINT'));
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { output: out + err, code };
}

/** Addresses as in the examples of other pages; where they stand in a column, its width is kept. */
function shown(output: string, places: readonly (readonly [string, string])[]): string {
  let result = output;
  for (const [found, wanted] of places) {
    result = result
      .split(new RegExp(`${RegExp.escape(found)}(?=  )`))
      .join(wanted.padEnd(found.length))
      .replaceAll(found, wanted);
  }
  return result;
}
