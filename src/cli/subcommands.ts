/** The commands besides running and checking. Each is a file in commands/, loaded on use. */
import type { CommandLine } from './option-table.ts';
import type { Context, ExitCode } from './context.ts';

export interface Subcommand {
  /** For `sluice --help`: one line, at most 60 characters. */
  readonly summary: string;
  readonly load: () => Promise<{
    /** @param args the words after the command's name. Prints its own usage for `--help`. */
    readonly run: (args: readonly string[], context: Context) => Promise<ExitCode>;
    /** Its arguments, offered by the shell completion. */
    readonly commandLine?: CommandLine;
  }>;
}

export const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  init: { summary: 'write a first configuration file', load: () => import('./commands/config/init-command.ts') },
  'demo-backends': {
    summary: 'run sample backends to try a gateway with',
    load: () => import('./commands/demo-backends-command.ts'),
  },
  status: {
    summary: 'how a running gateway is, and why',
    load: () => import('./commands/operate/status-command.ts'),
  },
  backends: {
    summary: 'list, add, drain, weigh and remove backends',
    load: () => import('./commands/operate/backends-command.ts'),
  },
  circuits: {
    summary: 'list, open and close the circuits of backends',
    load: () => import('./commands/operate/circuits-command.ts'),
  },
  routes: {
    summary: 'list routes: what they match, their traffic',
    load: () => import('./commands/operate/routes-command.ts'),
  },
  limits: {
    summary: 'current limits, and who meets them',
    load: () => import('./commands/operate/limits-command.ts'),
  },
  events: {
    summary: 'what happened; with -f, what happens now',
    load: () => import('./commands/operate/events-command.ts'),
  },
  reload: {
    summary: 'read the configuration file again',
    load: () => import('./commands/operate/reload-command.ts'),
  },
  load: { summary: 'put a gateway under load: PASSED or FAILED', load: () => import('./commands/load-command.ts') },
  top: { summary: 'live view of backends and clients', load: () => import('./commands/top-command.ts') },
  clients: { summary: 'list, add, change and remove clients', load: () => import('./commands/clients-command.ts') },
  record: { summary: 'record traffic, without its secrets', load: () => import('./commands/record-command.ts') },
  replay: {
    summary: 'send recorded traffic elsewhere and compare',
    load: () => import('./commands/replay-command.ts'),
  },
  certs: {
    summary: 'list, upload and remove certificates for clients',
    load: () => import('./commands/certs-command.ts'),
  },
  config: {
    summary: 'plan, apply, watch and roll back a configuration',
    load: () => import('./commands/config/config-command.ts'),
  },
  doctor: {
    summary: 'check this machine for a configuration',
    load: () => import('./commands/doctor-command.ts'),
  },
  explain: {
    summary: 'say which route a request takes, and why',
    load: () => import('./commands/explain-command.ts'),
  },
  fleet: {
    summary: 'list the gateways that share a database',
    load: () => import('./commands/fleet-command.ts'),
  },
  scale: {
    summary: 'show how many replicas are wanted, and set them',
    load: () => import('./commands/scale-command.ts'),
  },
  discovery: {
    summary: 'list the members of pools that discovery found',
    load: () => import('./commands/discovery-command.ts'),
  },
  trust: { summary: 'print the root of internal certificates', load: () => import('./commands/trust-command.ts') },
  import: {
    summary: 'turn another balancer’s configuration into ours',
    load: () => import('./commands/config/import-command.ts'),
  },
  completion: {
    summary: 'completion script for bash, zsh or fish',
    load: () => import('./commands/completion-command.ts'),
  },
  schema: {
    summary: 'schema of the configuration, for editors',
    load: () => import('./commands/config/schema-command.ts'),
  },
  plugin: { summary: 'write a plugin of your own, and its test', load: () => import('./commands/plugin-command.ts') },
  backup: {
    summary: 'write configuration and database to one file',
    load: () => import('./db/backup-command.ts'),
  },
  restore: {
    summary: 'make a gateway from such a file',
    load: () => import('./db/restore-command.ts'),
  },
  db: {
    summary: 'export or import everything in the database',
    load: () => import('./commands/db-command.ts'),
  },
  password: {
    summary: 'hash a password for the users of a route',
    load: () => import('./commands/password-command.ts'),
  },
  version: {
    summary: 'versions of this program, Node and what is in it',
    load: () => import('./commands/version-command.ts'),
  },
  token: {
    summary: 'create a bearer token for the admin port',
    load: () => import('./commands/token-command.ts'),
  },
};
