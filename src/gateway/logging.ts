/** Loggers of both planes: JSON lines, pretty-printed on a terminal, without secrets in either case. */
import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { pino, type DestinationStream, type Logger, type SerializerFn } from 'pino';
import type PinoPretty from 'pino-pretty';
import type { LogSettings } from '../config/settings.ts';
import { LogTap } from '../otlp/log-tap.ts';
import { LogOutput } from '../runtime/log-output.ts';
import { logSink, type LogTarget, logWriter } from '../runtime/log-sink.ts';

export interface LogOrigin {
  /** `control`, `traffic`. */
  readonly name: string;
  /** Index of a traffic thread. */
  readonly thread?: number;
  /** Of several; a line with a field of this name keeps its own. */
  readonly gateway?: string | undefined;
}

export function createLogger(
  settings: Pick<LogSettings, 'level' | 'format'>,
  origin: LogOrigin,
  destination: DestinationStream,
): Logger {
  const { gateway, ...rest } = origin;
  const named = gateway === undefined ? {} : { gateway };
  // Costs a copy of each line: not on traffic threads, none of whose lines has such a field.
  const isMixedIn = origin.thread === undefined && gateway !== undefined;
  const logger = pino(
    {
      level: settings.level,
      base: { ...rest, ...(isMixedIn ? {} : named) },
      ...(isMixedIn ? { mixin: () => ({ gateway }) } : {}),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redacted },
      // Serializers run after the formatters: their output is redacted here.
      serializers: { err: (error: Error) => redacted(serializeError(error)) },
    },
    destination,
  );
  // A child's bindings bypass the formatters. Children inherit this from their parent.
  const child: Logger['child'] = logger.child;
  logger.child = function (this: Logger, bindings, options) {
    return child.call(this, redacted(bindings), options);
  } as Logger['child'];
  return logger;
}

const serializeError: SerializerFn = pino.stdSerializers.err;

/** Header and field names whose values are never logged, in lower case and without `_` and `-`. */
const SECRETS: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'secwebsocketprotocol',
  'xapikey',
  'apikey',
  'token',
  'password',
]);

/**
 * The same value if there is nothing to hide, the usual case, which costs one check per key; otherwise a copy with
 * `[redacted]` instead of the secrets. Looks into plain objects and arrays, 6 deep.
 */
function redacted<T extends object>(value: T, depth = 0): T {
  if (depth > 6) return value;
  let copy: Record<string, unknown> | undefined;
  for (const key in value) {
    const before: unknown = value[key];
    let after = before;
    if (isSecret(key) && before !== null && before !== undefined) after = '[redacted]';
    else if (isPlain(before)) after = redacted(before, depth + 1);
    if (after === before) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as unknown as Record<string, unknown>;
    copy[key] = after;
  }
  return (copy ?? value) as T;
}

/**
 * Decisions on keys seen so far: normalising a key costs more than writing a line. Bounded, because keys can come from
 * outside.
 */
const verdicts = new Map<string, boolean>();

function isSecret(key: string): boolean {
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  const verdict = SECRETS.has(key.toLowerCase().replace(/[_-]/g, ''));
  if (verdicts.size < 1000) verdicts.set(key, verdict);
  return verdict;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}

/** A logger whose lines go to `target` without ever blocking this thread, and its statistics. */
export function openLog(
  settings: Pick<LogSettings, 'level' | 'format'>,
  origin: LogOrigin,
  target: LogTarget,
  onDrop?: () => void,
): { readonly log: Logger; readonly output: LogOutput; readonly tap: LogTap } {
  const output = new LogOutput(logSink(target, logWriter(origin.thread)), onDrop === undefined ? {} : { onDrop });
  const tap = new LogTap(destinationFor(settings.format, isatty(target.fd), output));
  const log = createLogger(settings, origin, tap);
  output.onResumed = ({ lines, cause }) => log.warn({ dropped: lines, cause }, 'log lines dropped');
  process.on('exit', () => output.flushSync());
  // Node's own handler writes to standard error, and blocks until that is read.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => log.warn({ err: warning }, 'Node.js warning'));
  return { log, output, tap };
}

function destinationFor(format: LogSettings['format'], isTerminal: boolean, output: LogOutput): DestinationStream {
  if (format === 'json' || (format === 'auto' && !isTerminal)) return output;
  // Loaded only for terminals: not in production threads.
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  const pretty = prettyFactory({ colorize: isTerminal, translateTime: 'SYS:HH:MM:ss.l' });
  return { write: (line) => output.write(pretty(line)) };
}
