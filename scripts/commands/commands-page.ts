/** docs/commands.md: what each command prints. */
import { SUBCOMMANDS } from '../../src/cli/subcommands.ts';
import { CONFIG } from './shown-commands.ts';
import type { CommandOutput } from './command-outputs.ts';

const HEAD = `# What each command prints

Written by \`npm run docs:commands\`, which runs them against a gateway with two sample backends; a test compares all but the numbers.
[tools.md](tools.md) explains them, and \`--help\` has their flags. The exit code is 0 unless it is shown. The configuration is this \`sluice.yaml\`:

\`\`\`yaml
${CONFIG.replace(/BACKEND_(\d)/g, (_, number) => `http://127.0.0.1:${8080 + Number(number)}`)}\`\`\`
`;

export function commandsPage(outputs: readonly CommandOutput[]): string {
  const byCommand = Map.groupBy(outputs, ({ command }) => command.words[0]!);
  const parts = [...byCommand].map(([name, all]) => {
    const summary = SUBCOMMANDS[name]?.summary ?? 'check a configuration and start nothing';
    return `## sluice ${name}\n\n${summary[0]!.toUpperCase()}${summary.slice(1)}.\n\n${all.map(commandBlock).join('\n')}`;
  });
  return `${HEAD}\n${parts.join('\n')}`;
}

export function commandBlock({ command, output, code }: CommandOutput): string {
  const { words, input, lines = 60 } = command;
  const fed = input === undefined ? '' : `printf '${input.replaceAll('\n', String.raw`\n`)}' | `;
  const all = output
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
  const kept = all.length > lines ? [...all.slice(0, lines), '…'] : all;
  const ended = code === 0 || code === null ? [] : [`(exit code ${code})`];
  return ['```console', `$ ${fed}sluice ${words.join(' ')}`, ...kept, ...ended, '```', ''].join('\n');
}

/**
 * Without what differs from run to run: numbers, times, random words, widths of columns. A rate or latency that was not measured yet is
 * shown as a dash.
 */
export function comparable(page: string): string {
  return page
    .replace(/\b[0-9a-f]{12,}\b/g, 'HEX')
    .replace(/\b[A-Za-z0-9_-]*[A-Za-z0-9+/_$:=.-]{32,}/g, 'RANDOM')
    .replace(/ \([^()]*\), up /g, ', up ')
    .replace(/(?:, \d+\.\d % (?:errors|refused))+/g, '')
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g, 'TIME')
    .replace(/\d+(?:[.,:]\d+)*/g, 'N')
    .replace(/N ?(?:ms|µs|s|min|m|h)\b|N %/g, '-')
    .replace(/[─-]{2,}/g, '--')
    .replace(/[ \t]+/g, ' ');
}

/** The blocks of a page, each with its command line. */
export function blocksOf(page: string): readonly string[] {
  return [...page.matchAll(/^```console\n.*?^```$/gms)].map(([whole]) => `${whole}\n`);
}
