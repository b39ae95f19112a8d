/** `sluice import OLD_FILE`: converts another gateway's configuration into a sluice.yaml. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../../../config/load.ts';
import { readText } from '../../../config/file/text-reader.ts';
import { GATEWAY_FORMATS, guessGateway, type GatewayFormat } from '../../import/gateway-formats.ts';
import { importConfig, type ImportOptions } from '../../import/import-config.ts';
import { importGateway } from '../../import/import-gateway.ts';
import { ImportFailure } from '../../import/old-file.ts';
import { OLD_FORMATS, type OldFormat } from '../../import/old-format.ts';
import { BoundedFiles } from '../../import/outline/bounded-files.ts';
import { findingLine } from '../../import/outline/findings.ts';
import { HELP_OPTION, type CommandLine } from '../../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../../read-words.ts';
import type { Context, ExitCode } from '../../context.ts';

const FORMATS: readonly string[] = [...GATEWAY_FORMATS, ...OLD_FORMATS];

export const commandLine = {
  about: 'turns a configuration of another gateway into a sluice.yaml.',
  usage: 'OLD_FILE [flags]',
  takesFile: true,
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      completes: 'file',
      help: 'write to this file instead of standard output',
    },
    force: { type: 'boolean', help: 'overwrite an existing file' },
    'drop-unsupported': {
      type: 'boolean',
      help: 'omit rules that cannot be translated; otherwise the file is rejected',
    },
    from: { type: 'string', value: 'FORMAT', help: 'what the file was written for; default: detected' },
    json: { type: 'boolean', help: 'print format, configuration and warnings as JSON' },
    ...HELP_OPTION,
  },
  notes: `Formats: ${FORMATS.join(', ')}. Warnings are printed on standard error and listed at the top of the result. docs/migrating.md describes the formats.`,
} as const satisfies CommandLine;

interface Result {
  readonly format: string;
  readonly yaml: string;
  readonly config: unknown;
  readonly warnings: readonly unknown[];
  /** For standard error. */
  readonly lines: readonly string[];
}

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('import', commandLine, args, context, async ({ values, words: [file, ...more] }) => {
    if (file === undefined) throw new UsageError('which file?');
    if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
    const { from } = values;
    if (from !== undefined && !FORMATS.includes(from))
      throw new UsageError(`--from: found '${from}', allowed is ${FORMATS.join(', ')}`);
    const output = values.output === undefined ? undefined : resolve(context.cwd, values.output);
    if (output !== undefined && existsSync(output) && !values.force)
      throw new CommandFailure(`${values.output} already exists; --force overwrites it`);
    const result = read(file, from, values['drop-unsupported'] ?? false, context);
    if (output !== undefined) write(output, result.yaml);
    if (values.json) {
      const { format, warnings, config } = result;
      context.out(`${JSON.stringify({ format, warnings, config })}\n`);
      return 0;
    }
    if (output === undefined) context.out(result.yaml);
    for (const line of result.lines) context.err(`${line}\n`);
    return 0;
  });
}

function read(file: string, from: string | undefined, dropsUnsupported: boolean, context: Context): Result {
  try {
    const text = readText(file, context.cwd);
    const guess = from === undefined ? guessGateway(file, text) : undefined;
    const format = GATEWAY_FORMATS.find((each) => each === (from ?? guess?.format));
    if (format === undefined) return fromOld(file, text, { format: from as OldFormat | undefined, dropsUnsupported });
    if (guess !== undefined) context.err(`${file}: read as ${format}, by ${guess.by}; --from overrides it\n`);
    return fromGateway(file, text, format, dropsUnsupported, context.cwd);
  } catch (error) {
    if (error instanceof ImportFailure) throw new CommandFailure(`${file}: ${error.message}`);
    if (error instanceof ConfigError) throw new CommandFailure(error.message);
    throw error;
  }
}

function fromOld(file: string, text: string, options: ImportOptions): Result {
  const imported = importConfig(text, options);
  const lines = imported.warnings.map(({ key, message }) => `${file}: ${key === '' ? '' : `${key}: `}${message}`);
  return { ...imported, lines };
}

function fromGateway(
  file: string,
  text: string,
  format: GatewayFormat,
  dropsUnsupported: boolean,
  cwd: string,
): Result {
  const files = new BoundedFiles(file, cwd);
  const { yaml, config, findings } = importGateway({
    main: { name: file, text },
    format,
    files,
    dropsUnsupported,
    cwd,
  });
  const warnings = findings.map(({ kind, origin, message }) => ({
    kind,
    file: origin?.file ?? null,
    line: origin?.line ?? null,
    column: origin?.column ?? null,
    directive: origin?.name ?? null,
    message,
  }));
  return { format, yaml, config, warnings, lines: findings.map((each) => `${each.kind}: ${findingLine(each)}`) };
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandFailure((error as Error).message);
  }
}
