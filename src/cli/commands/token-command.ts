/** `sluice token create`: a new bearer token for the admin port, shown once, and its entry for the configuration. */
import { FORMATS } from '../../config/schema/formats.ts';
import { createAccessToken, hashAccessToken } from '../../admin-access/access-token.ts';
import { ROLES } from '../../admin-access/core/admin-access-vocabulary.ts';
import { HELP_OPTION, type CommandLine } from '../option-table.ts';
import { runSubcommand, UsageError, unknownAction } from '../read-words.ts';
import type { Context, ExitCode } from '../context.ts';

export const commandLine = {
  about: 'creates a bearer token for the admin port, and prints it this once, with a line for the configuration.',
  usage: 'create --name NAME --role ROLE [--json]',
  words: { create: 'a new token, shown once' },
  options: {
    name: { type: 'string', value: 'NAME', help: 'who it is for, in the audit log' },
    role: {
      type: 'string',
      value: 'ROLE',
      choices: ROLES,
      help: 'viewer reads, operator also changes things, admin can do everything',
    },
    json: { type: 'boolean', help: 'for scripts: {"name", "role", "token", "hash"}' },
    ...HELP_OPTION,
  },
  notes: `NAME: ${FORMATS['token-name'].allowed}.
Add the line to admin.tokens and reload. It has only the hash of the token.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('token', commandLine, args, context, async ({ values, words }) => {
    const { name, role, json } = values;
    const mistakes = [wrongAction(words), wrongName(name), wrongRole(role)].filter((each) => each !== undefined);
    if (mistakes.length > 0) throw new UsageError(...mistakes);
    const token = createAccessToken();
    const hash = hashAccessToken(token);
    context.out(
      json
        ? `${JSON.stringify({ name, role, token, hash })}\n`
        : `${token}

This is the only time it is shown. Add it to the configuration and reload:

admin:
  tokens:
    - { name: ${JSON.stringify(name)}, role: ${role}, hash: "${hash}" }
`,
    );
    return 0;
  });
}

function wrongAction([action, ...more]: readonly string[]): string | undefined {
  if (action !== 'create') return unknownAction(action, ['create']).message;
  return more.length === 0 ? undefined : `create takes no words, found '${more[0]}'`;
}

function wrongName(name: string | undefined): string | undefined {
  if (name === undefined) return '--name is missing';
  const { allowed, reject } = FORMATS['token-name'];
  const reason = reject(name);
  return reason === undefined ? undefined : `--name: found "${name}"; allowed: ${allowed}${reason && ` (${reason})`}`;
}

function wrongRole(role: string | undefined): string | undefined {
  if (ROLES.some((one) => one === role)) return undefined;
  return role === undefined
    ? `--role is missing; allowed: ${ROLES.join(', ')}`
    : `--role: found ${role}; allowed: ${ROLES.join(', ')}`;
}
