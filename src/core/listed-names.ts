/** The first ten of some names, and how many more there are. @param show each of them */
export function listedNames(names: readonly string[], show: (name: string) => string = (name) => name): string {
  const shown = names.slice(0, 10).map(show);
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}
