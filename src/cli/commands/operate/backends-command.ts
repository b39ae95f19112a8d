/** `sluice backends`: the backends of a running gateway, listed and changed by the admin API. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendView } from '../../../backends/api/backend-view.ts';
import { MAX_IN_FLIGHT, WEIGHT } from '../../../backends/core/backends-vocabulary.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin, type AdminAddress } from '../../admin-api.ts';
import type { Context, ExitCode } from '../../context.ts';
import { backendTable } from '../../operate/backend-table.ts';
import { notThere, orNearest } from '../../operate/near-names.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../../option-table.ts';
import { CommandFailure, runSubcommand, UsageError, type Words, unknownAction } from '../../read-words.ts';
import { duration, wholeNumber } from '../../sample-backends/sample-arguments.ts';

const WORDS = {
  list: 'all of them, or those of --pool; the default',
  show: 'ID: one of them',
  add: 'URL: a new one; it survives restarts and reloads',
  drain: 'ID: no new requests; those in flight may finish',
  undrain: 'ID: requests again',
  enable: 'ID: traffic and health checks again',
  disable: 'ID: neither traffic nor health checks',
  weight: 'ID N: its share of the traffic; default: the value of the file',
  remove: 'ID: an added one; of one from the file, what the API has changed',
} as const;
type Verb = keyof typeof WORDS;

const OPTIONS = {
  pool: { type: 'string', value: 'NAME', help: 'list, add: the pool; add needs none if there is one only' },
  id: { type: 'string', value: 'ID', help: 'add: its name; default: made of pool and address' },
  weight: { type: 'string', value: 'N', help: 'add: its share of the traffic (1)' },
  backup: { type: 'boolean', help: 'add: gets requests only while no other is available' },
  'max-in-flight': { type: 'string', value: 'N', help: 'add: most requests at a time' },
  wait: { type: 'string', value: 'TIME', help: 'drain: until nothing is in flight, at most so long' },
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
  ...HELP_OPTION,
} as const satisfies OptionTable;

export const commandLine = {
  about: 'lists and changes the backends of a running gateway. Sample servers: sluice demo-backends.',
  usage: '[list] | show ID | add URL | drain ID | undrain ID | weight ID N | remove ID … [flags]',
  words: WORDS,
  options: OPTIONS,
  notes: `drain --wait ends with 1 if requests are still in flight by then. Examples:
  sluice backends add http://10.0.0.4:8080 --pool web --weight 2
  sluice backends drain web-1 --wait 2m && systemctl restart web-1 && sluice backends undrain web-1`,
} as const satisfies CommandLine;

const PREFIX = '/v1/api/backends';
/** Flags that only these take. */
const OF_VERBS: Readonly<Record<string, readonly Verb[]>> = {
  pool: ['list', 'add'],
  id: ['add'],
  weight: ['add'],
  backup: ['add'],
  'max-in-flight': ['add'],
  wait: ['drain'],
};
const LOOK_MS = 250;

type Values = Words<typeof OPTIONS>['values'];

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  if (args.some((arg) => /^--(count|port|delay|error-rate|hang|slow|flaky)\b/.test(arg))) {
    context.err('sluice backends: operates a running gateway; sample servers are now sluice demo-backends\n');
    return Promise.resolve(2);
  }
  return runSubcommand('backends', commandLine, args, context, async ({ values, words: [word = 'list', ...more] }) => {
    if (!isVerb(word)) throw unknownAction(word, Object.keys(WORDS));
    assertFits(word, more, values);
    const address = adminAddress(values, context);
    const show = (backends: readonly BackendView[], value: object): ExitCode => {
      context.out(values.json ? `${JSON.stringify(value)}\n` : backendTable(backends));
      return 0;
    };
    const showOne = (backend: BackendView): ExitCode => show([backend], backend);
    const [id = ''] = more;
    switch (word) {
      case 'list': {
        const backends = await listOf(address, values.pool);
        return show(backends, backends);
      }
      case 'show':
        return showOne(await call(address, 'GET', id));
      case 'add':
        return showOne(await add(address, id, values));
      case 'weight':
        return showOne(await call(address, 'PATCH', id, '', { weight: weightOf(more[1]!) }));
      case 'remove': {
        const { source } = await call(address, 'GET', id);
        await call(address, 'DELETE', id);
        const text =
          source === 'api' ? `removed ${id}\n` : `${id} has its values of the ${source} again; it is not removed\n`;
        context.out(values.json ? `${JSON.stringify({ removed: id })}\n` : text);
        return 0;
      }
      case 'drain': {
        const waitMs = values.wait === undefined ? 0 : duration('--wait', values.wait);
        const drained = await call(address, 'POST', id, '/drain');
        return showOne(waitMs === 0 ? drained : await untilDrained(address, drained, waitMs));
      }
      default:
        return showOne(await call(address, 'POST', id, `/${word}`));
    }
  });
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(WORDS, word);
}

