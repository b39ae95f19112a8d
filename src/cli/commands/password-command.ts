/** `sluice password`: the hash of a password, for `auth.basic` of a route. The password is never an argument. */
import { hashPassword } from '../../auth/password.ts';
import { FORMATS } from '../../config/schema/formats.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, type CommandLine } from '../option-table.ts';
import { readPassword } from '../read-password.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';

export const commandLine = {
  about: 'reads a password, and prints its hash as a line for `auth.basic.users` of a route.',
  usage: '--name NAME [--json]',
  options: {
    name: { type: 'string', value: 'NAME', help: 'of the user' },
    json: { type: 'boolean', help: 'for scripts: {"name", "hash"}' },
    ...HELP_OPTION,
  },
  notes: `NAME: ${FORMATS['user-name'].allowed}.
On a terminal the password is asked for twice, and not shown; otherwise it is the first line of standard input:
  printf %s "$PASSWORD" | sluice password --name alice`,
} as const satisfies CommandLine;

const MAX_LENGTH = 1024;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('password', commandLine, args, context, async ({ values, words }) => {
    const { name, json } = values;
    const mistakes = [
      words.length > 0 ? 'takes no words: a password among them would stay in the history of the shell' : undefined,
      wrongName(name),
    ].filter((each) => each !== undefined);
    if (mistakes.length > 0) throw new UsageError(...mistakes);
    const password = await readPassword(process.stdin, process.stderr);
    const fault = faultOf(password);
    if (fault !== undefined) throw new CommandFailure(fault);
    const hash = await hashPassword(password);
    context.out(
      json ? `${JSON.stringify({ name, hash })}\n` : `- { name: ${JSON.stringify(name)}, hash: "${hash}" }\n`,
    );
    return 0;
  });
}

function wrongName(name: string | undefined): string | undefined {
  if (name === undefined) return '--name is missing';
  const { allowed, reject } = FORMATS['user-name'];
  return reject(name) === undefined ? undefined : `--name: found "${name}"; allowed: ${allowed}`;
}

function faultOf(password: string): string | undefined {
  if (password === '') return 'the password is empty';
  if (password.length > MAX_LENGTH) return `the password is longer than ${MAX_LENGTH} characters`;
  return /\p{Cc}/u.test(password) ? 'the password contains a control character' : undefined;
}
