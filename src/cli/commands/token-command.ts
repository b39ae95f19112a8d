/** `sluice token create`: a new bearer token for the admin port, shown once, and its entry for the configuration. */
import { parseArgs } from 'node:util';
import { FORMATS } from '../../config/schema/formats.ts';
import { createAccessToken, hashAccessToken } from '../../admin-access/access-token.ts';
import { ROLES, type Role } from '../../admin-access/core/admin-access-vocabulary.ts';
import type { CommandLine } from '../option-table.ts';
import type { Context, ExitCode } from '../context.ts';

const USAGE = `Usage:
  sluice token create --name NAME --role ROLE [--json]

Creates a bearer token for the admin port and prints it, this once, with a line for the configuration: add that to
admin.tokens and reload. The configuration contains only the hash.

Flags:
      --name NAME   who it is for, in the audit log: ${FORMATS['token-name'].allowed}
      --role ROLE   viewer reads, operator also changes things, admin can do everything
      --json        {"name", "role", "token", "hash"}
  -h, --help        this text
`;

/** For parseArgs and the shell completion. */
export const commandLine = {
  about: 'creates a bearer token for the admin port.',
  usage: 'create --name NAME --role ROLE [--json]',
  words: { create: 'a new token, shown once' },
  options: {
    name: { type: 'string', value: 'NAME', help: 'name in the audit log' },
    role: { type: 'string', value: 'ROLE', help: 'viewer, operator or admin' },
    json: { type: 'boolean', help: 'name, role, token and hash' },
    help: { type: 'boolean', short: 'h', help: 'this text' },
  },
} as const satisfies CommandLine;

interface Mistake {
  readonly mistake: string;
}

export async function run(args: readonly string[], { out, err }: Context): Promise<ExitCode> {
  const wanted = readWanted(args);
  if (wanted === 'help') {
    out(USAGE);
    return 0;
  }
  if ('mistake' in wanted) {
    err(`sluice: ${wanted.mistake}\nSee sluice token --help.\n`);
    return 2;
  }
  const { name, role, isJson } = wanted;
  const token = createAccessToken();
  const hash = hashAccessToken(token);
  if (isJson) {
    out(`${JSON.stringify({ name, role, token, hash })}\n`);
    return 0;
  }
  out(`${token}

This is the only time it is shown. Add it to the configuration and reload:

admin:
  tokens:
    - { name: ${JSON.stringify(name)}, role: ${role}, hash: "${hash}" }
`);
  return 0;
}

interface Wanted {
  readonly name: string;
  readonly role: Role;
  readonly isJson: boolean;
}

function readWanted(args: readonly string[]): Wanted | 'help' | Mistake {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: commandLine.options,
    });
  } catch (error) {
    return { mistake: (error as Error).message };
  }
  const { values, positionals } = parsed;
  if (values.help === true) return 'help';
  if (positionals.join(' ') !== 'create')
    return { mistake: `token needs create, not ${positionals.join(' ') || 'nothing'}` };
  if (values.name === undefined) return { mistake: '--name is missing' };
  const reason = FORMATS['token-name'].reject(values.name);
  if (reason !== undefined) {
    return {
      mistake: `--name: found "${values.name}"; allowed: ${FORMATS['token-name'].allowed}${reason && ` (${reason})`}`,
    };
  }
  const role = ROLES.find((one) => one === values.role);
  if (role === undefined) return { mistake: `--role: found ${values.role ?? 'nothing'}; allowed: ${ROLES.join(', ')}` };
  return { name: values.name, role, isJson: values.json ?? false };
}