/** Throws a UsageError. */
function assertFits(verb: Verb, words: readonly string[], values: Values): void {
  const wanted = verb === 'list' ? '' : WORDS[verb].split(':')[0]!;
  const count = wanted === '' ? 0 : wanted.split(' ').length;
  const mistakes = Object.entries(OF_VERBS)
    .filter(
      ([flag, verbs]) => ![undefined, false].includes(values[flag as keyof Values] as never) && !verbs.includes(verb),
    )
    .map(([flag, verbs]) => `--${flag} belongs to ${verbs.join(' and ')}`);
  if (words.length !== count || words.includes(''))
    mistakes.push(`${verb}: found ${words.length} words; allowed: ${wanted || 'none'}`);
  if (mistakes.length > 0) throw new UsageError(...mistakes);
}

async function listOf(address: AdminAddress, pool: string | undefined): Promise<readonly BackendView[]> {
  const { body } = await callAdmin<readonly BackendView[]>(address, 'GET', PREFIX);
  const found = pool === undefined ? body : body.filter((backend) => backend.pool === pool);
  if (pool !== undefined && found.length === 0) {
    const pools = await poolsOf(address);
    if (!pools.includes(pool)) throw notThere('pool', pool, pools);
  }
  return found;
}

/** Throws as callAdmin, and with the nearest id if there is no such backend. */
async function call(
  address: AdminAddress,
  method: string,
  id: string,
  action = '',
  change?: object,
): Promise<BackendView> {
  const asked = callAdmin<BackendView>(address, method, `${PREFIX}/${encodeURIComponent(id)}${action}`, change);
  const known = async (): Promise<readonly string[]> => (await listOf(address, undefined)).map((each) => each.id);
  return (await orNearest(asked, { thing: 'backend', name: id, code: 'GW_BACKEND_NOT_FOUND', known })).body;
}

async function add(address: AdminAddress, url: string, values: Values): Promise<BackendView> {
  const pool = values.pool ?? (await onlyPool(address));
  const { weight, 'max-in-flight': most } = values;
  const body = {
    pool,
    url,
    ...(values.id === undefined ? {} : { id: values.id }),
    ...(weight === undefined ? {} : { weight: wholeNumber('--weight', weight, WEIGHT.minimum, WEIGHT.maximum) }),
    ...(values.backup ? { backup: true } : {}),
    ...(most === undefined
      ? {}
      : { max_in_flight: wholeNumber('--max-in-flight', most, MAX_IN_FLIGHT.minimum, MAX_IN_FLIGHT.maximum) }),
  };
  return (await callAdmin<BackendView>(address, 'POST', PREFIX, body)).body;
}

async function onlyPool(address: AdminAddress): Promise<string> {
  const [pool, ...others] = await poolsOf(address);
  if (pool !== undefined && others.length === 0) return pool;
  throw new CommandFailure(`name the pool with --pool; there are: ${[pool, ...others].join(', ')}`);
}

async function poolsOf(address: AdminAddress): Promise<readonly string[]> {
  const { body } = await callAdmin<{ readonly settings: { readonly pools?: object } }>(
    address,
    'GET',
    '/v1/api/config',
  );
  return Object.keys(body.settings.pools ?? {});
}

/** Null: that of the file. */
function weightOf(text: string): number | null {
  return text === 'default' ? null : wholeNumber('weight', text, WEIGHT.minimum, WEIGHT.maximum);
}

async function untilDrained(address: AdminAddress, first: BackendView, waitMs: number): Promise<BackendView> {
  const end = performance.now() + waitMs;
  let backend = first;
  while (!backend.drained) {
    const leftMs = end - performance.now();
    if (leftMs <= 0)
      throw new CommandFailure(`${first.id} is draining, and has ${backend.in_flight} requests in flight still`);
    await sleep(Math.min(LOOK_MS, leftMs));
    backend = await call(address, 'GET', first.id);
  }
  return backend;
}
