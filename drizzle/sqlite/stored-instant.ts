/** Instants in SQLite: text of one length in UTC, to the microsecond as in PostgreSQL, so that its order is that of time. */

/**
 * `2026-01-31T12:00:00.123456Z`.
 * @param rfc3339 of the years 1 to 9999, with any offset; finer parts than microseconds are cut off
 */
export function toStoredInstant(rfc3339: string): string {
  const fraction = /\.(\d+)/.exec(rfc3339)?.[1] ?? '';
  const seconds = new Date(rfc3339).toISOString().slice(0, 19);
  return `${seconds}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

/** As PostgreSQL writes it as JSON: `2026-01-31T12:00:00.123456+00:00`, without zeros at the end of the fraction. */
export function toExportedInstant(stored: string): string {
  return stored.replace(/\.?0*Z$/, '+00:00');
}
