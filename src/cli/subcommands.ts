/** The commands beside running and checking. Each is a file in commands/, loaded when it is asked for. */
import type { ExitCode, Surroundings } from './run-command.ts';

export interface Subcommand {
  /** For `sluice --help`: one line, at most 60 characters. */
  readonly summary: string;
  readonly load: () => Promise<{
    /** @param args what stands behind the command's name. Prints its own usage for `--help`. */
    readonly run: (args: readonly string[], around: Surroundings) => Promise<ExitCode>;
  }>;
}

export const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  db: {
    summary: 'export or import what the database holds',
    load: () => import('./commands/db.ts'),
  },
  token: {
    summary: 'create a bearer token for the admin port',
    load: () => import('./commands/token.ts'),
  },
};
