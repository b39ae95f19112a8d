/** The command line of the sample backends, `sluice demo-backends`. */
import type { OptionTable } from '../option-table.ts';
import { UsageError, type Words } from '../read-words.ts';
import { parseDuration } from '../../config/schema/duration.ts';
import type { Behaviour } from './behaviour.ts';
import type { SampleBackendsOptions } from './sample-backends.ts';

export const SAMPLE_OPTIONS = {
  count: { type: 'string', value: 'N', default: '3', help: 'how many, 1 to 100' },
  port: { type: 'string', value: 'PORT', default: '8081', help: 'of the first, the others follow; 0: any free ones' },
  host: { type: 'string', value: 'ADDRESS', default: '127.0.0.1', help: 'address they listen on' },
  first: { type: 'string', value: 'N', default: '1', help: 'number of the first, for its name' },
  delay: { type: 'string', value: 'TIME', default: '0', help: 'before every answer but /health: 20ms, 1.5s' },
  jitter: { type: 'string', value: 'TIME', default: '0', help: 'up to this much more, at random' },
  'error-rate': { type: 'string', value: 'SHARE', default: '0', help: 'share answered 503, 0 to 1' },
  hang: { type: 'boolean', help: 'take requests and never answer, /health neither' },
  slow: { type: 'string', multiple: true, value: 'N:TIME', help: 'delay of one of them; several times for more' },
  flaky: { type: 'string', multiple: true, value: 'N:SHARE', help: 'error rate of one of them' },
} as const satisfies OptionTable;

/** Throws a UsageError that says what is allowed. */
export function sampleOptions(
  values: Words<typeof SAMPLE_OPTIONS>['values'],
): SampleBackendsOptions & { readonly port: number } {
  const count = wholeNumber('--count', values.count, 1, 100);
  const first = wholeNumber('--first', values.first, 1, 100);
  const port = wholeNumber('--port', values.port, 0, 65_535);
  if (port > 0 && port + count - 1 > 65_535)
    throw new UsageError(`--port: ${count} ports from ${port} end above 65535`);
  const each = new Map<number, Partial<Behaviour>>();
  const add = (name: string, text: string, read: (value: string) => Partial<Behaviour>): void => {
    const [index = '', value = ''] = text.split(/:(.*)/s);
    const replica = wholeNumber(`${name} INDEX`, index, 1, count);
    each.set(replica, { ...each.get(replica), ...read(value) });
  };
  for (const text of values.slow) add('--slow', text, (value) => ({ delayMs: duration('--slow', value) }));
  for (const text of values.flaky) add('--flaky', text, (value) => ({ errorRate: share('--flaky', value) }));
  const behaviour = {
    delayMs: duration('--delay', values.delay),
    jitterMs: duration('--jitter', values.jitter),
    errorRate: share('--error-rate', values['error-rate']),
    hang: values.hang,
  };
  return { count, first, port, host: values.host, behaviour, each };
}

/** Throws a UsageError. */
export function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${name}: found '${text}', allowed is a whole number from ${min} to ${max}`);
}

/** Milliseconds. Throws a UsageError. */
export function duration(name: string, text: string): number {
  const value = parseDuration(text);
  if (value !== undefined) return value;
  throw new UsageError(`${name}: found '${text}', allowed is a duration such as 250ms or 1.5s`);
}

function share(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new UsageError(`${name}: found '${text}', allowed is a share from 0 to 1`);
}
