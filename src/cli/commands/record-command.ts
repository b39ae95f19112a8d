/** `sluice record`: records requests and answers of a running gateway through the admin API. */
import { createWriteStream, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Static } from '@sinclair/typebox';
import type { RecordingView } from '../../recording/api/recording-view.ts';
import type { RecordingEnd, RecordingTail } from '../../recording/core/recording-vocabulary.ts';
import { fileReason } from '../../runtime/file-reason.ts';
import { ADMIN_OPTIONS, adminAddress, type AdminAddress, callAdmin, streamAdmin } from '../admin-api.ts';
import type { Context, ExitCode } from '../context.ts';
import { HELP_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';
import { duration } from '../sample-backends/sample-arguments.ts';

export const commandLine = {
  about: 'records requests and answers of a running gateway, without their secrets, as NDJSON.',
  usage: '[flags]',
  options: {
    route: { type: 'string', value: 'NAME', help: 'only requests of this route' },
    sample: { type: 'string', value: 'SHARE', default: '1', help: 'share of them, such as 0.01' },
    for: { type: 'string', value: 'TIME', default: '10m', help: 'how long; Ctrl-C ends it before' },
    bodies: { type: 'boolean', help: 'also bodies of up to 4 KiB of text' },
    'max-size': { type: 'string', value: 'MIB', default: '64', help: 'it ends at this size' },
    out: { type: 'string', short: 'o', value: 'FILE', completes: 'file', help: 'a new file; default: standard output' },
    ...ADMIN_OPTIONS,
    ...HELP_OPTION,
  },
  notes: `Values of header fields, parameters and JSON fields that look secret are replaced by ***: docs/operations/recording.md.
Needs a token with the role admin. Example:
  sluice record --route api --sample 0.01 --for 10m --out api.ndjson`,
} as const satisfies CommandLine;

const PREFIX = '/v1/api/recordings';
const MIB = 0x100000;

const ENDS: Readonly<Record<RecordingEnd, string>> = {
  time: 'its time is over',
  size: 'it has reached its size; --max-size allows more',
  stopped: 'it was stopped',
  disconnected: 'the connection was closed',
  unread: 'nobody read it',
};

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('record', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`unexpected argument '${words[0]}'`);
    const address = adminAddress(values, context);
    const wanted = {
      route: values.route ?? null,
      sample: number('--sample', values.sample),
      seconds: duration('--for', values.for) / 1000,
      bodies: values.bodies,
      max_bytes: Math.round(number('--max-size', values['max-size']) * MIB),
    };
    // Before anything is recorded for it.
    const path = values.out === undefined ? null : resolve(context.cwd, values.out);
    const file = path === null ? null : await newFile(path);
    const { id, lines } = await start(address, wanted).catch((error: unknown) => {
      if (path !== null) rmSync(path, { force: true });
      throw error;
    });
    const stop = (): void => void callAdmin(address, 'DELETE', `${PREFIX}/${id}`).catch(() => {});
    // A second one ends the process, by default.
    process.once('SIGINT', stop).once('SIGTERM', stop);
    const seen = new LastLine();
    try {
      await pipeline(lines, (source) => seen.of(source), file ?? printer(context));
    } catch (error) {
      throw new CommandFailure(`the recording broke off: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
    }
    const { tail } = seen;
    if (tail === null) throw new CommandFailure('the gateway closed the recording before its end');
    const where = values.out === undefined ? '' : ` in ${values.out}`;
    context.err(`recorded ${tail.recorded} requests${where}, left out ${tail.dropped}: ${ENDS[tail.reason]}\n`);
    return 0;
  });
}

async function start(
  address: AdminAddress,
  wanted: object,
): Promise<{ readonly id: string; readonly lines: AsyncIterable<string> }> {
  const { id } = (await callAdmin<Static<typeof RecordingView>>(address, 'POST', PREFIX, wanted)).body;
  return { id, lines: await streamAdmin(address, `${PREFIX}/${id}/lines`) };
}

/** Recordings are readable for their owner only. */
async function newFile(path: string): Promise<Writable> {
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  await new Promise<void>((done, fail) => {
    file.once('open', () => done());
    file.once('error', (error) => fail(new CommandFailure(`--out: ${path} cannot be written: ${fileReason(error)}`)));
  });
  return file;
}

function printer({ out }: Context): Writable {
  return new Writable({
    decodeStrings: false,
    write: (text: string | Buffer, _encoding, done) => {
      out(text.toString());
      done();
    },
  });
}

/** Passes everything on, and keeps the last line. */
class LastLine {
  #rest = '';

  async *of(source: AsyncIterable<string>): AsyncIterable<string> {
    for await (const text of source) {
      const whole = this.#rest + text;
      this.#rest = whole.slice(whole.lastIndexOf('\n', whole.length - 2) + 1);
      yield text;
    }
  }

  /** Null: it is not the last one of a recording. */
  get tail(): RecordingTail | null {
    try {
      const line = JSON.parse(this.#rest) as RecordingTail;
      return line.type === 'end' ? line : null;
    } catch {
      return null;
    }
  }
}

/** The gateway checks the range. */
function number(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`${name}: found '${text}', allowed is a number`);
}
