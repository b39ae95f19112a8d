/** The first ten of some names, and how many more there are. */
export function listedNames(names: readonly string[]): string {
  const shown = names.slice(0, 10);
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}
