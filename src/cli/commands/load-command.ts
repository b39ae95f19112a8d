/** `sluice load PROFILE`: puts a gateway under load and prints PASSED or FAILED. */
import { randomBytes } from 'node:crypto';
import type { ProfileName, PROFILES } from '../load/run-load.ts';
import type { LoadOptions } from '../load/profile.ts';
import { progressLine } from '../load/progress.ts';
import { resultLines, verdictOf } from '../load/report.ts';
import { duration, wholeNumber } from '../sample-backends/sample-arguments.ts';
import { ADMIN_OPTIONS, adminAddress, CA_FILE_HINT, httpUrl, isUntrusted, reasonOf } from '../admin-api.ts';
import { HELP_OPTION, JSON_OPTION, type CommandLine } from '../option-table.ts';
import { CommandFailure, runSubcommand, UsageError } from '../read-words.ts';
import type { Context, ExitCode } from '../context.ts';

const PROFILE_WORDS = {
  basic: '50 requests, 25 a second: every one succeeds',
  stress: '100 connections for 5 s: < 1 % fail, p95 < 500 ms',
  limit: 'a client with a known limit: what is let through is exact',
  distribution: '300 requests: the backends’ shares vary by < 20 %',
  failover: 'a backend goes away in a loop of 100: none fails',
  breaker: 'a backend fails: its circuit opens, and closes again',
} as const satisfies Record<keyof typeof PROFILES, string>;

export const commandLine = {
  about: 'puts a gateway under load, checks the results, and exits with 0 for PASSED and 1 for FAILED.',
  usage: 'PROFILE [flags]',
  words: { ...PROFILE_WORDS, all: 'all of them, one after the other, about half a minute' },
  options: {
    url: { type: 'string', value: 'URL', default: 'http://127.0.0.1:8080', help: 'the gateway under load' },
    lab: { type: 'boolean', help: 'start a gateway with three sample backends for this run and use it' },
    connections: { type: 'string', short: 'c', value: 'N', help: 'concurrent connections, overrides the profile' },
    duration: { type: 'string', short: 'd', value: 'TIME', help: 'such as 10s, overrides the profile' },
    requests: { type: 'string', short: 'n', value: 'N', help: 'total, instead of a duration' },
    rate: { type: 'string', value: 'N', help: 'requests per second, overrides the profile' },
    header: {
      type: 'string',
      short: 'H',
      multiple: true,
      value: "'NAME: VALUE'",
      help: 'sent with each request; may be repeated',
    },
    each: { type: 'boolean', help: 'print each answer: status, time, backend' },
    ...ADMIN_OPTIONS,
    ...JSON_OPTION,
    ...HELP_OPTION,
  },
  notes: `The run creates a client through the admin API (X-Client-ID), so that no limit interferes, and deletes it at the end.
Without the admin API, limit, failover and breaker are skipped. Failover and breaker break a backend for a moment, which
only works with those of \`sluice demo-backends\` (and the demo). Without a gateway, run:
  sluice load all --lab`,
} as const satisfies CommandLine;

export function run(args: readonly string[], context: Context): Promise<ExitCode> {
  return runSubcommand('load', commandLine, args, context, async ({ values, words }) => {
    const profiles = profilesOf(words);
    const options = loadOptionsOf(values);
    const headers = headersOf(values.header);
    const named = { url: httpUrl('--url', values.url).href, admin: adminAddress(values, context) };
    // autocannon and the lab take a while to load, so only once the arguments are valid.
    const { runLoad, PROFILES: all } = await import('../load/run-load.ts');
    const { findOperator } = await import('../load/operator.ts');
    const lab = values.lab ? await (await import('../load/lab.ts')).startLab() : null;
    const stop = new AbortController();
    const onSignal = (): void => stop.abort(new CommandFailure('stopped by a signal'));
    // A second one ends it at once, by default.
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    try {
      const url = lab?.url ?? named.url;
      await mustAnswer(url);
      const operator = await findOperator(lab === null ? named.admin : { url: lab.adminUrl, token: undefined });
      const show = values.json ? null : context;
      if (typeof operator === 'string') show?.out(`without the admin API, the usual limits apply: ${operator}\n\n`);
      const bar = progressBar(show !== null && !values.each && process.stderr.isTTY);
      const results = await runLoad({
        url,
        headers,
        profiles: profiles ?? (Object.keys(all) as ProfileName[]),
        options,
        operator,
        signal: stop.signal,
        runId: randomBytes(4).toString('hex'),
        onBurst: bar.burst,
        onAnswer: (_profile, status, ms, backend) => {
          bar.answer();
          if (values.each) show?.out(`  ${status}  ${ms.toFixed(1).padStart(8)} ms  ${backend ?? ''}\n`);
        },
        onResult: (result) => show?.out(`${resultLines(result).join('\n')}\n`),
      });
      const { passed, line } = verdictOf(results);
      if (values.json)
        context.out(`${JSON.stringify({ verdict: passed ? 'passed' : 'failed', url, profiles: results })}\n`);
      else context.out(`${line}\n`);
      return passed ? 0 : 1;
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
      await lab?.close();
    }
  });
}

