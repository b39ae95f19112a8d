const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** No interval makes sense above a day, and Node's timers end at 24.8 days. */
export const MAX_MS = 24 * UNIT_MS.h;

/** A number and its unit: `250ms`, `1.5s`, `1m`, `1h`, `1d`; a bare `0` needs no unit. */
export const DURATION_PATTERN = String.raw`^(0|\d{1,9}(\.\d{1,3})?(ms|s|m|h|d))$`;

/** Milliseconds, rounded to a whole number; undefined for anything that is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(DURATION_PATTERN).test(text)) return undefined;
  if (text === '0') return 0;
  const unit = /[a-z]+$/.exec(text)![0] as keyof typeof UNIT_MS;
  return Math.round(Number.parseFloat(text) * UNIT_MS[unit]);
}

/** The shortest exact text, in days from two on: 60000 is `1m`, 1500 is `1500ms`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms > UNIT_MS.d && ms % UNIT_MS.d === 0) return `${ms / UNIT_MS.d}d`;
  const unit = (['h', 'm', 's'] as const).find((name) => ms % UNIT_MS[name] === 0) ?? 'ms';
  return `${ms / UNIT_MS[unit]}${unit}`;
}
