/** `sluice reload`: has a running gateway read its file again. */
import type { ReloadAnswer } from '../../../reload/api/config-view.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin } from '../../admin-api.ts';
import { planText } from '../../config/config-text.ts';
import { finish, NO_WAIT_OPTION, watchSeconds } from '../../config/finish-change.ts';
import type { Context, ExitCode } from '../../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../../option-table.ts';
import { runSubcommand, UsageError } from '../../read-words.ts';

export const commandLine = {
  about: 'has a running gateway read its configuration file again, as SIGHUP does, and says what has changed.',
  usage: '[flags]',
  options: {
    watch: { type: 'string', value: 'TIME', default: '0s', help: 'how long to watch it, such as 60s; 0: do not' },
    ...NO_WAIT_OPTION,
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
    ...HELP_OPTION,
  },
  notes: `An invalid file is refused with every problem, and the current configuration is kept. What it would change: sluice config plan.
It ends with 0 if the file applies on every thread, and with 1 if it was refused, or reverted by its watch.`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('reload', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`found ${words.length} words; allowed: none`);
    const seconds = watchSeconds(values.watch);
    const address = adminAddress(values, context);
    const path = `/v1/api/config/reload?watch_seconds=${seconds}`;
    const { body } = await callAdmin<ReloadAnswer>(address, 'POST', path);
    if (!values.json) context.out(planText({ ...body, warnings: [] }));
    return finish({ address, values, context }, body);
  });
}
