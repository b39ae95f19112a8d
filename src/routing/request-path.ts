/**
 * The path of a request target: split from the query, checked, and the forms of it that are routed.
 *
 * A path is sent to the backend byte for byte. But a backend may resolve `..`, `%2e%2e`, `//` or `%2f` where the
 * gateway did not, strip `;x` from a segment as servlet containers do, or end a segment at a control character as C
 * programs do, and so serve a path that another route guards. The router therefore matches all forms, and refuses a
 * path if one of them leads to another route (ADR 0006; RFC 3986, 6.2.2 and 3.3).
 */
import { escapeHighBytes } from '../http/high-bytes.ts';

/** Nearly every path has none of these, and is its own canonical form. */
const ODD = /[%\\\x80-\xff]|\/[/.]/;
/** NUL ends a string in C programs; nginx refuses it, too. */
const NUL = /%00/;
/** Overlong UTF-8, which is invalid (RFC 3629, 3): lenient decoders read `%c0%ae` as a dot. */
const OVERLONG = /[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf]{2}/;
/** Characters that {@link barePath} looks for. */
const HAS_REST = /;|%(?:3b|3f|23|[01][0-9a-f]|7f)/i;
/**
 * The rest of a segment from here may be ignored: parameters (also encoded), and anything after a control character.
 */
const REST_OF_SEGMENT = /(?:;|%(?:3B|[01][0-9A-F]|7F))[^/]*/g;
/** The rest of the path from here may be ignored by a decoder that runs before splitting: `?` and `#`. */
const REST_OF_PATH = /%(?:3F|23)[^]*$/;

/** Undefined if an escape is malformed, or decodes to something that is not text: NUL, overlong UTF-8. */
export function canonicalPath(path: string): string | undefined {
  if (!ODD.test(path)) return path;
  if (/%(?![0-9a-fA-F]{2})/.test(path) || NUL.test(path) || OVERLONG.test(highBytes(path))) return undefined;
  // The parameters of a dot segment, which some backends strip before they resolve it.
  return resolved(decoded(path).replace(/(?<=\/\.{1,2})(?:;|%3B)[^/]*/g, ''));
}

/**
 * The path without the parameters of its segments and everything else that some backends ignore.
 *
 * @param canonical the result of {@link canonicalPath}; @returns the same if there is nothing to strip.
 */
export function barePath(path: string, canonical: string): string {
  // Two searches cost a fraction of the expression, and nearly every path ends here.
  if ((!path.includes('%') && !path.includes(';')) || !HAS_REST.test(path)) return canonical;
  return resolved(decoded(path).replace(REST_OF_PATH, '').replace(REST_OF_SEGMENT, ''));
}

/**
 * Decodes escapes of unreserved characters, slashes and backslashes; the others are upper-cased. Bytes above 0x7f
 * become escapes: backends treat both the same.
 */
function decoded(path: string): string {
  const written = path.replace(/%([0-9a-fA-F]{2})/g, (escape, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9\-._~/\\]/.test(character) ? character : escape.toUpperCase();
  });
  return escapeHighBytes(written, '%').replaceAll('\\', '/');
}

function resolved(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}${segments.length > 0 && /\/\.{0,2}$/.test(path) ? '/' : ''}`;
}

/** Bytes above 0x7f, escaped or not, as they are; one character each. */
function highBytes(path: string): string {
  return path.replace(/%([89a-fA-F][0-9a-fA-F])/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/**
 * The target as the backend gets it: without the route's prefix, with the backend's base path in front; otherwise byte
 * for byte. A slash is added only if the path would be empty: the prefix alone becomes the base path alone, as in
 * nginx's `proxy_pass` and Envoy's `prefix_rewrite`.
 *
 * @param prefix the path prefix to remove; empty: none. @param basePath without its trailing slash; may be empty.
 */
export function forwardTarget(target: string, prefix: string, basePath: string): string {
  if (prefix.length < 2) return basePath === '' ? target : basePath + target;
  const rest = target.slice(prefix.endsWith('/') ? prefix.length - 1 : prefix.length);
  return rest.startsWith('/') || basePath !== '' ? basePath + rest : `/${rest}`;
}

/**
 * Does the path still lead to the same target if the backend resolves it after the prefix was removed and the base path
 * added? `/api/x/../../api/y` would leave `/api`, and `/../x` the base path.
 *
 * @param canonical the result of {@link canonicalPath}. @param bare the result of {@link barePath}.
 */
export function staysInside(path: string, canonical: string, bare: string, prefix: string, basePath: string): boolean {
  const sent = forwardTarget(path, prefix, basePath);
  const resolvedThere = canonicalPath(sent);
  if (resolvedThere === undefined) return false;
  return (
    resolvedThere === canonicalPath(forwardTarget(canonical, prefix, basePath)) &&
    barePath(sent, resolvedThere) === canonicalPath(forwardTarget(bare, prefix, basePath))
  );
}

/** Index of the query, or the length of the target. */
export function pathEnd(target: string): number {
  const query = target.indexOf('?');
  return query === -1 ? target.length : query;
}
