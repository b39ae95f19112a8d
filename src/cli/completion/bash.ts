import { flagNames, type CommandRow, quoted } from './command-table.ts';

/** For bash 3.2 and later; needs nothing but bash. */
export function bashCompletion(rows: readonly CommandRow[]): string {
  const names = rows.flatMap(({ name }) => (name === '' ? [] : [name]));
  return `# Completion of sluice for bash. Load it with: source <(sluice completion bash)
_sluice() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" cmd="" words="" file=""
  if ((COMP_CWORD > 1)); then
    case "\${COMP_WORDS[1]}" in
      ${names.join('|')}) cmd="\${COMP_WORDS[1]}" ;;
    esac
  fi
  COMPREPLY=()
  case "$cmd $prev" in
${rows.flatMap(valueCases).join('\n')}
  esac
  case "$cmd" in
${rows.map((row) => wordCase(row, names)).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -n "$file" && "$cur" != -* ]]; then COMPREPLY+=($(compgen -f -- "$cur")); fi
}
complete -o filenames -F _sluice sluice
`;
}

/** What may follow a flag that takes a value. */
function valueCases({ name, options }: CommandRow): string[] {
  return Object.entries(options).flatMap(([flag, option]) => {
    if (option.type === 'boolean') return [];
    const pattern = flagNames({ [flag]: option })
      .map((each) => `"${name} ${each}"`)
      .join('|');
    const files = option.completes === 'file' ? 'COMPREPLY=($(compgen -f -- "$cur")); ' : '';
    return [`    ${pattern}) ${files}return ;;`];
  });
}

function wordCase({ name, words, options, takesFile }: CommandRow, names: readonly string[]): string {
  const all = [...(name === '' ? names : []), ...Object.keys(words), ...flagNames(options)];
  return `    "${name}") words=${quoted(all.join(' '))}${takesFile ? ' file=yes' : ''} ;;`;
}
