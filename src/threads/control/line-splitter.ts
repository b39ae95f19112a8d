/** A line without an end would be kept in memory: it is passed on in pieces of this many characters. */
const MAX_LINE = 65_536;

/**
 * Lines of a stream of text, ended by LF alone. node:readline also ends one at U+2028 and U+2029, which JSON leaves as they
 * are. Empty lines are left out.
 */
export function lineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line !== '') onLine(line);
    if (rest.length < MAX_LINE) return;
    onLine(rest);
    rest = '';
  };
}
