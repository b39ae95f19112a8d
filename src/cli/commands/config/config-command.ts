/** `sluice config`: plans a configuration, applies and watches it, and rolls it back, by the admin API. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isCodeFile } from '../../../config/code/code-file.ts';
import type { CheckAnswer, ReloadAnswer } from '../../../reload/api/config-view.ts';
import type { DiffAnswer, VersionAnswer } from '../../../reload/api/version-view.ts';
import type { WatchAnswer } from '../../../reload/api/watch-view.ts';
import { WATCH_SECONDS } from '../../../reload/core/reload-vocabulary.ts';
import { fileReason } from '../../../runtime/file-reason.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin } from '../../admin-api.ts';
import { diffText, planText, versionTable, watchText } from '../../config/config-text.ts';
import {
  finish,
  follow,
  NO_WAIT_OPTION,
  print,
  showEnd,
  type Task as ChangeTask,
  watchSeconds,
} from '../../config/finish-change.ts';
import { readWatch } from '../../config/follow-watch.ts';
import type { Context, ExitCode } from '../../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine, type OptionTable } from '../../option-table.ts';
import { CommandFailure, runSubcommand, UsageError, type Words, unknownAction } from '../../read-words.ts';

const WORDS = {
  plan: '[FILE]: what applying it would change, and the id to apply it with',
  apply: 'FILE: plan, apply and watch it',
  watch: 'follow the watch of the last change',
  keep: 'end the watch, and keep the version',
  versions: 'the kept versions; * is the current one',
  diff: 'N [M]: what lies between two versions; default: the current one',
  rollback: 'N: bring a version back, and watch it',
} as const;
type Verb = keyof typeof WORDS;

/** How many words may follow. */
const COUNTS: Readonly<Record<Verb, readonly [least: number, most: number]>> = {
  plan: [0, 1],
  apply: [1, 1],
  watch: [0, 0],
  keep: [0, 0],
  versions: [0, 0],
  diff: [1, 2],
  rollback: [1, 1],
};

const OPTIONS = {
  watch: {
    type: 'string',
    value: 'TIME',
    default: `${WATCH_SECONDS.default}s`,
    help: 'apply, rollback: how long to watch; 0: do not',
  },
  plan: { type: 'string', value: 'ID', help: 'apply: only if nothing has changed since this plan' },
  ...NO_WAIT_OPTION,
  ...ADMIN_OPTIONS,
  ...JSON_OPTION,
  ...HELP_OPTION,
} as const satisfies OptionTable;

export const commandLine = {
  about: 'plans a configuration, applies it, and watches it: the version before returns if it makes something worse.',
  usage: 'plan [FILE] | apply FILE | watch | keep | versions | diff N [M] | rollback N [flags]',
  words: WORDS,
  takesFile: true,
  options: OPTIONS,
  notes:
    'apply, rollback and watch end with 0 if the version was kept, and with 1 if it was refused, reverted or replaced.',
} as const satisfies CommandLine;

const PREFIX = '/v1/api/config';

type Values = Words<typeof OPTIONS>['values'];

interface Task extends ChangeTask {
  readonly values: Values;
}

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('config', commandLine, args, context, async ({ values, words: [verb, ...more] }) => {
    if (verb === undefined || !isVerb(verb)) throw unknownAction(verb, Object.keys(WORDS));
    const [least, most] = COUNTS[verb];
    if (more.length < least || more.length > most) {
      const allowed = most === 0 ? 'none' : WORDS[verb].split(':')[0];
      throw new UsageError(`${verb}: found ${more.length} words; allowed: ${allowed}`);
    }
    const task: Task = { address: adminAddress(values, context), values, context };
    return ACTIONS[verb](task, more);
  });
}

function isVerb(word: string): word is Verb {
  return Object.hasOwn(WORDS, word);
}

const ACTIONS: Readonly<Record<Verb, (task: Task, words: readonly string[]) => Promise<ExitCode>>> = {
  plan: async (task, [file]) => {
    // Without a file: what a reload of the gateway's own would change.
    const plan = await check(task, file === undefined ? undefined : readText(file, task.context));
    print(task, plan, () => `${planText(plan)}${plan.plan_id === null ? '' : `plan ${plan.plan_id}\n`}`);
    return 0;
  },
  apply: async (task, [file = '']) => {
    const seconds = watchSeconds(task.values.watch);
    const config = readText(file, task.context);
    let { plan: id } = task.values;
    if (id === undefined) {
      const plan = await check(task, config);
      if (plan.plan_id === null) throw new CommandFailure('this gateway has no file that can be written');
      if (!task.values.json) task.context.out(planText(plan));
      id = plan.plan_id;
    }
    const body = { config, plan_id: id, watch_seconds: seconds };
    return finish(task, (await callAdmin<ReloadAnswer>(task.address, 'POST', `${PREFIX}/apply`, body)).body);
  },
  rollback: async (task, [number = '']) => {
    const body = { watch_seconds: watchSeconds(task.values.watch) };
    const path = `${PREFIX}/rollback/${versionNumber(number)}`;
    return finish(task, (await callAdmin<ReloadAnswer>(task.address, 'POST', path, body)).body);
  },
  watch: async (task) => {
    const watch = await readWatch(task.address);
    if (watch === null) {
      print(task, { watch }, () => 'no change has been watched since the start\n');
      return 0;
    }
    return showEnd(task, task.values['no-wait'] ? watch : await follow(task, watch), (ended) => ({ watch: ended }));
  },
  keep: async (task) => {
    const { body } = await callAdmin<WatchAnswer>(task.address, 'DELETE', `${PREFIX}/watch`);
    print(task, body, () => watchText(body));
    return 0;
  },
  versions: async (task) => {
    const { body } = await callAdmin<{ readonly items: readonly VersionAnswer[] }>(
      task.address,
      'GET',
      `${PREFIX}/versions`,
    );
    print(task, body.items, () => versionTable(body.items));
    return 0;
  },
  diff: async (task, [one = '', other]) => {
    const query = other === undefined ? '' : `?with=${versionNumber(other)}`;
    const path = `${PREFIX}/versions/${versionNumber(one)}/diff${query}`;
    const { body } = await callAdmin<DiffAnswer>(task.address, 'GET', path);
    print(task, body, () => diffText(body));
    return 0;
  },
};

async function check({ address }: Task, config: string | undefined): Promise<CheckAnswer> {
  return (await callAdmin<CheckAnswer>(address, 'POST', `${PREFIX}/check`, config === undefined ? {} : { config }))
    .body;
}

function versionNumber(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`found '${text}', allowed is the number of a version, as sluice config versions lists them`);
}

function readText(file: string, { cwd }: Context): string {
  if (isCodeFile(file)) {
    throw new CommandFailure(`${file} is code, which the API never runs; allowed: a file of YAML or JSON`);
  }
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read: ${fileReason(error)}`);
  }
}
