/** `sluice routes`: the routes of a running gateway, with what they match and their traffic. */
import type { RouteView } from '../../../telemetry/api/gateway-view.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin } from '../../admin-api.ts';
import type { Context, ExitCode } from '../../context.ts';
import { notThere } from '../../operate/near-names.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../../option-table.ts';
import { runSubcommand, UsageError } from '../../read-words.ts';
import { table } from '../../top/text.ts';

export const commandLine = {
  about:
    'lists the routes of a running gateway in the order of the file: what they match, where they lead, their traffic.',
  usage: '[NAME] [flags]',
  options: { ...ADMIN_OPTIONS, ...JSON_OPTION, ...HELP_OPTION },
  notes: `--json: the routes of GET /v1/api/metrics, each with its \`settings\` of GET /v1/api/config. Which of them a request
takes, and why: sluice explain.`,
} as const satisfies CommandLine;

/** The keys that are shown, as the file has them. */
interface RouteSettings {
  readonly name: string;
  readonly host?: string | null;
  readonly path?: string | null;
  readonly path_prefix?: string | null;
  readonly path_regex?: string | null;
  readonly methods?: readonly string[];
  readonly match?: Readonly<Record<string, object>> | null;
  readonly pool?: string | null;
  readonly split?: readonly { readonly pool: string; readonly weight: number }[] | null;
  readonly redirect?: object | null;
  readonly respond?: object | null;
}
type Route = RouteView & { readonly settings: RouteSettings };

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('routes', commandLine, args, context, async ({ values, words: [name, ...more] }) => {
    if (more.length > 0) throw new UsageError(`one route at a time, not also '${more[0]}'`);
    const address = adminAddress(values, context);
    const [{ body: config }, { body: metrics }] = await Promise.all([
      callAdmin<{ readonly settings: { readonly routes: readonly RouteSettings[] } }>(address, 'GET', '/v1/api/config'),
      callAdmin<{ readonly routes: readonly RouteView[] }>(address, 'GET', '/v1/api/metrics'),
    ]);
    // A reload between the two answers: its routes have no figures yet.
    const all = config.settings.routes.flatMap((settings): Route[] => {
      const figures = metrics.routes.find((each) => each.name === settings.name);
      return figures === undefined ? [] : [{ ...figures, settings }];
    });
    const routes = name === undefined ? all : all.filter((route) => route.name === name);
    if (name !== undefined && routes.length === 0) {
      const known = all.map((route) => route.name);
      throw notThere('route', name, known);
    }
    context.out(values.json ? `${JSON.stringify(routes)}\n` : routeTable(routes));
    return 0;
  });
}

const HEAD = ['ROUTE', 'HOST', 'PATH', 'METHODS', 'TO', 'REQUESTS', 'REQ/S', 'ERRORS', 'P95'];

function routeTable(routes: readonly Route[]): string {
  const rows = routes.map((route) => [
    route.name,
    route.settings.host ?? '*',
    pathOf(route.settings),
    route.settings.methods?.join(' ') || '*',
    targetOf(route.settings),
    String(route.requests_total),
    route.requests_per_second.toFixed(1),
    route.error_share === null ? '-' : `${(route.error_share * 100).toFixed(1)} %`,
    route.p95 === null ? '-' : `${Math.round(route.p95)} ms`,
  ]);
  return `${table([HEAD, ...rows], [5, 6, 7, 8]).join('\n')}\n`;
}

/** `/api…`, `= /exact`, `~ expression`; with more conditions: `and match`. */
function pathOf({ path, path_regex: regex, path_prefix: prefix, match }: RouteSettings): string {
  const text = path ? `= ${path}` : regex ? `~ ${regex}` : `${prefix ?? '/'}…`;
  const hasMore = Object.values(match ?? {}).some((conditions) => Object.keys(conditions).length > 0);
  return hasMore ? `${text} and match` : text;
}

function targetOf({ pool, split, redirect, respond }: RouteSettings): string {
  if (split) return split.map((each) => `${each.pool} ${each.weight}`).join(', ');
  if (pool) return pool;
  return redirect ? 'redirect' : respond ? 'answer' : '-';
}
