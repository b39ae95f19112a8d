/** `sluice events`: what has happened on a gateway, and what happens now. */
import { EVENT_KINDS, SEVERITIES } from '../../../events/core/events-vocabulary.ts';
import { didYouMean } from '../../../config/schema/nearest.ts';
import { ADMIN_OPTIONS, adminAddress } from '../../admin-api.ts';
import type { Context, ExitCode } from '../../context.ts';
import { endedBySignal } from '../../ended-by-signal.ts';
import { type EventAnswer, followEvents, readEvents } from '../../operate/follow-events.ts';
import { HELP_OPTION, type CommandLine, type OptionTable } from '../../option-table.ts';
import { runSubcommand, UsageError } from '../../read-words.ts';
import { wholeNumber } from '../../sample-backends/sample-arguments.ts';
import { type Style, table } from '../../top/text.ts';

const OPTIONS = {
  follow: { type: 'boolean', short: 'f', help: 'go on with new events, until Ctrl-C' },
  kind: { type: 'string', multiple: true, value: 'KIND', choices: EVENT_KINDS, help: 'only these; may be repeated' },
  severity: { type: 'string', value: 'LEAST', choices: SEVERITIES, default: 'info', help: SEVERITIES.join(', ') },
  limit: { type: 'string', short: 'n', value: 'N', default: '20', help: 'how many of those that happened, 0 to 1000' },
  json: { type: 'boolean', help: 'one line of JSON per event, as the API has it' },
  ...ADMIN_OPTIONS,
  ...HELP_OPTION,
} as const satisfies OptionTable;

export const commandLine = {
  about: 'shows the latest events of a gateway, oldest first, and with -f those that follow.',
  usage: '[flags]',
  options: OPTIONS,
  notes: `Kinds: ${EVENT_KINDS.join(', ')}.
With -f it waits for a gateway that is away, and says so if it has restarted: events are in memory.`,
} as const satisfies CommandLine;

const PAUSE_MS = 1000;
const KEPT = 1000;
const STYLES: Readonly<Record<string, Style>> = { info: 'plain', warn: 'warn', error: 'bad' };

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('events', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`found ${words.length} words; allowed: none`);
    const kinds = values.kind.map((word) => oneOf('--kind', word, EVENT_KINDS));
    const least = SEVERITIES.indexOf(oneOf('--severity', values.severity, SEVERITIES));
    const limit = wholeNumber('--limit', values.limit, 0, KEPT);
    const address = adminAddress(values, context);
    const isColoured = process.stdout.isTTY && (context.env['NO_COLOR'] ?? '') === '' && !values.json;
    const isWanted = ({ kind, severity }: EventAnswer): boolean =>
      (kinds.length === 0 || kinds.includes(kind)) && SEVERITIES.indexOf(severity) >= least;
    const show = (events: readonly EventAnswer[]): void => {
      const lines = values.json ? events.map((event) => JSON.stringify(event)) : eventLines(events, isColoured);
      context.out(lines.map((line) => `${line}\n`).join(''));
    };
    const newest = await readEvents(address, KEPT);
    show(newest.filter(isWanted).slice(0, limit).toReversed());
    if (!values.follow) return 0;
    const stop = endedBySignal();
    // `sluice events -f | head`: the reader is gone.
    process.stdout.once('error', () => stop.abort());
    await followEvents(address, {
      last: newest[0] ?? null,
      pauseMs: PAUSE_MS,
      signal: stop.signal,
      onEvents: (events) => show(events.filter(isWanted)),
      onGap: (why) => context.err(`sluice events: ${why}\n`),
      onTrouble: (why) => context.err(`sluice events: ${why}; waiting\n`),
    });
    return 0;
  });
}

/** Throws a UsageError. */
function oneOf<Word extends string>(flag: string, word: string, words: readonly Word[]): Word {
  const found = words.find((each) => each === word);
  if (found !== undefined) return found;
  throw new UsageError(`${flag}: found '${word}'${didYouMean(word, words)}; allowed: ${words.join(', ')}`);
}

/** Columns that hold for lines to come: the longest kind and severity are known. */
function eventLines(events: readonly EventAnswer[], isColoured: boolean): string[] {
  const width = (words: readonly string[]): number => Math.max(...words.map((word) => word.length));
  return table(
    events.map(({ at, severity, kind, subject, message }) => [
      at.replace(/\.\d+Z$/, 'Z'),
      { text: severity.padEnd(width(SEVERITIES)), style: STYLES[severity] ?? 'plain' },
      kind.padEnd(width(EVENT_KINDS)),
      subject === null || message.includes(subject) ? message : `${subject}: ${message}`,
    ]),
    [],
    isColoured,
  );
}
