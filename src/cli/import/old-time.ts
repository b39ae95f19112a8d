/** Times of old files, in their units. */
import { formatDuration } from '../../config/schema/duration.ts';
import type { OldFormat } from './old-format.ts';
import { plainKey } from './plain-key.ts';

export interface OldTime {
  /** As ours: `5s`. */
  readonly text: string;
  /** A warning to check; null: none. */
  readonly warning: string | null;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const SUFFIX_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  secs: 1000,
  seconds: 1000,
  min: 60_000,
  minutes: 60_000,
};
/** A bare number below this was meant as seconds: nobody sets a timeout below a millisecond, in nanoseconds. */
const MIN_NANOSECONDS = 1e6;

/**
 * A unit in the name decides. Without one, a bare number is milliseconds in `balancer`; elsewhere it was read in
 * nanoseconds.
 * @param key its last word: `timeout_ms`. Undefined: not a time.
 */
export function readOldTime(key: string, value: unknown, format: OldFormat): OldTime | undefined {
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof number === 'string') {
    const ms = goDuration(number);
    return ms === undefined ? undefined : { text: formatDuration(Math.round(ms)), warning: null };
  }
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return undefined;
  const unitMs = SUFFIX_MS[/_([a-z]+)$/.exec(plainKey(key))?.[1] ?? ''];
  if (unitMs !== undefined) {
    const text = formatDuration(Math.round(number * unitMs));
    const warning =
      format === 'proxy' && number > 0
        ? `the unit was wrong there: ${number} meant nanoseconds; here it is ${text}, as the name says`
        : null;
    return { text, warning };
  }
  if (format === 'balancer') return { text: formatDuration(Math.round(number)), warning: null };
  if (number === 0) return { text: '0s', warning: null };
  if (number >= MIN_NANOSECONDS) {
    const text = formatDuration(Math.round(number / 1e6));
    return { text, warning: `was given in nanoseconds; here it is ${text}` };
  }
  const text = formatDuration(Math.round(number * 1000));
  return {
    text,
    warning: `a number without a unit was read in nanoseconds there: ${number} ns; taken as ${text}, check it`,
  };
}

/** As Go writes durations: `1h30m`, `1.5s`. Milliseconds. */
function goDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) ms += Number(number) * UNIT_MS[unit!]!;
  return ms;
}
