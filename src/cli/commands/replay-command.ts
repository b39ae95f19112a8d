/** `sluice replay FILE`: sends recorded requests to another place, and compares the answers. */
import { resolve } from 'node:path';
import { httpUrl, trustFile } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError, type Words } from '../read-words.ts';
import type { ReplayRules } from '../replay/replayed-request.ts';
import { readRecording } from '../replay/recording-file.ts';
import { replayReport } from '../replay/replay-report.ts';
import { type Comparison, COMPARISONS, runReplay } from '../replay/run-replay.ts';
import { createSender } from '../replay/send-request.ts';
import { duration, wholeNumber } from '../sample-backends/sample-arguments.ts';

export const commandLine = {
  about:
    'sends the requests of a recording again, at their pace, and compares the answers: exit code 1 if they differ.',
  usage: 'FILE --to URL [flags]',
  takesFile: true,
  options: {
    to: { type: 'string', value: 'URL', help: 'where the requests go' },
    against: { type: 'string', value: 'URL', help: 'compare with the answers from here, not with the recorded ones' },
    compare: { type: 'string', value: 'LIST', default: 'status', help: 'what is compared: status,json' },
    ignore: { type: 'string', multiple: true, value: 'PATH', help: 'a JSON path that may differ: items.*.id' },
    speed: { type: 'string', value: 'N', default: '1', help: 'times the recorded pace; max: no pauses' },
    concurrency: { type: 'string', value: 'N', default: '32', help: 'most requests at a time' },
    timeout: { type: 'string', value: 'TIME', default: '30s', help: 'for each answer' },
    header: {
      type: 'string',
      short: 'H',
      multiple: true,
      value: "'NAME: VALUE'",
      help: 'sent instead of a recorded one',
    },
    host: { type: 'string', value: 'NAME', help: 'Host of all requests; default: the recorded ones' },
    unsafe: { type: 'boolean', help: 'also send POST, PUT, DELETE and other methods that may change something' },
    'ca-file': {
      type: 'string',
      value: 'FILE',
      completes: 'file',
      help: 'PEM file with the authorities to trust, instead of public ones',
    },
    ...JSON_OPTION,
    ...HELP_OPTION,
  },
  notes: `Secrets were masked when the requests were recorded: give what they need with --header. JSON is compared if the recording
has bodies (sluice record --bodies), or with --against. Example:
  sluice replay api.ndjson --to http://127.0.0.1:8081 --compare status,json --ignore updated_at`,
} as const satisfies CommandLine;

type Values = Words<(typeof commandLine)['options']>['values'];

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('replay', commandLine, args, context, async ({ values, words }) => {
    const [file, ...more] = words;
    if (file === undefined) throw new UsageError('needs the file with a recording');
    if (more.length > 0) throw new UsageError(`one file at a time, not also '${more[0]}'`);
    if (values.to === undefined) throw new UsageError('needs --to, the URL to send the requests to');
    const compare = comparisonsOf(values.compare);
    const concurrency = wholeNumber('--concurrency', values.concurrency, 1, 1000);
    const timeoutMs = duration('--timeout', values.timeout);
    const options = {
      ...rulesOf(values),
      compare,
      concurrency,
      ignore: values.ignore,
      speed: speedOf(values.speed),
    };
    trustFile(values['ca-file'], context.cwd);
    const to = createSender(httpUrl('--to', values.to), concurrency, timeoutMs);
    const against =
      values.against === undefined ? null : createSender(httpUrl('--against', values.against), concurrency, timeoutMs);
    const { requests, tail } = await readRecording(resolve(context.cwd, file));
    if (tail === null) context.err('sluice replay: the recording is cut off: its last line is missing\n');
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    try {
      const result = await runReplay(requests, { ...options, to, against, signal: stop.signal });
      context.out(values.json ? `${JSON.stringify(result)}\n` : replayReport(result, requests.length, compare));
      if (result.sent === 0) throw new CommandFailure('nothing was sent');
      return result.different + result.failed === 0 && !stop.signal.aborted ? 0 : 1;
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      to.close();
      against?.close();
    }
  });
}

function rulesOf({ unsafe, header, host }: Values): ReplayRules {
  const fields = header.map((text) => {
    const at = text.indexOf(':');
    if (at < 1) throw new UsageError(`--header: found '${text}', allowed is 'NAME: VALUE'`);
    return [text.slice(0, at).trim(), text.slice(at + 1).trim()] as const;
  });
  return { unsafe, fields, host: host ?? null };
}

function comparisonsOf(text: string): readonly Comparison[] {
  const words = text.split(',').map((word) => word.trim());
  const wrong = words.find((word) => !(COMPARISONS as readonly string[]).includes(word));
  if (wrong === undefined) return COMPARISONS.filter((word) => words.includes(word));
  throw new UsageError(`--compare: found '${wrong}', allowed: ${COMPARISONS.join(', ')}`);
}

function speedOf(text: string): number {
  if (text === 'max') return Infinity;
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= 1000) return value;
  throw new UsageError(`--speed: found '${text}', allowed is a number above 0, up to 1000, or max`);
}
