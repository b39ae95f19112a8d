/** `sluice top`: a live view of backends and clients. */
import type { FrameView } from '../../telemetry/api/frame-view.ts';
import { duration } from '../sample-backends/sample-arguments.ts';
import { followMetrics } from '../top/frame-stream.ts';
import { openTerminal, type Terminal } from '../top/terminal.ts';
import { topLines, type Talker, type TopState } from '../top/view.ts';
import { ADMIN_OPTIONS, adminAddress, callAdmin, type AdminAddress } from '../admin-api.ts';
import { HELP_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';
import { endedBySignal } from '../ended-by-signal.ts';
import type { Context, ExitCode } from '../context.ts';

export const commandLine = {
  about: 'shows backends and clients live, until q or Ctrl-C.',
  usage: '[flags]',
  options: {
    interval: { type: 'string', short: 'i', value: 'TIME', default: '1s', help: 'between two updates, 250ms to 1m' },
    once: { type: 'boolean', help: 'print one view and exit; the default without a terminal' },
    json: { type: 'boolean', help: 'one line of JSON per frame; with --once, one line' },
    ...ADMIN_OPTIONS,
    ...HELP_OPTION,
  },
  notes: 'NO_COLOR in the environment turns colours off.',
} as const satisfies CommandLine;

/** Text that is printed rather than drawn on a screen is not cut. */
const PAPER = { columns: Infinity, rows: Infinity, colour: false };

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('top', commandLine, args, context, async ({ values, words }) => {
    if (words.length > 0) throw new UsageError(`unexpected argument '${words[0]}'`);
    const address = adminAddress(values, context);
    const intervalMs = duration('--interval', values.interval);
    if (intervalMs < 250 || intervalMs > 60_000)
      throw new UsageError(`--interval: found '${values.interval}', allowed is 250ms to 1m`);
    // Reports what is wrong, including the token, which a WebSocket cannot.
    await callAdmin(address, 'GET', '/v1/api/backends');
    const isLive = process.stdin.isTTY && process.stdout.isTTY;
    if (values.json && !values.once) return streamJson(address, intervalMs, context);
    if (values.once || !isLive) return printOnce(address, intervalMs, values.json, context);
    return showLive(address, intervalMs, context);
  });
}

/** The second frame: rates need two. */
async function printOnce(
  address: AdminAddress,
  intervalMs: number,
  asJson: boolean,
  context: Context,
): Promise<ExitCode> {
  const done = new AbortController();
  const frames: FrameView[] = [];
  const troubles: string[] = [];
  await followMetrics({
    ...address,
    intervalMs,
    signal: done.signal,
    onFrame: (next) => {
      frames.push(next);
      if (frames.length === 2) done.abort();
    },
    onTrouble: (why) => {
      troubles.push(why);
      done.abort();
    },
  });
  if (troubles.length > 0) throw new CommandFailure(`${address.url}/ws/metrics: ${troubles[0]}`);
  const [previous = null, frame = null] = frames;
  const talkers = await readTalkers(address);
  if (asJson) context.out(`${JSON.stringify({ ...frame, top_clients: talkers })}\n`);
  else context.out(`${topLines({ url: address.url, frame, previous, talkers, trouble: null }, PAPER).join('\n')}\n`);
  return 0;
}

async function streamJson(address: AdminAddress, intervalMs: number, context: Context): Promise<ExitCode> {
  const stop = ended();
  await followMetrics({
    ...address,
    intervalMs,
    signal: stop,
    onFrame: (frame) => context.out(`${JSON.stringify(frame)}\n`),
    onTrouble: (why, againInMs) => context.err(`sluice top: ${why}; again in ${againInMs / 1000} s\n`),
  });
  return 0;
}

async function showLive(address: AdminAddress, intervalMs: number, context: Context): Promise<ExitCode> {
  const quit = new AbortController();
  const colour = (context.env['NO_COLOR'] ?? '') === '' && context.env['TERM'] !== 'dumb';
  let state: TopState = { url: address.url, frame: null, previous: null, talkers: null, trouble: null };
  const draw = (): void => terminal.draw(topLines(state, { columns: terminal.columns, rows: terminal.rows, colour }));
  const terminal: Terminal = openTerminal(
    { input: process.stdin, output: process.stdout },
    { onQuit: () => quit.abort(), onResize: draw },
  );
  // However the process ends, the screen is restored.
  process.once('exit', terminal.restore);
  const change = (more: Partial<TopState>): void => {
    state = { ...state, ...more };
    draw();
  };
  try {
    draw();
    const signal = AbortSignal.any([quit.signal, ended()]);
    await followMetrics({
      ...address,
      intervalMs,
      signal,
      onFrame: (frame) => {
        change({ previous: state.frame, frame, trouble: null });
        void readTalkers(address).then((talkers) => change({ talkers }));
      },
      onTrouble: (why, againInMs) => change({ trouble: `${why}; again in ${againInMs / 1000} s` }),
    });
    return 0;
  } finally {
    terminal.restore();
    process.off('exit', terminal.restore);
  }
}

/** Null: this gateway does not provide them, or not now. */
async function readTalkers(address: AdminAddress): Promise<readonly Talker[] | null> {
  try {
    return (await callAdmin<{ items: readonly Talker[] }>(address, 'GET', '/v1/api/limits/top?by=requests&limit=10'))
      .body.items;
  } catch (error) {
    if (error instanceof CommandFailure) return null;
    throw error;
  }
}

function ended(): AbortSignal {
  const stop = endedBySignal();
  // `sluice top --json | head`: the reader is gone.
  process.stdout.once('error', () => stop.abort());
  return stop.signal;
}
