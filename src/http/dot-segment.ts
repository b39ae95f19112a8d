/** Segments of a path that lead elsewhere when it is resolved (RFC 3986, 5.2.4). */

const SEPARATOR = '(?:[/\\\\]|%2f|%5c)';
/** Also encoded, and with parameters or control characters behind it, which some servers strip first. */
const DOTS = new RegExp(`(?:^|${SEPARATOR})(?:\\.|%2e){1,2}(?=$|${SEPARATOR}|;|%3b|%[01][0-9a-f]|%7f|%3f|%23)`, 'i');

/** `.` or `..` is among the segments of this path or part of a path, in any spelling that some server understands. */
export function hasDotSegment(path: string): boolean {
  return (path.includes('.') || path.includes('%')) && DOTS.test(path);
}
