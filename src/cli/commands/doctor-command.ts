/** `sluice doctor`: whether a gateway would run well on this machine with this configuration. Changes nothing. */
import { resolve } from 'node:path';
import { ConfigError } from '../../config/file/problem.ts';
import { configSource, type ConfigSource } from '../../config/file/source.ts';
import { openFileLimit } from '../../config/open-files.ts';
import type { Settings } from '../../config/settings.ts';
import { HIDDEN, toFile } from '../../config/to-file.ts';
import { repeatOutput } from '../check-config.ts';
import type { Context, ExitCode } from '../context.ts';
import { checkCertificates } from '../doctor/certificates.ts';
import { checkFileTimes, checkJump } from '../doctor/clocks.ts';
import { checkFiles, type PrivateFile } from '../doctor/files.ts';
import type { Finding } from '../doctor/finding.ts';
import { checkMachine, readMachine } from '../doctor/machine.ts';
import { checkPort } from '../doctor/ports.ts';
import { checkDatabase, checkRedis } from '../doctor/services.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { runSubcommand, UsageError } from '../read-words.ts';
import { table } from '../top/text.ts';

export const commandLine = {
  about:
    'checks this machine for a gateway with a configuration: files, limits, clocks, ports, database, Redis, certificates.',
  usage: '[FILE] [flags]',
  takesFile: true,
  options: { ...JSON_OPTION, ...HELP_OPTION },
  notes: `FILE: the configuration; default: where \`sluice\` looks for it. Run it where the gateway runs, as its user. It changes
nothing. It ends with 0 without errors, with 1 if there are some, and with 2 if the configuration is invalid.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('doctor', commandLine, args, context, async ({ values, words: [file, ...more] }) => {
    if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
    const { cwd, env } = context;
    const source = configSource({ ...(file === undefined ? {} : { file }), cwd, env, flags: {} });
    let settings: Settings;
    try {
      settings = await source.read().finally(() => repeatOutput(source, context));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      context.err(`${error.format()}\n`);
      return 2;
    }
    const { server, admin, rateLimit, redis, tls } = settings;
    const database = { ...settings.database, dataDir: resolve(cwd, settings.database.dataDir) };
    const needs = {
      threads: server.threads,
      maxConnections: server.maxConnections,
      maxClients: rateLimit.maxClients,
    };
    const findings = [
      ...checkMachine(readMachine(database.dataDir, openFileLimit()), needs),
      ...checkFiles(privateFiles(settings, source, cwd), database.dataDir),
      await checkPort({ key: 'server.port', host: server.host, port: server.port }),
      ...(tls === null ? [] : [await checkPort({ key: 'tls.port', host: server.host, port: tls.port })]),
      await checkPort({ key: 'admin.port', host: admin.host, port: admin.port }),
      ...(await checkDatabase(database)),
      ...(await checkRedis(redis)),
      ...checkFileTimes(database.dataDir),
      ...checkJump('this command', { startedMs: performance.timeOrigin, monotonicMs: performance.now() }),
      ...checkCertificates(source.takePairs()),
    ];
    const count = (status: Finding['status']): number => findings.filter((each) => each.status === status).length;
    const isFine = count('error') === 0;
    context.out(values.json ? `${JSON.stringify({ ok: isFine, items: findings })}\n` : report(findings));
    if (!values.json) context.out(`\n${count('error')} errors, ${count('warning')} warnings\n`);
    return isFine ? 0 : 1;
  });
}

/** The configuration if it has secrets as text, and the keys that it names. */
function privateFiles(settings: Settings, source: ConfigSource, cwd: string): readonly PrivateFile[] {
  const hasSecrets = JSON.stringify(toFile(settings, source.references)).includes(HIDDEN);
  const keys = (settings.tls?.certificates ?? []).flatMap(({ keyFile }) => keyFile ?? []);
  return [
    ...(hasSecrets ? source.paths.slice(0, 1).map((path) => ({ path, kind: 'configuration' })) : []),
    ...keys.map((path) => ({ path: resolve(cwd, path), kind: 'key' })),
  ];
}

function report(findings: readonly Finding[]): string {
  const lines = table(findings.map(({ status, check, message }) => [status, check, message]));
  return findings
    .flatMap(({ why, fix }, at) => [
      lines[at]!,
      ...(why === null ? [] : [`         why: ${why}`]),
      ...(fix === null ? [] : [`         fix: ${fix}`]),
    ])
    .map((line) => `${line}\n`)
    .join('');
}
