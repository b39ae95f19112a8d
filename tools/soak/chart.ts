/** A series as text: `height` lines of bars with their scale, at most `width` columns. */
const EIGHTHS = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

export function chart(title: string, values: readonly number[], height = 6, width = 72): string {
  const columns = squeeze(values, width);
  const min = Math.min(...columns);
  const max = Math.max(...columns);
  // The lowest value is one eighth high, so that it can be seen.
  const eighths = columns.map((value) =>
    max === min ? 1 : 1 + Math.round(((value - min) / (max - min)) * (height * 8 - 1)),
  );
  const labels = [label(max), label(min)];
  const room = Math.max(...labels.map(({ length }) => length));
  const lines = Array.from({ length: height }, (_, row) => {
    const below = (height - 1 - row) * 8;
    const bars = eighths.map((count) => EIGHTHS[Math.max(0, Math.min(8, count - below))]).join('');
    const scale = row === 0 ? labels[0]! : row === height - 1 ? labels[1]! : '';
    return `${scale.padStart(room)} ${bars}`.trimEnd();
  });
  return [title, ...lines].join('\n');
}

/** Averages neighbours until all fit. */
function squeeze(values: readonly number[], width: number): readonly number[] {
  const size = Math.ceil(values.length / width);
  if (size <= 1) return values;
  return Array.from({ length: Math.ceil(values.length / size) }, (_, column) => {
    const group = values.slice(column * size, (column + 1) * size);
    return group.reduce((sum, value) => sum + value, 0) / group.length;
  });
}

function label(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
