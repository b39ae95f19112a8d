import { SUBCOMMANDS } from './subcommands.ts';

const COMMANDS = Object.entries(SUBCOMMANDS)
  .map(([name, { summary }]) => `  sluice ${name.padEnd(21)} ${summary}\n`)
  .join('');

export const HELP = `Sluice, an API gateway and load balancer.

Usage:
  sluice [run [FILE]] [flags]  run the gateway
  sluice check [FILE] [flags]  check a configuration and start nothing
${COMMANDS}
Flags (they override the file):
  -c, --config FILE       configuration: YAML, .json, .ts or .js
                          (./sluice.yaml or ./sluice.config.ts, or SLUICE_CONFIG)
      --backend URL       a backend of the pool "default"; give it several times for more.
                          Enough to run without any file.
      --host ADDRESS      public address                 (0.0.0.0)
  -p, --port PORT         public port, 0: any free one   (8080)
      --admin-host ADDR   admin address                  (127.0.0.1)
      --admin-port PORT   admin port, 0: any free one    (9000)
      --threads N         traffic threads, or auto       (auto)
      --data-dir FOLDER   the embedded database          (./data)
      --print             with check: print the configuration as YAML, secrets hidden
      --json              with check: every problem with file, line and column
  -h, --help              this text
  -v, --version           the version

Environment:
  SLUICE_CONFIG           like --config
  SLUICE_ADMIN_TOKEN      admin.token, unless the file gives it; of commands: their token
  SLUICE_ADMIN_URL        of commands: the admin API of the gateway that they ask
  DATABASE_URL            database.url, unless the file gives it
  NAME_FILE               a file with the value of the variable NAME, such as a mounted secret
  SLUICE_REGION           server.locality.region, unless the file gives it
  SLUICE_ZONE             server.locality.zone, unless the file gives it

Exit codes: 0 success, 1 failed while running, 2 invalid configuration or flags; 3 of status: unavailable.

Example:
  sluice --backend http://127.0.0.1:8081 --backend http://127.0.0.1:8082
`;
