/** Loggers of both planes: JSON lines on standard output, pretty ones on a terminal, no secrets in either. */
import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { pino, type DestinationStream, type Logger, type SerializerFn } from 'pino';
import type PinoPretty from 'pino-pretty';
import type { LogSettings } from './config/settings.ts';

export interface LogOrigin {
  /** `control`, `traffic`. */
  readonly name: string;
  /** Index of a traffic thread. */
  readonly thread?: number;
}

/** `destination`: for tests; default standard output. */
export function createLogger(
  settings: Pick<LogSettings, 'level' | 'format'>,
  origin: LogOrigin,
  destination: DestinationStream = standardOutput(settings.format),
): Logger {
  const logger = pino(
    {
      level: settings.level,
      base: { ...origin },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redacted },
      // Serializers run after the formatters: what they add is looked at here.
      serializers: { err: (error: Error) => redacted(serializeError(error)) },
    },
    destination,
  );
  // A child's bindings pass no formatter. Children inherit this from the logger they are made of.
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
 * The same value when there is nothing to hide, which is the rule and costs one look at each key; else a copy with
 * `[redacted]` in the secrets' places. Looks into plain objects and arrays, 6 deep.
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

/** Verdicts on keys seen so far: normalising a key costs more than writing a line. Bounded, as keys can come from outside. */
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

/** File descriptor 1 itself: `process.stdout` of a worker goes through the main thread's event loop. */
function standardOutput(format: LogSettings['format']): DestinationStream {
  const isTerminal = isatty(1);
  if (format === 'json' || (format === 'auto' && !isTerminal)) return pino.destination({ fd: 1, sync: true });
  // Loaded only where people read: not in production threads.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  return pretty({
    destination: 1,
    sync: true,
    colorize: isTerminal,
    translateTime: 'SYS:HH:MM:ss.l',
  });
}
