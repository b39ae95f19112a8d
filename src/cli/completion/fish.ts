import type { CommandRow } from './command-table.ts';

export function fishCompletion(rows: readonly CommandRow[]): string {
  const lines = rows.flatMap((row) => {
    const { name, summary, words, options, takesFile } = row;
    const here = name === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${name}`;
    const at = `complete -c sluice -n ${fishQuoted(here)}`;
    return [
      ...(name === '' ? [] : [`complete -c sluice -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`]),
      ...(takesFile ? [`${at} -F`] : []),
      ...Object.entries(words).map(([word, about]) => `${at} -a ${word} -d ${fishQuoted(about)}`),
      ...Object.entries(options).map(([flag, { short, type, completes, help }]) => {
        const value = type === 'boolean' ? '' : completes === 'file' ? ' -r -F' : ' -x';
        return `${at} -l ${flag}${short === undefined ? '' : ` -s ${short}`}${value} -d ${fishQuoted(help)}`;
      }),
    ];
  });
  return `# Completion of sluice for fish. Load it with: sluice completion fish | source\ncomplete -c sluice -f\n${lines.join('\n')}\n`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
}