/** Null: all. */
function profilesOf(words: readonly string[]): readonly ProfileName[] | null {
  const known = Object.keys(commandLine.words).join(', ');
  if (words.length === 0) throw new UsageError(`which profile? ${known}`);
  const unknown = words.filter((word) => !Object.hasOwn(commandLine.words, word));
  if (unknown.length > 0)
    throw new UsageError(...unknown.map((word) => `unknown profile '${word}'; allowed: ${known}`));
  return words.includes('all') ? null : (words as readonly ProfileName[]);
}

type Given = Readonly<Record<'connections' | 'duration' | 'requests' | 'rate', string | undefined>>;

function loadOptionsOf({ connections, duration: time, requests, rate }: Given): LoadOptions {
  if (time !== undefined && requests !== undefined) throw new UsageError('give one of --duration and --requests');
  const number = (name: string, text: string | undefined, max: number): number | undefined =>
    text === undefined ? undefined : wholeNumber(name, text, 1, max);
  const durationMs = time === undefined ? undefined : duration('--duration', time);
  if (durationMs !== undefined && (durationMs < 100 || durationMs > 3_600_000))
    throw new UsageError(`--duration: found '${time}', allowed is 100ms to 1h`);
  return {
    connections: number('--connections', connections, 10_000),
    requests: number('--requests', requests, 100_000_000),
    rate: number('--rate', rate, 1_000_000),
    durationMs,
  };
}

function headersOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*([^\r\n]*)$/.exec(text) ?? [];
      if (name === undefined) throw new UsageError(`--header: found '${text}', allowed is 'Name: value'`);
      return [name, value!];
    }),
  );
}

async function mustAnswer(url: string): Promise<void> {
  let secure: string | undefined;
  try {
    const answer = await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(5000) });
    await answer.arrayBuffer();
    secure = secureUrl(url, answer);
  } catch (error) {
    if (isUntrusted(error)) throw new CommandFailure(`cannot reach ${url}: ${reasonOf(error)}${CA_FILE_HINT}`);
    const hint = 'start one (npm run demo), name one with --url, or use --lab';
    throw new CommandFailure(`cannot reach ${url}: ${reasonOf(error)}. Without a gateway: ${hint}`);
  }
  if (secure !== undefined) throw new CommandFailure(`${url} redirects to TLS; name it with --url ${secure}`);
}

/** To which it redirects the same host. The load would be redirects only. */
function secureUrl(url: string, { status, headers }: Response): string | undefined {
  const from = new URL(url);
  const to = URL.parse(headers.get('location') ?? '', url);
  const isSecured = (status === 301 || status === 308) && from.protocol === 'http:' && to?.protocol === 'https:';
  return isSecured && to.hostname === from.hostname ? to.origin : undefined;
}

/** On standard error, ten times a second; nothing if that is not a terminal. */
function progressBar(isShown: boolean) {
  let timer: NodeJS.Timeout | undefined;
  let answers = 0;
  return {
    answer: () => void (answers += 1),
    burst: (named: string, expected: { readonly requests?: number; readonly durationMs?: number } | null): void => {
      clearInterval(timer);
      if (!isShown) return;
      process.stderr.write('\r\x1B[2K');
      if (expected === null) return;
      answers = 0;
      const startedAt = performance.now();
      timer = setInterval(() => {
        const line = progressLine({ ...expected, named, answers, elapsedMs: performance.now() - startedAt });
        process.stderr.write(`\r\x1B[2K${line}`);
      }, 100);
    },
  };
}
