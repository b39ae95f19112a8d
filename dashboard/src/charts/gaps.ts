type Column = readonly (number | null)[];

/**
 * Where points are missing, as while the gateway was stopped, a point without values: the line ends there instead of
 * crossing the gap. Pure.
 *
 * @param columns seconds since the epoch, then the values of each line
 * @param interval between points, s
 */
export function withGaps(columns: readonly Column[], interval: number): readonly Column[] {
  const times = columns[0] ?? [];
  const after = times.flatMap((at, index) => {
    const next = times[index + 1];
    return typeof at === 'number' && typeof next === 'number' && next - at > interval * 2.5 ? [index] : [];
  });
  if (after.length === 0) return columns;
  const isBefore = new Set(after);
  return columns.map((column, line) =>
    column.flatMap((value, index) => {
      if (!isBefore.has(index)) return [value];
      return [value, line === 0 ? times[index]! + interval : null];
    }),
  );
}
