import type { CommandLine, Option } from './option-table.ts';

/** The help of one command, from its table. */
export function usageText(name: string, line: CommandLine): string {
  const words = Object.entries(line.words ?? {});
  const options = Object.entries(line.options).map(
    ([flag, option]) => [flagText(flag, option), helpOf(option)] as const,
  );
  const width = Math.max(...[...words, ...options].map(([left]) => left.length)) + 2;
  const rows = (entries: readonly (readonly [string, string])[]): string =>
    entries.map(([left, right]) => `  ${left.padEnd(width)}${right}\n`).join('');
  return [
    `sluice ${name}: ${line.about}\n\nUsage:\n  sluice ${name} ${line.usage}\n`,
    words.length === 0 ? '' : `\n${rows(words)}`,
    `\nFlags:\n${rows(options)}`,
    line.notes === undefined ? '' : `\n${line.notes}\n`,
  ].join('');
}

function flagText(flag: string, { short, value, type }: Option): string {
  const name = short === undefined ? `    --${flag}` : `-${short}, --${flag}`;
  return type === 'boolean' ? name : `${name} ${value ?? 'VALUE'}`;
}

function helpOf({ help, default: fallback }: Option): string {
  return fallback === undefined ? help : `${help} (${fallback})`;
}
