/** `sluice limits`: the current limits, who meets them, and how much a client has left. */
import type { Static } from '@sinclair/typebox';
import type { LimitView } from '../../../limits/api/limiter-view.ts';
import type { LimitsView, TopTalkersView, UsageView } from '../../../limits/api/limits-view.ts';
import { TALKER_ORDERS } from '../../../limits/core/limits-vocabulary.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin } from '../../admin-api.ts';
import type { Context, ExitCode } from '../../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../../option-table.ts';
import { runSubcommand, UsageError, unknownAction } from '../../read-words.ts';
import { wholeNumber } from '../../sample-backends/sample-arguments.ts';
import { table } from '../../top/text.ts';

const WORDS = {
  show: 'the current limits and what is left of shared ones; the default',
  top: 'the most limited clients of the last minute',
  client: 'KEY: what a client has used, and has left',
} as const;

const OPTIONS = {
  by: {
    type: 'string',
    value: 'ORDER',
    choices: TALKER_ORDERS,
    default: 'refused',
    help: `top: ${TALKER_ORDERS.join(' or ')}`,
  },
  limit: { type: 'string', value: 'N', default: '20', help: 'top: how many, 1 to 100' },
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
  ...HELP_OPTION,
} as const satisfies OptionTable;

export const commandLine = {
  about: 'shows the current limits, the most limited clients, and what a client has left.',
  usage: '[show] | top | client KEY [flags]',
  words: WORDS,
  options: OPTIONS,
  notes: 'KEY: an IP address or a client id, registered or not. To change limits: sluice clients.',
} as const satisfies CommandLine;

type Limits = Static<typeof LimitsView>;
type Usage = Static<typeof UsageView>;
type Talkers = Static<typeof TopTalkersView>;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand(
    'limits',
    commandLine,
    args,
    context,
    async ({ values, words: [verb = 'show', key, ...more] }) => {
      if (!Object.hasOwn(WORDS, verb)) throw unknownAction(verb, Object.keys(WORDS));
      if (verb === 'client' && key === undefined) throw new UsageError("client needs the client's key");
      const extra = verb === 'client' ? more[0] : key;
      if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}'`);
      const order = TALKER_ORDERS.find((each) => each === values.by);
      if (order === undefined) throw new UsageError(`--by: found '${values.by}', allowed: ${TALKER_ORDERS.join(', ')}`);
      const limit = wholeNumber('--limit', values.limit, 1, 100);
      const address = adminAddress(values, context);
      const show = async <Body>(path: string, text: (body: Body) => string): Promise<ExitCode> => {
        const { body } = await callAdmin<Body>(address, 'GET', path);
        context.out(values.json ? `${JSON.stringify(body)}\n` : text(body));
        return 0;
      };
      if (verb === 'show') return show('/v1/api/limits', limitsText);
      if (verb === 'top') return show(`/v1/api/limits/top?by=${order}&limit=${limit}`, talkersText);
      return show(`/v1/api/clients/${encodeURIComponent(key!)}/usage`, usageText);
    },
  );
}

function limitsText(limits: Limits): string {
  const { shared } = limits;
  const refused =
    limits.refused_total +
    limits.refused_global_total +
    limits.refused_route_total +
    limits.refused_key_total +
    limits.refused_quota_total +
    limits.refused_in_flight_total;
  const rows = [
    ['state', limits.enabled ? (limits.dry_run ? 'dry run: nothing is refused' : 'on') : 'off'],
    ['default', limitText(limits.default)],
    ['global', limits.global === null ? 'none' : `${limitText(limits.global)}, ${left(limits.global_tokens)}`],
    ['counted', shared === null ? 'by this gateway alone' : `${shared.mode}, ${shared.gateways} gateways`],
    ['clients', `${limits.active_clients} active, ${limits.registered_clients} registered`],
    ['requests', `${limits.allowed_total} admitted, ${refused} refused, ${limits.denied_total} denied`],
  ];
  const routes = limits.routes.map((route) => [
    route.route,
    route.client === null ? '-' : limitText(route.client),
    route.key ?? 'client',
    route.total === null ? '-' : `${limitText(route.total)}, ${left(route.tokens)}`,
    String(route.cost),
    route.dry_run ? 'dry run' : '',
  ]);
  const below =
    routes.length === 0 ? [] : ['', ...table([['ROUTE', 'EACH', 'BY', 'TOTAL', 'COST', ''], ...routes], [4])];
  return [...table(rows), ...below, ''].join('\n');
}

function talkersText({ items, window_seconds: seconds }: Talkers): string {
  if (items.length === 0) return `no requests in the last ${seconds} s\n`;
  const rows = items.map(({ key, kind, registered, requests, refused }) => [
    key,
    kind,
    registered ? 'registered' : 'default',
    String(requests),
    String(refused),
  ]);
  return `${table([['CLIENT', 'KIND', 'LIMIT', 'REQUESTS', 'REFUSED'], ...rows], [3, 4]).join('\n')}\n`;
}

function usageText(usage: Usage): string {
  const counted = usage.counted_as === null ? 'not counted: the id is not registered' : usage.counted_as;
  const rows = [
    ['client', `${usage.key} (${usage.kind}${usage.registered ? ', registered' : ', default limit'})`],
    ['counted as', counted],
    ['limit', limitText(usage)],
    ['left', `${usage.tokens} of ${usage.capacity}, full in ${usage.resets_in_seconds} s`],
    ...usage.quotas.map(({ route, per, requests, used, resets_at: end }) => [
      `quota a ${per}`,
      `${used} of ${requests} used${route === null ? '' : ` on ${route}`}, until ${end}`,
    ]),
  ];
  return `${table(rows).join('\n')}\n`;
}

function left(tokens: number | null): string {
  return `${tokens ?? '-'} left`;
}

function limitText({ capacity, rate_per_second: rate, window_seconds: seconds }: Static<typeof LimitView>): string {
  return seconds === null ? `${capacity}, then ${rate}/s` : `${capacity} in any ${seconds} s`;
}
