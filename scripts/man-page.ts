/**
 * docs/man/sluice.1, from the texts that `--help` prints, in the macros of man(7)
 * (https://man7.org/linux/man-pages/man7/groff_man.7.html).
 */
import { HELP } from '../src/cli/help.ts';
import { SUBCOMMANDS } from '../src/cli/subcommands.ts';
import { usageText } from '../src/cli/usage.ts';

/** What these parts of a help text are called in a man page. */
const SECTIONS: Readonly<Record<string, string>> = {
  Usage: 'SYNOPSIS',
  Flags: 'OPTIONS',
  Environment: 'ENVIRONMENT',
  'Exit codes': 'EXIT STATUS',
  Example: 'EXAMPLES',
};
const HEADING = /^(?<name>[A-Z][a-z ]*)(?: \((?<about>.*)\))?:(?: (?<rest>.*))?$/;
/** A term and what it means, in two columns. */
const ROW = /^ {2,}(?<term>\S+(?: \S+)*) {2,}(?<meaning>\S.*)$/;
/** Goes on in the second column. */
const MORE = /^ {16,}(?<meaning>\S.*)$/;

export async function manPage(version: string): Promise<string> {
  const [intro = '', ...parts] = HELP.trim().split('\n\n');
  const about = /^Sluice, (.*)\.$/.exec(intro)?.[1];
  if (about === undefined) throw new Error(`the first line of the help says what Sluice is; found: ${intro}`);
  const sections = parts.map((part) => {
    const { name, body } = headed(part);
    const section = SECTIONS[name];
    if (section === undefined) throw new Error(`the help has a part ${name}, which a man page has no section for`);
    return [section, `.SH ${section}\n${roff(body).replace(/^\.PP\n/, '')}`] as const;
  });
  const commands = await Promise.all(Object.keys(SUBCOMMANDS).map(commandPart));
  // After the general options; man-pages(7) has the others in this order, too.
  const at = sections.findIndex(([section]) => section === 'OPTIONS') + 1;
  return [
    '.\\" Generated from the texts of --help: npm run docs',
    `.TH SLUICE 1 "" "sluice ${escaped(version)}"`,
    `.SH NAME\nsluice \\- ${escaped(about)}`,
    ...sections.slice(0, at).map(([, text]) => text),
    `.SH COMMANDS\n${commands.join('\n')}`,
    ...sections.slice(at).map(([, text]) => text),
    '',
  ].join('\n');
}

async function commandPart(name: string): Promise<string> {
  const { commandLine } = await SUBCOMMANDS[name]!.load();
  if (commandLine === undefined) throw new Error(`${name} has no table of its flags`);
  const [, ...parts] = usageText(name, commandLine).trim().split('\n\n');
  const texts = parts.map((part) => {
    const { name: heading, body } = headed(part);
    // A heading for two or three lines would be louder than what it says.
    return heading === 'Usage' || heading === 'Flags' ? roff(body) : roff(part.split('\n'));
  });
  return [`.SS sluice ${escaped(name)}`, escaped(commandLine.about), ...texts].join('\n');
}

function headed(part: string): { readonly name: string; readonly body: readonly string[] } {
  const [first = '', ...lines] = part.split('\n');
  const { name = '', about, rest } = HEADING.exec(first)?.groups ?? {};
  const ahead = [...(about === undefined ? [] : [`${about.charAt(0).toUpperCase()}${about.slice(1)}.`]), rest ?? ''];
  return { name, body: [...ahead.filter((line) => line !== ''), ...lines] };
}

type Kind = 'none' | 'row' | 'example' | 'text';

/** Lines of a help text: rows of two columns, indented examples, and sentences. */
function roff(lines: readonly string[]): string {
  const output: string[] = [];
  let kind = 'none' as Kind;
  const enter = (next: Kind): void => {
    if (kind === 'example' && next !== 'example') output.push('.EE', '.RE');
    if (next === 'example' && kind !== 'example') output.push('.PP', '.RS 4', '.EX');
    if (next === 'text' && kind !== 'text') output.push('.PP');
    kind = next;
  };
  for (const line of lines) {
    const more = kind === 'row' ? MORE.exec(line)?.groups : undefined;
    const row = more === undefined ? ROW.exec(line)?.groups : undefined;
    if (more !== undefined) output.push(escaped(more['meaning']!));
    else if (row !== undefined) {
      enter('row');
      output.push('.TP', `\\fB${escaped(row['term']!)}\\fR`, escaped(row['meaning']!.replaceAll(/ {2,}/g, ' ')));
    } else if (line.startsWith('  ')) {
      enter('example');
      output.push(escaped(line.trim()));
    } else {
      enter('text');
      output.push(escaped(line));
    }
  }
  enter('none');
  return output.join('\n');
}

/** A minus is one that can be copied into a shell, and nothing begins a request. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll(/[\u007F-\uFFFF]/g, (char) => `\\[u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`)
    .replace(/^(?=[.'])/, String.raw`\&`);
}
