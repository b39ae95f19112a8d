import type { Option, OptionTable } from '../option-table.ts';
import { type CommandRow, quoted } from './command-table.ts';

export function zshCompletion(rows: readonly CommandRow[]): string {
  const commands = rows.filter(({ name }) => name !== '');
  const top = rows.find(({ name }) => name === '')!;
  return `#compdef sluice
# Completion of sluice for zsh. Load it with: source <(sluice completion zsh)
_sluice() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
  )
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    _describe command commands
    return
  fi
  local command=$words[2]
  case $command in
${commands.map(commandCase).join('\n')}
    *) _arguments${argumentsOf(top.options)} ;;
  esac
}
compdef _sluice sluice
`;
}

function commandCase({ name, words, options, takesFile }: CommandRow): string {
  const choices = Object.keys(words);
  const first =
    choices.length > 0 ? ` ${quoted(`1:what:(${choices.join(' ')})`)}` : takesFile ? " '1:file:_files'" : '';
  return `    ${name}) shift words; ((CURRENT--)); _arguments${first}${argumentsOf(options)} ;;`;
}

function argumentsOf(options: OptionTable): string {
  const specs = Object.entries(options).flatMap(([name, option]) => [
    spec(`--${name}`, option),
    ...(option.short === undefined ? [] : [spec(`-${option.short}`, option)]),
  ]);
  return specs.map((each) => ` \\\n      ${quoted(each)}`).join('');
}

function spec(flag: string, { type, multiple, help, value = 'VALUE', completes }: Option): string {
  const text = help.replaceAll(/[[\]:\\]/g, String.raw`\$&`);
  const action = completes === 'file' ? '_files' : '';
  const takes = type === 'boolean' ? '' : `:${value.replaceAll(':', String.raw`\:`)}:${action}`;
  return `${multiple === true ? '*' : ''}${flag}[${text}]${takes}`;
}
