/** `sluice status`: how a running gateway is. */
import type { GatewayStatusAnswer } from '../../../health/api/gateway-status-view.ts';
import { ADMIN_OPTIONS, adminAddress, AdminUnreachable, callAdmin } from '../../admin-api.ts';
import type { Context, ExitCode } from '../../context.ts';
import { statusText } from '../../operate/status-text.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../../option-table.ts';
import { runSubcommand, UsageError } from '../../read-words.ts';

export const commandLine = {
  about: 'shows how a running gateway is: health and reasons, threads, traffic, pools, limits, configuration.',
  usage: '[flags]',
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION, ...HELP_OPTION },
  notes: `It ends with 0 if the gateway is healthy, 1 if it is degraded or refuses to answer, and 3 if it is unavailable: not
ready, a pool without a backend that serves, or no answer. Warnings do not count.`,
} as const satisfies CommandLine;

const CODES: Readonly<Record<GatewayStatusAnswer['status'], ExitCode>> = { healthy: 0, degraded: 1, unavailable: 3 };

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('status', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`found ${words.length} words; allowed: none`);
    try {
      const { body } = await callAdmin<GatewayStatusAnswer>(adminAddress(values, context), 'GET', '/v1/api/status');
      const isColoured = process.stdout.isTTY && (context.env['NO_COLOR'] ?? '') === '';
      context.out(values.json ? `${JSON.stringify(body)}\n` : statusText(body, isColoured));
      return CODES[body.status];
    } catch (error) {
      if (!(error instanceof AdminUnreachable)) throw error;
      context.err(`sluice status: ${error.message}\n`);
      return 3;
    }
  });
}
