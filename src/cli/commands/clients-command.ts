/** `sluice clients list|add|set|remove|what-if`: manages registered clients through the admin API. */
import { addressKey } from '../../identity/client-key.ts';
import type { ClientAnswer } from '../../limits/api/client.ts';
import {
  type ClientAnswer as WhatIfAnswer,
  clientReport,
  type DefaultAnswer,
  defaultReport,
} from '../clients/what-if-report.ts';
import { orNearest } from '../operate/near-names.ts';
import { table } from '../top/text.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin, type AdminAddress } from '../admin-api.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { runSubcommand, UsageError, type Words, unknownAction } from '../read-words.ts';
import type { Context, ExitCode } from '../context.ts';

const WORDS = {
  list: 'all of them',
  add: 'KEY: an IP address, a CIDR block or a client id',
  set: 'KEY: change what the flags name, leave the rest',
  remove: 'KEY: the default limit applies to it from then on',
  'what-if': 'KEY: another limit over its last hour; without KEY, the default limit',
} as const;

const OPTIONS = {
  capacity: { type: 'string', value: 'N', help: 'largest burst, in requests' },
  rate: { type: 'string', value: 'N', help: 'refill, in requests a second' },
  window: { type: 'string', value: 'SECONDS', help: 'what-if: a sliding window of so many seconds' },
  'quota-day': { type: 'string', value: 'N', help: 'requests in a calendar day, or none' },
  'quota-month': { type: 'string', value: 'N', help: 'requests in a calendar month, or none' },
  name: { type: 'string', value: 'TEXT', help: 'display name' },
  'api-key': { type: 'boolean', help: 'create an API key; it is shown once' },
  enable: { type: 'boolean', help: 'apply its limit' },
  disable: { type: 'boolean', help: 'keep it, but do not apply its limit' },
  search: { type: 'string', value: 'TEXT', help: 'list: only those whose key or name contains this' },
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
  ...HELP_OPTION,
} as const;

export const commandLine = {
  about: 'lists, adds, changes and removes registered clients by the admin API, and tries limits out.',
  usage: 'list | add KEY | set KEY | remove KEY | what-if [KEY] [flags]',
  words: WORDS,
  options: OPTIONS,
  notes: `Examples:
  sluice clients add mobile-app --capacity 1000 --rate 100
  sluice clients set 10.0.0.0/8 --rate 5
  sluice clients set mobile-app --quota-day 10000 --quota-month none
  sluice clients list --json
  sluice clients what-if mobile-app --capacity 200 --rate 20`,
} as const satisfies CommandLine;

type Values = Words<typeof OPTIONS>['values'];

const PREFIX = '/v1/api/clients';
const PAGE = 1000;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('clients', commandLine, args, context, async ({ values, words }) => {
    const [verb = '', key, ...more] = words;
    if (!Object.hasOwn(WORDS, verb)) throw unknownAction(verb === '' ? undefined : verb, Object.keys(WORDS));
    if (more.length > 0) throw new UsageError(`one key at a time, not also '${more[0]}'`);
    if (verb !== 'list' && verb !== 'what-if' && (key === undefined || key === ''))
      throw new UsageError(`${verb} needs the client's key`);
    if (verb === 'list' && key !== undefined) throw new UsageError(`list takes no key; --search '${key}' finds it`);
    if (verb === 'what-if' && quotasOf(values) !== undefined)
      throw new UsageError('--quota-day and --quota-month belong to add and set');
    if (verb !== 'what-if' && values.window !== undefined) throw new UsageError('--window belongs to what-if');
    const address = adminAddress(values, context);
    const show = (clients: readonly ClientAnswer[], value: unknown): void =>
      context.out(values.json ? `${JSON.stringify(value)}\n` : clientTable(clients));
    switch (verb) {
      case 'list': {
        const clients = await listAll(address, values.search);
        show(clients, clients);
        return 0;
      }
      case 'add':
      case 'set': {
        const change = changeOf(values);
        if (verb === 'set' && Object.keys(change).length === 0)
          throw new UsageError(
            'set needs something to change: --capacity, --rate, --quota-day, --quota-month, --name, --api-key, --enable, --disable',
          );
        const { body } =
          verb === 'add'
            ? await callAdmin<ClientAnswer>(address, 'POST', PREFIX, { ...keyField(key!), ...change })
            : await callOne<ClientAnswer>(address, 'PATCH', key!, '', change);
        show([body], body);
        if (body.api_key !== undefined && !values.json) context.out(`\nAPI key, shown this once: ${body.api_key}\n`);
        return 0;
      }
      case 'what-if': {
        context.out(await whatIf(address, key, values));
        return 0;
      }
      default:
        await callOne(address, 'DELETE', key!);
        context.out(values.json ? `${JSON.stringify({ removed: key })}\n` : `removed ${key}\n`);
        return 0;
    }
  });
}

