/** What a command does once a change was applied: it says so, and follows the watch. */
import { parseDuration } from '../../config/schema/duration.ts';
import type { ReloadAnswer } from '../../reload/api/config-view.ts';
import type { WatchAnswer } from '../../reload/api/watch-view.ts';
import { WATCH_SECONDS } from '../../reload/core/reload-vocabulary.ts';
import type { AdminAddress } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { UsageError } from '../read-words.ts';
import { appliedText, lookText, watchText } from './config-text.ts';
import { followWatch } from './follow-watch.ts';

export interface Task {
  readonly address: AdminAddress;
  readonly values: { readonly json: boolean; readonly 'no-wait': boolean };
  readonly context: Context;
}

export const NO_WAIT_OPTION = {
  'no-wait': { type: 'boolean', help: 'do not follow the watch: it goes on without this command' },
} as const;

/** Says what was applied, and follows its watch. */
export async function finish(task: Task, applied: ReloadAnswer): Promise<ExitCode> {
  if (!task.values.json) task.context.out(appliedText(applied));
  if (applied.watch === null || task.values['no-wait']) {
    if (task.values.json) print(task, applied, () => '');
    return 0;
  }
  return showEnd(task, await follow(task, applied.watch), (watch) => ({ ...applied, watch }));
}

export function follow({ address, context }: Task, watch: WatchAnswer): Promise<WatchAnswer> {
  return followWatch(address, watch, (now) => context.err(lookText(now)));
}

export function showEnd(task: Task, watch: WatchAnswer, json: (watch: WatchAnswer) => object): ExitCode {
  print(task, json(watch), () => watchText(watch));
  return watch.state === 'kept' || watch.state === 'watching' ? 0 : 1;
}

export function print({ values, context }: Task, json: object, text: () => string): void {
  context.out(values.json ? `${JSON.stringify(json)}\n` : text());
}

/** Throws a UsageError. */
export function watchSeconds(text: string): number {
  const seconds = (parseDuration(text) ?? Number.NaN) / 1000;
  const { min, max } = WATCH_SECONDS;
  if (Number.isInteger(seconds) && seconds >= min && seconds <= max) return seconds;
  throw new UsageError(
    `--watch: found '${text}', allowed are whole seconds up to ${max}s, such as 60s or 5m; 0: do not watch`,
  );
}
