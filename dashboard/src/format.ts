/** Numbers and times as the browser's locale writes them. */
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const coarse = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const exactClock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Shown when nothing is known. */
export const NONE = '–';

export function formatCount(value: number): string {
  return whole.format(value);
}

/** Short, for large counts: 1.2M. */
export function formatCompact(value: number): string {
  return value < 10_000 ? whole.format(value) : compact.format(value);
}

export function formatNumber(value: number | null): string {
  if (value === null) return NONE;
  return Math.abs(value) >= 100
    ? whole.format(value)
    : Math.abs(value) >= 10
      ? coarse.format(value)
      : fine.format(value);
}

/** `3.2 ms`, `1.4 s`. */
export function formatMs(ms: number | null): string {
  if (ms === null) return NONE;
  return ms >= 1000 ? `${formatNumber(ms / 1000)} s` : `${formatNumber(ms)} ms`;
}

/** Of a share, 0..1. */
export function formatShare(share: number | null): string {
  return share === null ? NONE : percent.format(share);
}

/** Hours and minutes; with the date if it is not today. */
export function formatTime(iso: string | number): string {
  const date = new Date(iso);
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : day.format(date);
}

export function formatExactTime(iso: string | number): string {
  const date = new Date(iso);
  return date.toDateString() === new Date().toDateString() ? exactClock.format(date) : day.format(date);
}

export function formatDateTime(iso: string): string {
  return day.format(new Date(iso));
}

/** `3 d 4 h`, `12 min`, `40 s`: the two largest units. */
export function formatSeconds(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ];
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, unit] of units) {
    if (rest >= size) parts.push(`${whole.format(Math.floor(rest / size))} ${unit}`);
    rest %= size;
  }
  return parts.slice(0, 2).join(' ') || `0 s`;
}