/** @param key of a client; undefined: the default limit */
async function whatIf(address: AdminAddress, key: string | undefined, values: Values): Promise<string> {
  const wanted = {
    ...changeOf(values),
    ...(values.window === undefined ? {} : { window_seconds: number('--window', values.window) }),
  };
  if (key === undefined || key === '') {
    const { body } = await callAdmin<DefaultAnswer>(address, 'POST', '/v1/api/limits/what-if', wanted);
    return values.json ? `${JSON.stringify(body)}\n` : defaultReport(body);
  }
  const { body } = await callOne<WhatIfAnswer>(address, 'POST', key, '/what-if', wanted);
  return values.json ? `${JSON.stringify(body)}\n` : clientReport(body);
}

/** Throws as callAdmin, and with the nearest key if there is no such client. Of many, the first page is searched. */
async function callOne<Answer>(
  address: AdminAddress,
  method: string,
  key: string,
  action = '',
  change?: object,
): Promise<{ readonly body: Answer }> {
  const asked = callAdmin<Answer>(address, method, `${PREFIX}/${encodeURIComponent(key)}${action}`, change);
  const known = async (): Promise<readonly string[]> => {
    const { body } = await callAdmin<readonly ClientAnswer[]>(address, 'GET', `${PREFIX}?limit=${PAGE}`);
    return body.map((each) => each.key);
  };
  return orNearest(asked, { thing: 'client', name: key, code: 'GW_CLIENT_NOT_FOUND', known });
}

/** All pages. */
async function listAll(address: AdminAddress, search: string | undefined): Promise<readonly ClientAnswer[]> {
  const all: ClientAnswer[] = [];
  for (;;) {
    const query = new URLSearchParams({
      limit: String(PAGE),
      offset: String(all.length),
      ...(search === undefined ? {} : { search }),
    });
    const { body } = await callAdmin<readonly ClientAnswer[]>(address, 'GET', `${PREFIX}?${query.toString()}`);
    all.push(...body);
    if (body.length < PAGE) return all;
  }
}

function changeOf(values: Values): Record<string, unknown> {
  if (values.enable && values.disable) throw new UsageError('give one of --enable and --disable');
  const quotas = quotasOf(values);
  return {
    ...(values.capacity === undefined ? {} : { capacity: number('--capacity', values.capacity) }),
    ...(values.rate === undefined ? {} : { rate_per_second: number('--rate', values.rate) }),
    ...(quotas === undefined ? {} : { quotas }),
    ...(values.name === undefined ? {} : { name: values.name }),
    ...(values.enable ? { enabled: true } : {}),
    ...(values.disable ? { enabled: false } : {}),
    ...(values['api-key'] ? { api_key: true } : {}),
  };
}

/** Undefined: not named. */
function quotasOf({ 'quota-day': day, 'quota-month': month }: Values): Record<string, number | null> | undefined {
  if (day === undefined && month === undefined) return undefined;
  const requests = (name: string, text: string): number | null => (text === 'none' ? null : number(name, text));
  return {
    ...(day === undefined ? {} : { day: requests('--quota-day', day) }),
    ...(month === undefined ? {} : { month: requests('--quota-month', month) }),
  };
}

/** The gateway checks the range, and says what is allowed. */
function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`${name}: found '${text}', allowed is a number`);
}

/**
 * Anything written like an IPv4 address is meant as one: an invalid one is reported as such, and not used as a client
 * id.
 */
function keyField(key: string): Record<string, string> {
  return addressKey(key) !== undefined || /^[\d.]+(\/\d+)?$/.test(key) ? { ip_address: key } : { client_id: key };
}

function clientTable(clients: readonly ClientAnswer[]): string {
  if (clients.length === 0) return 'no clients\n';
  const rows = clients.map((client) => [
    client.key,
    String(client.capacity),
    String(client.rate_per_second),
    client.enabled ? 'yes' : 'no',
    client.has_api_key ? 'yes' : 'no',
    quotaText(client.quotas),
    client.name ?? '',
  ]);
  return `${table([['KEY', 'CAPACITY', 'RATE/S', 'ENABLED', 'API KEY', 'QUOTA', 'NAME'], ...rows], [1, 2]).join('\n')}\n`;
}

/** Empty: that of the configuration. */
function quotaText({ day, month }: ClientAnswer['quotas']): string {
  return [...(day === null ? [] : [`${day} a day`]), ...(month === null ? [] : [`${month} a month`])].join(', ');
}
